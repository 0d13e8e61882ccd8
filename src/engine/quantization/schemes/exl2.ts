import type { Basis } from '../../basis';
import type { KeepReason } from '../scheme';
import { linearsOf, type Scheme } from '../scheme';
import { stackedLinearLayers } from '../selection';
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
  readonly basis: Basis;
  readonly takes?: Scheme['takes'];
}

/**
 * EXL2: two or three widths in one matrix, chosen layer by layer by measurement so that the layers together use up
 * `target × weights` bits (conversion/optimize.py: weight_budget; what is left over is less than one step of one module).
 * So each layer is counted at the target, and what stands beside the weights with groups of 128. Layout: turboderp-org/exllamav2
 * exllamav2/conversion/adaptivegptq.py, pack; qparams.py, total_bits.
 */
export const exl2 = ({ name, bits, basis, takes = stackedLinearLayers }: Exl2Layout): Scheme => ({
  name,
  bits,
  groupSize: 128,
  basis,
  takes,
  store(matrix, _context, entry) {
    const { matrices: copies, rows, columns } = linearsOf(matrix, entry);
    const groups = groupsIn(columns, 128);
    const beside = columns * 32 + groups * (16 + 32 + 4 * rows);
    // No option goes below 2 bits.
    const words = Math.max(Math.round((rows * columns * bits - beside) / 32), Math.ceil((rows * columns) / 16));
    return [{ suffix: 'q_weight', dtype: 'I32', shape: [words], copies, packed: true }, ...besideWeights(rows, columns, groups, copies)];
  },
});

/** The head of an EXL2 file: the bands that belong to its target. */
export const exl2Head = (name: string, bits: number, basis: Basis): Scheme => ({
  name,
  bits,
  groupSize: headBands[bits]?.[0]?.groupSize ?? null,
  basis,
  takes: headOnly,
  store({ matrices: copies, rows, columns }) {
    let left = columns;
    let groups = 0;
    let words = 0;
    for (const { bits: width, share, groupSize } of headBands[bits] ?? []) {
      const taken = Math.ceil(Math.min(columns * share, left) / groupSize);
      for (let group = 0; group < taken; group++, left -= groupSize) words += Math.ceil((Math.min(groupSize, left) * width) / 32);
      groups += taken;
    }
    return [
      { suffix: 'q_weight', dtype: 'I32', shape: [words, paddedRows(rows)], copies, packed: true },
      ...besideWeights(rows, columns, groups, copies),
    ];
  },
});

export const headOnly: Scheme['takes'] = ({ role }): KeepReason | undefined => (role === 'head' ? undefined : 'not-named');
