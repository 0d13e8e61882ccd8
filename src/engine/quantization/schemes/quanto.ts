import { exact } from '../../basis';
import { linearsOf, type Scheme } from '../scheme';
import type { StoredTensor } from '../storage';

/** Widest group; it shrinks by steps until it divides a row, and rows that none divides have one scale. */
const widest = 128;
const step = 32;

function groupIn(columns: number): number | null {
  if (columns <= widest) return null;
  for (let size = widest; size >= step; size -= step) if (columns % size === 0) return size;
  return null;
}

const ofByte = { 8: 1, 4: 2, 2: 4 } as const;

/** Words of the block for widths; `float8` is E4M3. */
export type QuantoType = 'int8' | 'int4' | 'int2' | 'float8';

/**
 * optimum-quanto: bytes with a scale per row; fewer bits packed over the first half (or quarters) of rows of groups, with a scale and a
 * shift for each. Every layer has scalars for what goes in and out, also where that is not quantized. huggingface/optimum-quanto
 * optimum/quanto/nn/qmodule.py, tensor/weights, tensor/packed.py; held against what version 0.2.7 saves.
 */
export function quanto(type: QuantoType, takes: Scheme['takes']): Scheme {
  const bits = type === 'float8' ? 8 : (Number(type.slice('int'.length)) as 8 | 4 | 2);
  return {
    name: `quanto-${type}`,
    bits,
    groupSize: null,
    basis: exact,
    takes,
    store(matrix, { kept }, entry) {
      const { matrices: copies, rows, columns } = linearsOf(matrix, entry);
      const outside = ['input_scale', 'output_scale'].map((suffix): StoredTensor => ({ suffix, dtype: kept, shape: [], copies }));
      const scale: StoredTensor = { suffix: 'weight._scale', dtype: kept, shape: [rows, 1], copies };
      if (bits === 8) {
        const dtype = type === 'float8' ? 'F8_E4M3' : 'I8';
        return [{ suffix: 'weight._data', dtype, shape: [rows, columns], copies, packed: true }, scale, ...outside];
      }
      const size = groupIn(columns) ?? columns;
      const groups = (rows * columns) / size;
      return [
        { suffix: 'weight._data._data', dtype: 'U8', shape: [Math.ceil(groups / ofByte[bits]), size], copies, packed: true },
        { ...scale, shape: [groups, 1] },
        { ...scale, suffix: 'weight._shift', shape: [groups, 1] },
        ...outside,
      ];
    },
  };
}
