import type { Basis } from '../../basis';
import { linearsOf, type Scheme } from '../scheme';
import { linearLayers } from '../selection';

/** Elements that share a scale (OCP Microscaling Formats v1.0). */
const blockSize = 32;

/**
 * MXFP8: a byte E4M3 per weight and an E8M0 exponent per block of a row. Layout: vllm-project/compressed-tensors
 * src/compressed_tensors/compressors/mxfp8.
 */
export const mxfp8 = (name: string, basis: Basis): Scheme => ({
  name,
  bits: 8,
  groupSize: blockSize,
  basis,
  takes: linearLayers,
  store(matrix, _context, entry) {
    const { matrices: copies, rows, columns } = linearsOf(matrix, entry);
    if (columns % blockSize !== 0) return 'width';
    return [
      { suffix: 'weight', dtype: 'F8_E4M3', shape: [rows, columns], copies, packed: true },
      { suffix: 'weight_scale', dtype: 'U8', shape: [rows, columns / blockSize], copies },
    ];
  },
});
