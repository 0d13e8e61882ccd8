import { marlin24, sparse24 } from '../schemes/sparse24';
import { schemePreset, type SchemeFacts } from './preset';

const facts = (file: string, computeDtype?: SchemeFacts['computeDtype']): SchemeFacts => ({
  format: '2:4 sparse',
  evidence: { source: `vllm-project/compressed-tensors 0.13: src/compressed_tensors/compressors/${file}.py`, kind: 'writer' },
  ...(computeDtype && { computeDtype }),
});

const bitmask = 'sparse_compressors/sparse_24_bitmask';
const marlin = 'sparse_quantized_compressors/marlin_24';

export const sparse24Presets = [
  schemePreset(sparse24('sparse24', false), facts(bitmask)),
  schemePreset(sparse24('sparse24-fp8', true), facts(bitmask, 'fp8')),
  schemePreset(marlin24('sparse24-int8-g128-marlin', 8, 128), facts(marlin)),
  schemePreset(marlin24('sparse24-int4-g128-marlin', 4, 128), facts(marlin)),
  schemePreset(marlin24('sparse24-int4-channel-marlin', 4, null), facts(marlin)),
];
