import { exact } from '../../basis';
import { eetq } from '../schemes/eetq';
import { moduleRules } from '../transformersModules';
import { modulePreset } from './modulePreset';

export const eetqPresets = [
  modulePreset((takes) => eetq('eetq-int8', exact, takes), moduleRules.eetq, {
    format: 'EETQ',
    evidence: { source: 'huggingface/transformers 5.23: src/transformers/integrations/eetq.py', kind: 'writer' },
  }),
];
