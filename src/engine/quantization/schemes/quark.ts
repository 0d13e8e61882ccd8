import { linearsOf, type Scheme } from '../scheme';
import { linearLayers } from '../selection';
import { bySource } from './basis';

/**
 * Integers of AMD Quark: eight in a word along the outputs, with scales at the model's type and packed zero points per group,
 * also where they are symmetric. Layout: amd-quark (PyPI) quark/torch/utils/pack.py, export/nn/modules/realquantizer.py.
 */
export const quarkInt4 = (name: string, groupSize: number): Scheme => ({
  name,
  bits: 4,
  groupSize,
  basis: bySource,
  takes: linearLayers,
  store(matrix, { kept }, entry) {
    const { matrices: copies, rows, columns } = linearsOf(matrix, entry);
    if (columns % groupSize !== 0) return 'width';
    const words = Math.ceil(rows / 8);
    return [
      { suffix: 'weight', dtype: 'I32', shape: [columns, words], copies, packed: true },
      { suffix: 'weight_scale', dtype: kept, shape: [columns / groupSize, rows], copies },
      { suffix: 'weight_zero_point', dtype: 'I32', shape: [columns / groupSize, words], copies },
    ];
  },
});
