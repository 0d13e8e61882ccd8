import { exact, type Basis } from '../../basis';
import { linearsOf, type Scheme } from '../scheme';
import { stackedLinearLayers, stackedLinearLayersAndHead } from '../selection';
import { groupsIn, type StoredTensor } from '../storage';

/** Packing of the file, as `version` names it. */
export type AwqVersion = 'gemm' | 'gemv' | 'gemv_fast' | 'marlin';

export interface AwqLayout {
  readonly name: string;
  /** Columns per group; null for the whole row. */
  readonly groupSize: number | null;
  readonly version?: AwqVersion;
  readonly basis?: Basis;
  /** Whether the head is quantized too. */
  readonly head?: boolean;
}

/** Words of zero points per row in the gemv packings: padded to whole words, and to 2 or 4 of them for small groups. */
function paddedZeroWords(columns: number, groupSize: number): number {
  const words = Math.ceil(Math.floor(columns / groupSize) / 8);
  const multiple = groupSize >= 128 ? 1 : groupSize === 64 ? 2 : 4;
  return Math.ceil(words / multiple) * multiple;
}

const tensorsOf: Readonly<Record<AwqVersion, (out: number, columns: number, groupSize: number, copies: number) => StoredTensor[]>> = {
  gemm: (out, columns, groupSize, copies) => [
    { suffix: 'qweight', dtype: 'I32', shape: [columns, out / 8], copies, packed: true },
    { suffix: 'qzeros', dtype: 'I32', shape: [columns / groupSize, out / 8], copies },
    { suffix: 'scales', dtype: 'F16', shape: [columns / groupSize, out], copies },
  ],
  gemv: (out, columns, groupSize, copies) => [
    { suffix: 'qweight', dtype: 'I32', shape: [out, columns / 8], copies, packed: true },
    { suffix: 'qzeros', dtype: 'I32', shape: [out, paddedZeroWords(columns, groupSize)], copies },
    { suffix: 'scales', dtype: 'F16', shape: [out, paddedZeroWords(columns, groupSize) * 8], copies },
  ],
  gemv_fast: (out, columns, groupSize, copies) => [
    { suffix: 'qweight', dtype: 'I16', shape: [out / 4, columns], copies, packed: true },
    { suffix: 'scales', dtype: 'F16', shape: [paddedZeroWords(columns, groupSize) * 8, out], copies },
    { suffix: 'qzeros', dtype: 'F16', shape: [paddedZeroWords(columns, groupSize) * 8, out], copies },
  ],
  marlin: (out, columns, groupSize, copies) => [
    { suffix: 'qweight', dtype: 'I32', shape: [columns / 16, out * 2], copies, packed: true },
    { suffix: 'scales', dtype: 'F16', shape: [columns / groupSize, out], copies },
  ],
};

/**
 * AWQ at 4 bits, asymmetric: packed words, packed zero points and F16 scales per group. A row that the group does not divide
 * cannot be quantized by its writer. Layout: casper-hansen/AutoAWQ awq/modules/linear.
 */
export const awq = ({ name, groupSize, version = 'gemm', basis = exact, head = false }: AwqLayout): Scheme => ({
  name,
  bits: 4,
  groupSize,
  basis,
  takes: head ? stackedLinearLayersAndHead : stackedLinearLayers,
  store(matrix, _context, entry) {
    const { matrices: copies, rows: out, columns } = linearsOf(matrix, entry);
    const width = groupSize ?? columns;
    if (columns % width !== 0 || columns % 8 !== 0 || out % 8 !== 0 || groupsIn(columns, width) === 0) return 'width';
    return tensorsOf[version](out, columns, width, copies);
  },
});
