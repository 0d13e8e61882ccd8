import { packed } from '../schemes/compressedTensors';
import { schemePreset, type SchemeFacts } from './preset';

const facts: SchemeFacts = {
  format: 'compressed-tensors',
  evidence: { source: 'vllm-project/compressed-tensors: src/compressed_tensors/compressors', kind: 'checkpoint' },
};

export const compressedTensorsPresets = [schemePreset(packed({ name: 'w4a16-g128', bits: 4, groupSize: 128 }), facts)];
