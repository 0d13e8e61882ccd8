import { packed, plain } from '../schemes/compressedTensors';
import { schemePreset, type SchemeFacts } from './preset';

const source = 'vllm-project/compressed-tensors 0.20: src/compressed_tensors/quantization/quant_scheme.py, compressors';

// Multiplied at 16 bits: only the weights are integers.
const weightOnly: SchemeFacts = { format: 'compressed-tensors', evidence: { source, kind: 'writer' } };
const eightBits = { bits: 8, dense: true } as const;

export const int8Presets = [
  schemePreset(plain({ name: 'w8a8-int8', dtype: 'I8', strategy: 'channel' }), {
    format: 'compressed-tensors',
    computeDtype: 'int8',
    evidence: { source, kind: 'writer' },
  }),
  schemePreset(packed({ name: 'w8a16-g128', groupSize: 128, ...eightBits }), weightOnly),
  schemePreset(packed({ name: 'w8a16-channel', groupSize: null, ...eightBits }), weightOnly),
];
