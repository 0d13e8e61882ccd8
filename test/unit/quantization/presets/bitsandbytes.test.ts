import assert from 'node:assert/strict';
import { linear } from '../../../../src/engine/modules/blocks';
import { assertComplete, assertLayouts, storedBytes } from './stored';

const [columns, rows] = [1024, 512] as const;
const elements = columns * rows;

const single = (block: number): number => elements / 2 + (4 * elements) / block + 64;
/** Scales in a byte, their own scales F32 by 256, and a table of 256 values. */
const double = (block: number): number => elements / 2 + elements / block + 4 * Math.ceil(elements / block / 256) + 64 + 1024;

const expected: Readonly<Record<string, number>> = {
  'bnb-int8': elements + 4 * rows + 1,
  ...Object.fromEntries(
    ['nf4', 'fp4'].flatMap((type) =>
      [32, 64, 128, 256, 512, 1024, 2048, 4096].flatMap((block) => {
        const suffix = block === 64 ? '' : `-b${block}`;
        return [
          [`bnb-${type}${suffix}`, single(block)],
          [`bnb-${type}-dq${suffix}`, double(block)],
        ];
      }),
    ),
  ),
};

describe('bitsandbytes presets', () => {
  assertLayouts(linear(columns, rows), elements, expected);
  it('have an expectation each', () => assertComplete(expected, ['bitsandbytes']));
  it('round up blocks of the whole matrix, not of its rows', () => {
    // 30 × 50 = 1500 values: 24 blocks of 64, one of 4096.
    assert.equal(storedBytes(linear(50, 30), 'bnb-nf4'), 750 + 4 * 24 + 64);
    assert.equal(storedBytes(linear(50, 30), 'bnb-nf4-b4096'), 750 + 4 + 64);
    assert.equal(storedBytes(linear(50, 30), 'bnb-fp4-dq'), 750 + 24 + 4 + 64 + 1024);
  });
});
