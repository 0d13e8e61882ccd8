import { exact, type Basis } from '../../basis';
import { linearsOf, type Scheme } from '../scheme';
import { stackedLinearLayers } from '../selection';
import type { StoredDtype } from '../storage';

export interface AqlmLayout {
  readonly name: string;
  readonly codebooks: number;
  /** Bits of an index into a codebook of 2^bits vectors. */
  readonly bitsPerCodebook: number;
  /** Columns of a vector. */
  readonly inGroup: number;
  /** Rows of a vector; 1 in every published file. */
  readonly outGroup?: number;
  readonly basis?: Basis;
  readonly takes?: Scheme['takes'];
}

/** The smallest signed integer that holds an index. */
const codeDtype = (bits: number): StoredDtype => (bits <= 8 ? 'I8' : bits <= 16 ? 'I16' : bits <= 32 ? 'I32' : 'I64');

/**
 * AQLM: each vector of a row is the sum of one vector from each codebook. Codes [out/outGroup, in/inGroup, codebooks],
 * codebooks F16 [codebooks, 2^bits, outGroup, inGroup] of the layer's own, a scale F16 per row. Layout: Vahe1994/AQLM
 * inference_lib/src/aqlm/inference.py; the converter halves every other tensor (convert_to_hf.py).
 */
export const aqlm = ({
  name,
  codebooks,
  bitsPerCodebook,
  inGroup,
  outGroup = 1,
  basis = exact,
  takes = stackedLinearLayers,
}: AqlmLayout): Scheme => ({
  name,
  bits: (codebooks * bitsPerCodebook) / (inGroup * outGroup),
  groupSize: null,
  basis,
  takes,
  store(matrix, _context, entry) {
    const { matrices: copies, rows, columns } = linearsOf(matrix, entry);
    if (columns % inGroup !== 0 || rows % outGroup !== 0) return 'width';
    const outGroups = rows / outGroup;
    return [
      { suffix: 'codes', dtype: codeDtype(bitsPerCodebook), shape: [outGroups, columns / inGroup, codebooks], copies, packed: true },
      { suffix: 'codebooks', dtype: 'F16', shape: [codebooks, 2 ** bitsPerCodebook, outGroup, inGroup], copies },
      { suffix: 'scales', dtype: 'F16', shape: [outGroups, 1, 1, 1], copies },
    ];
  },
});
