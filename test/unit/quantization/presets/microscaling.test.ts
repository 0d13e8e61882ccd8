import assert from 'node:assert/strict';
import { linear } from '../../../../src/engine/modules/blocks';
import { module, repeat } from '../../../../src/engine/modules/tree';
import { gptOssOf20B, llama33Of70B, modelOf } from '../models';
import { assertComplete, assertLayouts, layoutOf, presetBytes } from './stored';

const [columns, rows] = [1024, 512] as const;
const elements = columns * rows;

const expected: Readonly<Record<string, number>> = {
  nvfp4: elements / 2 + elements / 16 + 4 + 4,
  'nvfp4-w4a16': elements / 2 + elements / 16 + 4,
  'nvfp4-ct': elements / 2 + elements / 16 + 4 + 4,
  'nvfp4a16-ct': elements / 2 + elements / 16 + 4,
  mxfp4: elements / 2 + elements / 32,
  'mxfp4-ct': elements / 2 + elements / 32,
  mxfp6: (elements * 6) / 8 + elements / 32,
  mxfp8: elements + elements / 32,
  // F32 scales per group, and a factor per column.
  'modelopt-int4-awq-g128': elements / 2 + 4 * 8 * rows + 2 * columns,
  'modelopt-w4a8-awq-g128': elements / 2 + 4 * 8 * rows + 2 * columns + 4 + 4,
};

describe('presets of small floats with shared exponents', () => {
  assertLayouts(linear(columns, rows), elements, expected);
  it('have an expectation each', () => assertComplete(expected, ['NVFP4', 'MXFP4', 'MXFP6', 'MXFP8', 'ModelOpt']));

  it('give published totals', () => {
    assert.equal(presetBytes(modelOf(llama33Of70B), 'nvfp4'), 42_709_045_632);
    assert.equal(presetBytes(modelOf(gptOssOf20B), 'mxfp4'), 13_761_264_768);
  });
  it('name tensors as their writers do, single values in a scalar or in a vector', () => {
    const tree = module({ layers: repeat(2, () => ({ w: linear(columns, rows) })) });
    const tensors = (preset: string) =>
      layoutOf(tree, preset).entries.map(({ name, dtype, shape }) => [name.replace('layers.{n}.w.', ''), dtype, shape]);
    assert.deepEqual(tensors('nvfp4'), [
      ['weight', 'U8', [rows, columns / 2]],
      ['weight_scale', 'F8_E4M3', [rows, columns / 16]],
      ['weight_scale_2', 'F32', []],
      ['input_scale', 'F32', []],
    ]);
    assert.deepEqual(tensors('nvfp4-ct'), [
      ['weight_packed', 'U8', [rows, columns / 2]],
      ['weight_scale', 'F8_E4M3', [rows, columns / 16]],
      ['weight_global_scale', 'F32', [1]],
      ['input_global_scale', 'F32', [1]],
    ]);
    assert.deepEqual(tensors('mxfp6'), [
      ['weight_packed', 'U8', [rows, (columns * 3) / 4]],
      ['weight_scale', 'U8', [rows, columns / 32]],
    ]);
  });
});
