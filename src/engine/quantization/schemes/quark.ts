/**
 * Layouts of AMD Quark, held against what amd-quark 0.13 (PyPI) saves: quark/torch/utils/pack.py,
 * export/nn/modules/realquantizer.py. Scales take the type that the configuration's `scale_type` names, and the model's own
 * where it says `float` (quantization/observer/observer.py).
 */
import { exact } from '../../basis';
import { linearsOf, type Scheme } from '../scheme';
import { linearLayers } from '../selection';
import type { StoredDtype, StoredTensor } from '../storage';
import { fp8Tensor } from './fp8';

const words = (values: number): number => Math.ceil(values / 8);

/** A scheme of Quark's whose tensors depend on the shape of a linear layer alone. */
const quark = (
  name: string,
  bits: number,
  groupSize: number | null,
  store: (rows: number, columns: number, copies: number, kept: StoredDtype) => readonly StoredTensor[],
): Scheme => ({
  name,
  bits,
  groupSize,
  basis: exact,
  takes: linearLayers,
  store(matrix, { kept }, entry) {
    const { matrices, rows, columns } = linearsOf(matrix, entry);
    // The writer stops at a row that is no multiple of the group.
    return groupSize !== null && columns % groupSize !== 0 ? 'width' : store(rows, columns, matrices, kept);
  },
});

/**
 * Integers of 4 bits, eight in a word, with packed zero points also where they are symmetric. By group everything lies along the
 * outputs, by row (null) along the inputs.
 */
export const quarkInt4 = (name: string, groupSize: number | null, scale?: StoredDtype): Scheme =>
  quark(name, 4, groupSize, (rows, columns, copies, kept) =>
    groupSize === null
      ? [
          { suffix: 'weight', dtype: 'I32', shape: [rows, words(columns)], copies, packed: true },
          { suffix: 'weight_scale', dtype: scale ?? kept, shape: [rows], copies },
          { suffix: 'weight_zero_point', dtype: 'I32', shape: [words(rows)], copies },
        ]
      : [
          { suffix: 'weight', dtype: 'I32', shape: [columns, words(rows)], copies, packed: true },
          { suffix: 'weight_scale', dtype: scale ?? kept, shape: [columns / groupSize, rows], copies },
          { suffix: 'weight_zero_point', dtype: 'I32', shape: [columns / groupSize, words(rows)], copies },
        ],
  );

/** Integers of 4 bits whose rows are scaled within FP8 of one scale (the scheme `int4_fp8`): every scale is F32. */
export const quarkInt4InFp8 = (name: string): Scheme =>
  quark(name, 4, null, (rows, columns, copies) => [
    { suffix: 'weight', dtype: 'I32', shape: [rows, words(columns)], copies, packed: true },
    { suffix: 'weight_scale', dtype: 'F32', shape: [], copies },
    { suffix: 'weight_scale_2', dtype: 'F32', shape: [rows], copies },
    { suffix: 'weight_zero_point_2', dtype: 'I32', shape: [words(rows)], copies },
  ]);

/** A byte per weight with one scale, F32 whatever the model's type, and one zero point. */
export const quarkInt8 = (name: string): Scheme =>
  quark(name, 8, null, (rows, columns, copies) => [
    { suffix: 'weight', dtype: 'I8', shape: [rows, columns], copies, packed: true },
    { suffix: 'weight_scale', dtype: 'F32', shape: [], copies },
    { suffix: 'weight_zero_point', dtype: 'I8', shape: [], copies },
  ]);

export const quarkFp8Tensor = (name: string, scalars: readonly string[], scale?: StoredDtype): Scheme =>
  fp8Tensor({ name, scalars, basis: exact, ...(scale && { scale }) });
