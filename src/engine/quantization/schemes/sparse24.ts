/**
 * Two of four weights in a row zero, and only the others stored. compressed-tensors took these formats out in March 2026
 * (pull request 610); layouts as of its parent commit, and as version 0.13 packs small matrices.
 */
import { linearsOf, type Scheme } from '../scheme';
import { linearLayers } from '../selection';
import type { StoredTensor } from '../storage';
import { retiredWriter } from './basis';

/**
 * `sparse-24-bitmask`: the values that are left, a bit for each place, and the shape. `fp8`: values in a byte with a scale per row.
 * src/compressed_tensors/compressors/sparse_compressors/sparse_24_bitmask.py.
 */
export const sparse24 = (name: string, fp8: boolean): Scheme => ({
  name,
  bits: fp8 ? 8 : 16,
  groupSize: null,
  basis: retiredWriter,
  takes: linearLayers,
  store(matrix, { kept }, entry) {
    const { matrices: copies, rows, columns } = linearsOf(matrix, entry);
    if (columns % 4 !== 0) return 'width';
    const tensors: StoredTensor[] = [
      { suffix: 'compressed', dtype: fp8 ? 'F8_E4M3' : kept, shape: [rows, columns / 2], copies, packed: true },
      { suffix: 'bitmask', dtype: 'U8', shape: [rows, Math.ceil(columns / 8)], copies },
      { suffix: 'shape', dtype: 'I64', shape: [2, 1], copies },
    ];
    if (fp8) tensors.push({ suffix: 'weight_scale', dtype: kept, shape: [rows, 1], copies });
    return tensors;
  },
});

/**
 * `marlin-24`: values that are left packed in tiles of 16, their places at two bits each, and F16 scales by group or row.
 * src/compressed_tensors/compressors/sparse_quantized_compressors/marlin_24.py.
 */
export const marlin24 = (name: string, bits: 4 | 8, groupSize: 128 | null): Scheme => ({
  name,
  bits,
  groupSize,
  basis: retiredWriter,
  takes: linearLayers,
  store(matrix, _context, entry) {
    const { matrices: copies, rows, columns } = linearsOf(matrix, entry);
    if (columns % (groupSize ?? 32) !== 0 || columns % 32 !== 0 || rows % 16 !== 0) return 'width';
    return [
      { suffix: 'weight_packed', dtype: 'I32', shape: [columns / 32, (rows * 16 * bits) / 32], copies, packed: true },
      { suffix: 'scale_packed', dtype: 'F16', shape: [groupSize === null ? 1 : columns / groupSize, rows], copies },
      { suffix: 'meta', dtype: 'I16', shape: [columns / 32, rows * 2], copies },
    ];
  },
});
