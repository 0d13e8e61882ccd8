import type { Basis } from '../../basis';
import { linearsOf, type Scheme } from '../scheme';
import { stackedLinearLayers } from '../selection';

export interface SpqrLayout {
  readonly name: string;
  /** Weights kept apart in full, of one matrix. */
  outliersOf(rows: number, columns: number): number;
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
export const spqr = ({ name, outliersOf, basis, takes = stackedLinearLayers }: SpqrLayout): Scheme => ({
  name,
  bits: 3,
  groupSize: tile,
  basis,
  takes,
  store(matrix, _context, entry) {
    const { matrices: copies, rows, columns } = linearsOf(matrix, entry);
    const words = Math.ceil(rows / tile) * Math.ceil(columns / tile) * tile;
    return [
      { suffix: 'dense_weights', dtype: 'I64', shape: [words], copies, packed: true },
      { suffix: 'row_offsets', dtype: 'I32', shape: [rows + 1], copies },
      { suffix: 'col_vals', dtype: 'I32', shape: [outliersOf(rows, columns)], copies },
      { suffix: 'in_perm', dtype: 'I32', shape: [Math.ceil(columns / 2)], copies },
    ];
  },
});
