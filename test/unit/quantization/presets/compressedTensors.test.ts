import assert from 'node:assert/strict';
import { linear } from '../../../../src/engine/modules/blocks';
import { llama33Of70B, modelOf } from '../models';
import { assertComplete, assertLayouts, layoutOf, presetBytes, storedBytes } from './stored';
import { module, repeat } from '../../../../src/engine/modules/tree';

const [columns, rows] = [1024, 512] as const;
const elements = columns * rows;

/** Packed words, scales at the model's 16 bits, and the shape as two I64. */
const packed = (bits: number, groups: number): number => (elements * bits) / 8 + 2 * groups * rows + 16;
const zeros = (groups: number): number => (rows / 8) * 4 * groups;

const dense: Readonly<Record<string, number>> = {
  'w8a8-int8': elements + 2 * rows,
  'w8a16-g128': packed(8, 8),
  'w8a16-channel': packed(8, 1),
  'w4a16-g32': packed(4, 32),
  'w4a16-g64': packed(4, 16),
  'w4a16-g128': packed(4, 8),
  'w4a16-channel': packed(4, 1),
  'w4a16-g32-asym': packed(4, 32) + zeros(32),
  'w4a16-g64-asym': packed(4, 16) + zeros(16),
  'w4a16-g128-asym': packed(4, 8) + zeros(8),
  'w4a16-channel-asym': packed(4, 1) + zeros(1),
  'w4a16-g128-actorder': packed(4, 8) + 4 * columns,
  'w3a16-g128': packed(3, 8),
  'w2a16-g128': packed(2, 8),
  'w4a8-fp8-g128': packed(4, 8),
  // A byte for each value of 4 bits.
  'w4a8-int8-g128': elements + 2 * 8 * rows,
};
const half = elements / 2;
const sparse: Readonly<Record<string, number>> = {
  // Half the values, a bit for each place, the shape.
  sparse24: 2 * half + elements / 8 + 16,
  'sparse24-fp8': half + elements / 8 + 16 + 2 * rows,
  // Half the values packed, two bits for the place of each, F16 scales.
  'sparse24-int8-g128-marlin': half + half / 4 + 2 * 8 * rows,
  'sparse24-int4-g128-marlin': half / 2 + half / 4 + 2 * 8 * rows,
  'sparse24-int4-channel-marlin': half / 2 + half / 4 + 2 * rows,
};

describe('compressed-tensors presets', () => {
  assertLayouts(linear(columns, rows), elements, { ...dense, ...sparse });
  it('have an expectation each', () => {
    assertComplete(dense, ['compressed-tensors']);
    assertComplete(sparse, ['2:4 sparse']);
  });
  it('pack three bits across words', () => {
    // 1000 columns of 3 bits: 94 words.
    assert.equal(storedBytes(linear(1000, 64), 'w3a16-g128'), 4 * 94 * 64 + 2 * 8 * 64 + 16);
  });
  it('give W4A16 of Llama 3.3 70B in the order of activations its published 39525311232 bytes', () => {
    const model = modelOf(llama33Of70B);
    assert.equal(presetBytes(model, 'w4a16-g128-actorder'), 39_525_311_232);
    // 80 layers of q, k, v, o, gate, up and down: an I32 for each column.
    assert.equal(presetBytes(model, 'w4a16-g128'), 39_525_311_232 - 4 * 80 * (6 * 8192 + 28672));
  });
  it('hold the zero points of whole rows packed along the outputs', () => {
    const tensors = layoutOf(module({ layers: repeat(2, () => ({ w: linear(columns, rows) })) }), 'w4a16-channel-asym').entries;
    assert.deepEqual(tensors.find(({ name }) => name.endsWith('weight_zero_point'))?.shape, [rows / 8, 1]);
  });
});
