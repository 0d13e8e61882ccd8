import { linearsOf, type Scheme } from '../scheme';
import { stackedLinearLayers } from '../selection';
import { bySource } from './basis';

/** Inputs and outputs of a layer are multiples of these (SUPPORTS_IN_FEATURES_DIVISIBLE_BY, SUPPORTS_OUT_FEATURES_DIVISIBLE_BY). */
const side = 64;
/** Rows and columns of a tile, and values in a word. */
const tile = 16;
const valuesPerWord = 8;

/**
 * QQQ, four bits for arithmetic in eight: words in tiles, an F32 scale per output, and an F16 one per group, which is empty where
 * there are no groups. ModelCloud/GPTQModel gptqmodel/nn_modules/qlinear/qqq.py.
 */
export const qqq = (name: string, groupSize: number | null): Scheme => ({
  name,
  bits: 4,
  groupSize,
  basis: bySource,
  takes: stackedLinearLayers,
  store(matrix, _context, entry) {
    const { matrices: copies, rows, columns } = linearsOf(matrix, entry);
    if (rows % side !== 0 || columns % side !== 0 || columns % (groupSize ?? 1) !== 0) return 'width';
    return [
      { suffix: 'B', dtype: 'I32', shape: [columns / tile, (rows * tile) / valuesPerWord], copies, packed: true },
      { suffix: 's_channel', dtype: 'F32', shape: [1, rows], copies },
      { suffix: 's_group', dtype: 'F16', shape: groupSize === null ? [0] : [columns / groupSize, rows], copies },
    ];
  },
});
