import { plain } from '../schemes/compressedTensors';
import { schemePreset } from './preset';

export const int8Presets = [
  schemePreset(plain({ name: 'w8a8-int8', dtype: 'I8', strategy: 'channel' }), {
    format: 'compressed-tensors',
    computeDtype: 'int8',
    evidence: { source: 'vllm-project/compressed-tensors: src/compressed_tensors/compressors', kind: 'checkpoint' },
  }),
];
