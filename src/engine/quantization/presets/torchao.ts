import { exact } from '../../basis';
import { bySource } from '../schemes/basis';
import { torchaoByte, torchaoInt4 } from '../schemes/torchao';
import { moduleRules } from '../transformersModules';
import { modulePreset } from './modulePreset';
import type { Scheme } from '../scheme';
import type { Preset, SchemeFacts } from './preset';

const facts = (file: string, kind: 'writer' | 'source', computeDtype?: SchemeFacts['computeDtype']): SchemeFacts => ({
  format: 'torchao',
  evidence: { source: `pytorch/ao 0.18: torchao/quantization/quantize_/workflows/${file}.py`, kind },
  ...(computeDtype && { computeDtype }),
});

const preset = (schemeOf: (takes: Scheme['takes']) => Scheme, facts: SchemeFacts): Preset =>
  modulePreset(schemeOf, moduleRules.torchao, facts);

/** Its documentation names these; the class itself refuses no other. */
const int4Groups = [32, 64, 128, 256] as const;

/**
 * Int4WeightOnlyConfig, Int8WeightOnlyConfig and Float8DynamicActivationFloat8WeightConfig in their current versions, through
 * transformers.
 */
export const torchaoPresets: readonly Preset[] = [
  ...int4Groups.map((size) => ({
    ...preset((takes) => torchaoInt4(`torchao-int4-g${size}`, size, bySource, takes), facts('int4/int4_tensor', 'source')),
    groups: { sizes: int4Groups, source: 'pytorch/ao: torchao/quantization/quant_api.py (Int4WeightOnlyConfig, "choices are")' },
  })),
  preset((takes) => torchaoByte({ name: 'torchao-int8', dtype: 'I8', basis: exact, takes }), facts('int8/int8_tensor', 'writer')),
  ...[false, true].map((perTensor) =>
    preset(
      (takes) =>
        torchaoByte({
          name: perTensor ? 'torchao-float8-tensor' : 'torchao-float8',
          dtype: 'F8_E4M3',
          perTensor,
          multiplied: true,
          basis: exact,
          takes,
        }),
      facts('float8/float8_tensor', 'writer', 'fp8'),
    ),
  ),
];
