import { linearsOf, type Scheme } from '../scheme';
import { linearLayers } from '../selection';
import { bySource } from './basis';

/**
 * FP-Quant: 4-bit floats, two in a byte, a byte of scale per block of a row, and each layer's two rotations and two global scales
 * at the model's type. Layout: fp_quant (PyPI) fp_quant/module/linear.py, FPQuantLinear.
 */
export const fpQuant = (name: string, blockSize: 16 | 32, rotation: number): Scheme => ({
  name,
  bits: 4,
  groupSize: blockSize,
  basis: bySource,
  takes: linearLayers,
  store(matrix, { kept }, entry) {
    const { matrices: copies, rows, columns } = linearsOf(matrix, entry);
    if (columns % Math.max(blockSize, rotation) !== 0) return 'width';
    return [
      { suffix: 'qweight', dtype: 'U8', shape: [rows, columns / 2], copies, packed: true },
      { suffix: 'scales', dtype: 'U8', shape: [rows, columns / blockSize], copies },
      { suffix: 'weight_global_scale', dtype: kept, shape: [1], copies },
      { suffix: 'act_global_scale', dtype: kept, shape: [1], copies },
      { suffix: 'forward_hadamard_matrix', dtype: kept, shape: [rotation, rotation], copies },
      { suffix: 'backward_hadamard_matrix', dtype: kept, shape: [rotation, rotation], copies },
    ];
  },
});
