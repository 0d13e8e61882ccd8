import type { Basis } from '../../basis';
import type { Scheme } from '../scheme';
import { moduleRules, modulesOf } from '../transformersModules';

/**
 * EETQ: integers of 8 bits, columns first, and an F16 scale per output. Layout: huggingface/transformers
 * src/transformers/integrations/eetq.py, EetqLinear.
 */
export const eetq = (name: string, basis: Basis, takes = modulesOf(moduleRules.eetq)): Scheme => ({
  name,
  bits: 8,
  groupSize: null,
  basis,
  takes,
  store: ({ rows, columns }) => [
    { suffix: 'weight', dtype: 'I8', shape: [columns, rows], copies: 1, packed: true },
    { suffix: 'weight_scales', dtype: 'F16', shape: [rows], copies: 1 },
  ],
});
