import assert from 'node:assert/strict';
import { embedding, linear, lmHead, rmsNorm, linearRouter, router } from '../../../../src/engine/modules/blocks';
import { module, repeat } from '../../../../src/engine/modules/tree';
import { assertComplete, assertLayouts, bytesIn, layoutOf } from './stored';

const [columns, rows] = [1024, 512] as const;
const elements = columns * rows;

const eetq: Readonly<Record<string, number>> = { 'eetq-int8': elements + 2 * rows };

/** Scales and zero points at the model's 16 bits. */
const torchaoInt4 = (groups: number): number => elements / 2 + 2 * 2 * groups * rows;
const torchao: Readonly<Record<string, number>> = {
  'torchao-int4-g32': torchaoInt4(32),
  'torchao-int4-g64': torchaoInt4(16),
  'torchao-int4-g128': torchaoInt4(8),
  'torchao-int4-g256': torchaoInt4(4),
  // F32 scales and zero points of a byte.
  'torchao-int8': elements + 4 * rows + rows,
  'torchao-float8': elements + 4 * rows,
  'torchao-float8-tensor': elements + 4,
};

const quark: Readonly<Record<string, number>> = {
  'quark-fp8': elements + 2 + 2,
  'quark-fp8-channel': elements + 2 * rows,
  'quark-fp8-e5m2': elements + 2 + 2,
  'quark-mxfp6': (elements * 6) / 8 + elements / 32,
  'quark-mxfp4': elements / 2 + elements / 32,
  'quark-int4-g128': elements / 2 + 2 * 8 * rows + 8 * (rows / 2),
};

const onnx: Readonly<Record<string, number>> = {
  'onnx-int8-g128': elements + 2 * 8 * rows + 8 * rows,
  'onnx-int4-g32': elements / 2 + 2 * 32 * rows + 16 * rows,
  'onnx-int4-g128': elements / 2 + 2 * 8 * rows + 4 * rows,
};

const openVino: Readonly<Record<string, number>> = {
  'openvino-int8': elements + 2 * rows + rows,
  'openvino-int4-g64': elements / 2 + 2 * 16 * rows + 8 * rows,
  'openvino-int4-g128': elements / 2 + 2 * 8 * rows + 4 * rows,
  'openvino-int4-g128-sym': elements / 2 + 2 * 8 * rows,
};

describe('presets of EETQ, torchao, Quark, ONNX Runtime and OpenVINO', () => {
  assertLayouts(linear(columns, rows), elements, { ...eetq, ...torchao, ...quark, ...onnx, ...openVino });
  it('have an expectation each', () => {
    assertComplete(eetq, ['EETQ']);
    assertComplete(torchao, ['torchao']);
    assertComplete(quark, ['Quark']);
    assertComplete(onnx, ['ONNX']);
    assertComplete(openVino, ['OpenVINO']);
  });
  it("count an indexer's weights to the linear layers that torchao takes, and leave routers alone", () => {
    const tree = module({ indexer: { weights_proj: linearRouter(columns, rows) }, gate: router(columns, rows) });
    const within = module({ self_attn: tree });
    assert.equal(bytesIn(layoutOf(within, 'torchao-int8').entries), elements + 5 * rows + 2 * elements);
    assert.equal(bytesIn(layoutOf(within, 'fp8-block128').entries), 4 * elements);
  });
  it("put torchao's tensors under the module's name", () => {
    const tree = module({ layers: repeat(2, () => ({ w: linear(columns, rows) })) });
    assert.deepEqual(
      layoutOf(tree, 'torchao-int4-g128').entries.map(({ name }) => name),
      ['layers.{n}.w._weight_qdata', 'layers.{n}.w._weight_scale', 'layers.{n}.w._weight_zero_point'],
    );
  });

  const model = module({
    embed: embedding(1000, columns),
    layers: repeat(1, () => ({ w: linear(columns, rows), gate: router(columns, 8), norm: rmsNorm(columns) })),
    head: lmHead(columns, 1000, false),
  });
  it('convert the head with ONNX Runtime, not the embedding', () => {
    const kept = 2 * (1000 * columns + 8 * columns + columns);
    const head = 500 * columns + 2 * 8 * 1000 + 4 * 1000;
    assert.equal(bytesIn(layoutOf(model, 'onnx-int4-g128').entries), kept + head + (onnx['onnx-int4-g128'] ?? 0));
    assert.equal(layoutOf(model, 'onnx-int4-g128').basis.kind, 'approximate');
  });
  it('give embedding and head 8 bits in OpenVINO, the router as many as linear layers', () => {
    const byRow = 2 * (1000 * columns + 3 * 1000);
    const gate = (8 * columns) / 2 + 2 * 8 * 8 + 8 * 4;
    assert.equal(
      bytesIn(layoutOf(model, 'openvino-int4-g128').entries),
      byRow + gate + 2 * columns + (openVino['openvino-int4-g128'] ?? 0),
    );
  });
});
