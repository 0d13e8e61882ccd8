import { bySource } from '../schemes/basis';
import { eetq } from '../schemes/eetq';
import { schemePreset } from './preset';

export const eetqPresets = [
  schemePreset(eetq('eetq-int8', bySource), {
    format: 'EETQ',
    evidence: { source: 'huggingface/transformers: src/transformers/integrations/eetq.py', kind: 'source' },
  }),
];
