import { bySource } from '../schemes/basis';
import { fp4 } from '../schemes/compressedTensors';
import { fp8Channel, fp8Tensor } from '../schemes/fp8';
import { quarkInt4 } from '../schemes/quark';
import { linearLayers } from '../selection';
import { regrouped, schemePreset, type Preset, type SchemeFacts } from './preset';

const facts = (computeDtype?: SchemeFacts['computeDtype']): SchemeFacts => ({
  format: 'Quark',
  evidence: { source: 'amd-quark (PyPI): quark/torch/quantization/config/template.py, export/nn/modules/realquantizer.py', kind: 'source' },
  ...(computeDtype && { computeDtype }),
});

const scalars = ['weight_scale', 'input_scale'] as const;
const mx = { groupSize: 32, scale: 'U8', scalars: [], suffix: 'weight', basis: bySource } as const;

/** Any size (Int4PerGroupSpec). */
const int4 = (name: string, size: number): Preset =>
  regrouped(schemePreset(quarkInt4(name, size), facts()), { source: 'amd-quark (PyPI): quark/torch/quantization/config/config.py' }, int4);

/** The schemes of Quark's templates; scales take the model's type, or are exponents in a byte. */
export const quarkPresets = [
  schemePreset(fp8Tensor({ name: 'quark-fp8', scalars, basis: bySource }), facts('fp8')),
  // ptpc_fp8: a scale per output, activations scaled token by token.
  schemePreset(fp8Channel('quark-fp8-channel', undefined, linearLayers, bySource), facts('fp8')),
  schemePreset(fp8Tensor({ name: 'quark-fp8-e5m2', dtype: 'F8_E5M2', scalars, basis: bySource }), facts()),
  schemePreset(fp4({ name: 'quark-mxfp6', bits: 6, ...mx }), facts('fp6')),
  schemePreset(fp4({ name: 'quark-mxfp4', ...mx }), facts('fp4')),
  int4('quark-int4-g128', 128),
];
