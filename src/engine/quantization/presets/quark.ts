import type { Basis } from '../../basis';
import { bySource } from '../schemes/basis';
import { fp4 } from '../schemes/compressedTensors';
import { fp8Tensor, fp8Vector } from '../schemes/fp8';
import { quarkFp8Tensor, quarkInt4 } from '../schemes/quark';
import { regrouped, schemePreset, type Preset, type SchemeFacts } from './preset';

const facts = (kind: 'writer' | 'source', computeDtype?: SchemeFacts['computeDtype']): SchemeFacts => ({
  format: 'Quark',
  evidence: { source: 'amd-quark 0.13 (PyPI): quark/torch/quantization/config/template.py, export/nn/modules/realquantizer.py', kind },
  ...(computeDtype && { computeDtype }),
});

const scalars = ['weight_scale', 'input_scale'] as const;
const mx = { groupSize: 32, scale: 'U8', scalars: [], suffix: 'weight' } as const;

/** Any size (Int4PerGroupSpec of amd-quark 0.13). */
const int4 = (name: string, size: number, basis?: Basis): Preset =>
  regrouped(
    schemePreset({ ...quarkInt4(name, size), ...(basis && { basis }) }, facts('writer')),
    { source: 'amd-quark (PyPI): quark/torch/quantization/config/config.py' },
    (other, own) => int4(other, own, bySource),
  );

/** The schemes of Quark's templates; scales take the model's type, or are exponents in a byte. */
export const quarkPresets = [
  schemePreset(quarkFp8Tensor('quark-fp8', scalars), facts('writer', 'fp8')),
  // ptpc_fp8: a scale per output, activations scaled token by token.
  schemePreset(fp8Vector('quark-fp8-channel', undefined), facts('writer', 'fp8')),
  // No template has it.
  schemePreset(fp8Tensor({ name: 'quark-fp8-e5m2', dtype: 'F8_E5M2', scalars, basis: bySource }), facts('source')),
  schemePreset(fp4({ name: 'quark-mxfp6', bits: 6, ...mx }), facts('writer', 'fp6')),
  schemePreset(fp4({ name: 'quark-mxfp4', ...mx }), facts('writer', 'fp4')),
  int4('quark-int4-g128', 128),
];
