import { linearsOf, type Scheme } from '../scheme';
import { linearLayers } from '../selection';
import { bySource } from './basis';

/**
 * HIGGS: indices into a grid of 2^bits values, packed down the rows in words of 16 bits over columns that are padded to the
 * Hadamard transform's size; a scale per group and two tables per layer at the model's type. Layout: huggingface/transformers
 * integrations/higgs.py, HiggsLinear and quantize_with_higgs.
 */
export const higgs = (name: string, bits: number, groupSize: number, hadamardSize: number): Scheme => ({
  name,
  bits,
  groupSize,
  basis: bySource,
  takes: linearLayers,
  store(matrix, { kept }, entry) {
    const { matrices: copies, rows, columns } = linearsOf(matrix, entry);
    const inner = Math.ceil(columns / hadamardSize) * hadamardSize;
    return [
      { suffix: 'weight', dtype: 'I16', shape: [Math.floor((rows * bits) / 16), inner], copies, packed: true },
      { suffix: 'scales', dtype: kept, shape: [rows, Math.ceil(inner / groupSize)], copies },
      { suffix: 'tables', dtype: kept, shape: [2 ** bits], copies },
      { suffix: 'tables2', dtype: 'F16', shape: [2 ** bits, 2 ** bits, 2], copies },
    ];
  },
});
