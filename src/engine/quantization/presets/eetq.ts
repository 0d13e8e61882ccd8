import { exact } from '../../basis';
import { eetq } from '../schemes/eetq';
import { transformersPreset } from './transformers';

export const eetqPresets = [
  transformersPreset((takes) => eetq('eetq-int8', exact, takes), {
    format: 'EETQ',
    evidence: { source: 'huggingface/transformers 5.23: src/transformers/integrations/eetq.py', kind: 'writer' },
  }),
];
