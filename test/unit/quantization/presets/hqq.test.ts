import assert from 'node:assert/strict';
import { linear } from '../../../../src/engine/modules/blocks';
import { assertComplete, assertLayouts, storedBytes } from './stored';

const [columns, rows] = [1024, 512] as const;
const elements = columns * rows;

/** Shape as two I64, three I32, nine flags in a byte, and the names of the packing and of two types as text. */
const settings = (packing: string, type: string): number => 16 + 12 + 9 + packing.length + type.length + 'torch.bfloat16'.length;

const bytesAt = (bits: number, group: number): number => {
  const groups = elements / group;
  const packed = bits === 3 ? 4 * Math.ceil(groups / 10) * group : (elements * bits) / 8;
  const text = bits === 3 ? settings('3bit_32', 'torch.int32') : settings(`${bits}bit_u8`, 'torch.uint8');
  return packed + 2 * 2 * groups + text;
};
const expected = Object.fromEntries(
  [8, 4, 3, 2, 1].flatMap((bits) => [32, 64, 128].map((group) => [`hqq-int${bits}-g${group}`, bytesAt(bits, group)])),
);

describe('HQQ presets', () => {
  assertLayouts(linear(columns, rows), elements, expected);
  it('have an expectation each', () => assertComplete(expected, ['HQQ']));
  it('leave a matrix that the group does not divide as it is', () => {
    assert.equal(storedBytes(linear(100, 30), 'hqq-int4-g64'), 2 * 3000);
    // Groups run over the flattened matrix: rows of 100 are no hindrance.
    assert.equal(storedBytes(linear(100, 64), 'hqq-int4-g64'), 3200 + 2 * 2 * 100 + settings('4bit_u8', 'torch.uint8'));
  });
});
