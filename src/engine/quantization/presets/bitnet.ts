import { bySource } from '../schemes/basis';
import { bitnet } from '../schemes/bitnet';
import { schemePreset } from './preset';

/** Ternary weights; only a model that was trained so keeps its quality. */
export const bitnetPresets = [
  schemePreset(bitnet({ name: 'bitnet-1.58bit', basis: bySource }), {
    format: 'BitNet',
    evidence: { source: 'huggingface/transformers: src/transformers/integrations/bitnet.py', kind: 'source' },
  }),
];
