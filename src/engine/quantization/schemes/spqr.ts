import type { Basis } from '../../basis';
import { linearsOf, type Scheme } from '../scheme';
import { stackedLinearLayers } from '../selection';

/** Lengths of the tensors of one matrix. */
export interface SpqrSizes {
  /** Weights kept apart in full. */
  readonly outliers: number;
  /** Left out: one offset for each row and one for the end. */
  readonly rowOffsets?: number | undefined;
}

export interface SpqrLayout {
  readonly name: string;
  /** What the file says of one matrix, or what is taken for it. */
  sizesOf(rows: number, columns: number): SpqrSizes;
  readonly basis: Basis;
  readonly takes?: Scheme['takes'];
}

/** Rows and columns of a tile; the kernels know no other size. */
const tile = 16;

/**
 * SpQR at 3 bits: 64 bits for each 16 weights of a tile's row (16 weights, scale and zero point of 3 bits, an eighth part of
 * the tile's own scales), outliers as column and F16 value in one word, where each row's begin, and the order of the
 * columns. Layout: Vahe1994/SpQR inference_lib/src/spqr_quant/inference.py, QuantizedLinear.
 */
export const spqr = ({ name, sizesOf, basis, takes = stackedLinearLayers }: SpqrLayout): Scheme => ({
  name,
  bits: 3,
  groupSize: tile,
  basis,
  takes,
  store(matrix, _context, entry) {
    const { matrices: copies, rows, columns } = linearsOf(matrix, entry);
    const { outliers, rowOffsets = rows + 1 } = sizesOf(rows, columns);
    const words = Math.ceil(rows / tile) * Math.ceil(columns / tile) * tile;
    return [
      { suffix: 'dense_weights', dtype: 'I64', shape: [words], copies, packed: true },
      { suffix: 'row_offsets', dtype: 'I32', shape: [rowOffsets], copies },
      { suffix: 'col_vals', dtype: 'I32', shape: [outliers], copies },
      { suffix: 'in_perm', dtype: 'I32', shape: [Math.ceil(columns / 2)], copies },
    ];
  },
});
