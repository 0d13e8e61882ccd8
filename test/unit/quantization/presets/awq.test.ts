import { linear } from '../../../../src/engine/modules/blocks';
import { assertComplete, assertLayouts } from './stored';

const [columns, rows] = [1024, 512] as const;
const elements = columns * rows;
const packed = elements / 2;

/** qzeros of 4 bits and scales F16 for so many groups in each row. */
const zerosAndScales = (groups: number): number => (groups * rows) / 2 + 2 * groups * rows;

const expected: Readonly<Record<string, number>> = {
  'awq-int4-g32': packed + zerosAndScales(32),
  'awq-int4-g64': packed + zerosAndScales(16),
  'awq-int4-g128': packed + zerosAndScales(8),
  'awq-int4-channel': packed + zerosAndScales(1),
  // Zeros in whole words: one for 8 groups of 128, two at g64, four at g32; eight scales to a word.
  'awq-int4-g32-gemv': packed + 4 * 4 * rows + 2 * 32 * rows,
  'awq-int4-g64-gemv': packed + 4 * 2 * rows + 2 * 16 * rows,
  'awq-int4-g128-gemv': packed + 4 * 1 * rows + 2 * 8 * rows,
  // Zeros as F16 beside the scales.
  'awq-int4-g32-gemv-fast': packed + 2 * 2 * 32 * rows,
  'awq-int4-g64-gemv-fast': packed + 2 * 2 * 16 * rows,
  'awq-int4-g128-gemv-fast': packed + 2 * 2 * 8 * rows,
  // Symmetric.
  'awq-int4-g32-marlin': packed + 2 * 32 * rows,
  'awq-int4-g64-marlin': packed + 2 * 16 * rows,
  'awq-int4-g128-marlin': packed + 2 * 8 * rows,
};

describe('AWQ presets', () => {
  assertLayouts(linear(columns, rows), elements, expected);
  it('have an expectation each', () => assertComplete(expected, ['AWQ']));
});
