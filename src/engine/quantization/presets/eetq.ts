import { bySource } from '../schemes/basis';
import { eetq } from '../schemes/eetq';
import { moduleRules } from '../transformersModules';
import { modulePreset } from './modulePreset';

export const eetqPresets = [
  modulePreset((takes) => eetq('eetq-int8', bySource, takes), moduleRules.eetq, {
    format: 'EETQ',
    evidence: { source: 'huggingface/transformers: src/transformers/integrations/eetq.py', kind: 'source' },
  }),
];
