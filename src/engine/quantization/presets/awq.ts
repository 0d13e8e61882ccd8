import { awq } from '../schemes/awq';
import { schemePreset, type SchemeFacts } from './preset';

const facts: SchemeFacts = {
  format: 'AWQ',
  evidence: { source: 'casper-hansen/AutoAWQ: awq/modules/linear/gemm.py', kind: 'checkpoint' },
};

export const awqPresets = [schemePreset(awq('awq-int4-g128', 128), facts)];
