import type { Basis } from '../../basis';
import type { Component } from '../../modules/tree';
import type { Matrix } from '../../weights/inventory';
import { linearsOf, type Scheme } from '../scheme';
import { stackedLinearLayers, stackedLinearLayersAndHead } from '../selection';
import { groupsIn, type StoredTensor } from '../storage';

/** Columns (of the matrix as it is multiplied: rows) at one width, in the writer's order; the last band takes what is left. */
interface Band {
  readonly bits: number;
  readonly share: number;
  readonly groupSize: number;
}

/** Bands of the head by its target (exllamav2/conversion/qparams.py, qparams_headoptions). */
const headBands: Readonly<Record<number, readonly Band[]>> = {
  2: [
    { bits: 4, share: 0.3, groupSize: 32 },
    { bits: 2, share: 0.7, groupSize: 32 },
  ],
  3: [
    { bits: 4, share: 0.15, groupSize: 32 },
    { bits: 3, share: 0.85, groupSize: 32 },
  ],
  4: [
    { bits: 6, share: 0.15, groupSize: 32 },
    { bits: 4, share: 0.85, groupSize: 32 },
  ],
  5: [
    { bits: 6, share: 0.15, groupSize: 128 },
    { bits: 5, share: 0.85, groupSize: 128 },
  ],
  6: [
    { bits: 8, share: 0.15, groupSize: 128 },
    { bits: 6, share: 0.85, groupSize: 128 },
  ],
  8: [{ bits: 8, share: 1, groupSize: 128 }],
};

export const isHeadWidth = (bits: number): boolean => Object.hasOwn(headBands, bits);

/** Output features are padded to whole words of 4-bit scales and packed weights (adaptivegptq.py, pack). */
const paddedRows = (rows: number): number => Math.ceil(rows / 32) * 32;

/** Everything beside the packed weights: a 4-bit scale per group and row, its maximum, where each group begins, the order. */
const besideWeights = (rows: number, columns: number, groups: number, copies: number): readonly StoredTensor[] => [
  { suffix: 'q_scale', dtype: 'I32', shape: [groups, paddedRows(rows) / 8], copies },
  { suffix: 'q_scale_max', dtype: 'F16', shape: [groups], copies },
  { suffix: 'q_groups', dtype: 'I16', shape: [2 * groups], copies },
  { suffix: 'q_invperm', dtype: 'I32', shape: [columns], copies },
];

export interface Exl2Layout {
  readonly name: string;
  /** Target: average bits of a layer's weights, everything beside them included. */
  readonly bits: number;
  /** Target of the head; one that has no bands (16) leaves it alone. */
  readonly headBits: number;
  readonly basis: Basis;
}

/**
 * EXL2: two or three widths in one matrix, chosen layer by layer by measurement so that the layers together use up
 * `target × weights` bits (conversion/optimize.py: weight_budget; what is left over is less than one step of one module, and norms
 * count nothing). So each layer is counted at the target, and what stands beside the weights with groups of 128; the head has the
 * bands of its own target. Layout: turboderp-org/exllamav2 exllamav2/conversion/adaptivegptq.py, pack; qparams.py, total_bits. The
 * head and the budget are held against what pack and optimize of exllamav2 0.3.2 make, its CUDA kernels replaced.
 */
export const exl2 = ({ name, bits, headBits, basis }: Exl2Layout): Scheme => ({
  name,
  bits,
  groupSize: 128,
  basis,
  takes: isHeadWidth(headBits) ? stackedLinearLayersAndHead : stackedLinearLayers,
  store(matrix, _context, entry) {
    if (entry.role === 'head') return bandedTensors(matrix, headBands[headBits] ?? []);
    const { matrices: copies, rows, columns } = linearsOf(matrix, entry);
    const groups = groupsIn(columns, 128);
    const beside = columns * 32 + groups * (16 + 32 + 4 * rows);
    // No option goes below 2 bits.
    const words = Math.max(Math.round((rows * columns * bits - beside) / 32), Math.ceil((rows * columns) / 16));
    return [{ suffix: 'q_weight', dtype: 'I32', shape: [words], copies, packed: true }, ...besideWeights(rows, columns, groups, copies)];
  },
  // What is loaded is loaded as F16; towers are copied (module.py, load_weight; conversion/compile.py, extra_tensors).
  saves: ({ name, shape, elements, buffer, component }) =>
    buffer || isTower(component) ? undefined : [{ name, dtype: 'F16', shape, elements }],
});

const isTower = (component: Component): boolean => component === 'vision' || component === 'audio' || component === 'projector';

function bandedTensors({ matrices: copies, rows, columns }: Matrix, bands: readonly Band[]): readonly StoredTensor[] {
  let left = columns;
  let groups = 0;
  let words = 0;
  for (const { bits, share, groupSize } of bands) {
    const taken = Math.ceil(Math.min(columns * share, left) / groupSize);
    const width = Math.min(taken * groupSize, left);
    words += Math.ceil((width * bits) / 32);
    left -= width;
    groups += taken;
  }
  return [
    { suffix: 'q_weight', dtype: 'I32', shape: [words, paddedRows(rows)], copies, packed: true },
    ...besideWeights(rows, columns, groups, copies),
  ];
}
