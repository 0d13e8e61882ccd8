import assert from 'node:assert/strict';
import { linear } from '../../../../src/engine/modules/blocks';
import { assertComplete, assertLayouts, layoutOf, storedBytes } from './stored';
import { module } from '../../../../src/engine/modules/tree';

const [columns, rows] = [1024, 512] as const;
const elements = columns * rows;

const expected: Readonly<Record<string, number>> = {
  'fp8-tensor': elements + 4 + 4,
  'fp8-tensor-static': elements + 2 + 2,
  'fp8-tensor-dynamic': elements + 4,
  'fp8-channel': elements + 2 * rows,
  'fp8-block128': elements + 4 * 4 * 8,
  'fp8-block128-ct': elements + 2 * 4 * 8,
  'fp8-block128-ue8m0': elements + 1 * 4 * 8,
  'fp8-e5m2-channel': elements + 4 * rows,
  'fp8-e5m2-tensor': elements + 4,
};

describe('FP8 presets', () => {
  assertLayouts(linear(columns, rows), elements, expected);
  it('have an expectation each', () => assertComplete(expected, ['FP8']));

  it('count the short blocks at the edges', () => {
    assert.equal(storedBytes(linear(200, 130), 'fp8-block128'), 200 * 130 + 4 * 2 * 2);
    assert.equal(storedBytes(linear(200, 130), 'fp8-block128-ct'), 200 * 130 + 2 * 2 * 2);
    assert.equal(storedBytes(linear(200, 130), 'fp8-block128-ue8m0'), 200 * 130 + 2 * 2);
  });
  it('hold E5M2 under its own type, with scales in the shape that the writer gives them', () => {
    const tensors = (name: string) =>
      layoutOf(module({ layers: module({ 0: module({ w: linear(columns, rows) }) }) }), name).entries.map(
        ({ name: tensor, dtype, shape }) => [tensor, dtype, shape],
      );
    assert.deepEqual(tensors('fp8-e5m2-channel'), [
      ['layers.{n}.w.weight', 'F8_E5M2', [rows, columns]],
      ['layers.{n}.w.weight_scale_inv', 'F32', [rows]],
    ]);
    assert.deepEqual(tensors('fp8-tensor-dynamic'), [
      ['layers.{n}.w.weight', 'F8_E4M3', [rows, columns]],
      ['layers.{n}.w.weight_scale_inv', 'F32', [1, 1]],
    ]);
  });
});
