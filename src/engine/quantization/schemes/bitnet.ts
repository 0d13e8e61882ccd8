import { exact, type Basis } from '../../basis';
import type { Scheme } from '../scheme';
import { separateLinearLayers } from '../selection';
import type { StoredTensor } from '../storage';

export interface BitnetLayout {
  readonly name: string;
  /** Whether each layer normalizes its input with weights of its own. */
  readonly norm?: boolean;
  readonly basis?: Basis;
  readonly takes?: Scheme['takes'];
}

/** Ternary weights in a byte. */
const perByte = 4;

/**
 * BitNet b1.58: four ternary weights in a byte, packed down the rows, and one scale. Layout: huggingface/transformers
 * integrations/bitnet.py, pack_weights and BitLinear.
 */
export const bitnet = ({ name, norm = false, basis = exact, takes = separateLinearLayers }: BitnetLayout): Scheme => ({
  name,
  bits: 8 / perByte,
  groupSize: null,
  basis,
  takes,
  store({ rows, columns }, { kept }) {
    const tensors: StoredTensor[] = [
      { suffix: 'weight', dtype: 'U8', shape: [Math.ceil(rows / perByte), columns], copies: 1, packed: true },
      { suffix: 'weight_scale', dtype: kept, shape: [1], copies: 1 },
    ];
    if (norm) tensors.push({ suffix: 'rms_norm.weight', dtype: kept, shape: [columns], copies: 1 });
    return tensors;
  },
});
