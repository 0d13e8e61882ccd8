import { gptq } from '../schemes/gptq';
import { schemePreset, type SchemeFacts } from './preset';

const facts: SchemeFacts = {
  format: 'GPTQ',
  evidence: { source: 'ModelCloud/GPTQModel: gptqmodel/nn_modules/qlinear/__init__.py', kind: 'checkpoint' },
};

export const gptqPresets = [schemePreset(gptq({ name: 'gptq-int4-g128', bits: 4, groupSize: 128 }), facts)];
