import { exact } from '../../basis';
import { bySource } from '../schemes/basis';
import { torchaoByte, torchaoInt4 } from '../schemes/torchao';
import { schemePreset, type Preset, type SchemeFacts } from './preset';

const facts = (file: string, kind: 'writer' | 'source', computeDtype?: SchemeFacts['computeDtype']): SchemeFacts => ({
  format: 'torchao',
  evidence: { source: `pytorch/ao 0.18: torchao/quantization/quantize_/workflows/${file}.py`, kind },
  ...(computeDtype && { computeDtype }),
});

/** Its documentation names these; the class itself refuses no other. */
const int4Groups = [32, 64, 128, 256] as const;

/** Int4WeightOnlyConfig, Int8WeightOnlyConfig and Float8DynamicActivationFloat8WeightConfig in their current versions. */
export const torchaoPresets: readonly Preset[] = [
  ...int4Groups.map((size) => ({
    ...schemePreset(torchaoInt4(`torchao-int4-g${size}`, size, bySource), facts('int4/int4_tensor', 'source')),
    groups: { sizes: int4Groups, source: 'pytorch/ao: torchao/quantization/quant_api.py (Int4WeightOnlyConfig, "choices are")' },
  })),
  schemePreset(torchaoByte({ name: 'torchao-int8', dtype: 'I8', basis: exact }), facts('int8/int8_tensor', 'writer')),
  schemePreset(torchaoByte({ name: 'torchao-float8', dtype: 'F8_E4M3', basis: exact }), facts('float8/float8_tensor', 'writer', 'fp8')),
  schemePreset(
    torchaoByte({ name: 'torchao-float8-tensor', dtype: 'F8_E4M3', perTensor: true, basis: exact }),
    facts('float8/float8_tensor', 'writer', 'fp8'),
  ),
];
