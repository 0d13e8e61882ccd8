import { fourBit, int8 } from '../schemes/bitsandbytes';
import { schemePreset, type SchemeFacts } from './preset';

const facts: SchemeFacts = {
  format: 'bitsandbytes',
  evidence: { source: 'bitsandbytes-foundation/bitsandbytes: bitsandbytes/nn/modules.py, functional.py', kind: 'checkpoint' },
};

export const bitsandbytesPresets = [
  schemePreset(int8('bnb-int8'), facts),
  schemePreset(fourBit({ name: 'bnb-nf4', type: 'nf4', doubleQuant: false }), facts),
  schemePreset(fourBit({ name: 'bnb-nf4-dq', type: 'nf4', doubleQuant: true }), facts),
];
