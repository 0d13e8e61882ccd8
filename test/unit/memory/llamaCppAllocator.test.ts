import assert from 'node:assert/strict';
import { allocate, type BufferKind } from '../../../src/engine/memory/engines/llamaCpp/ggml/allocator';
import { computeBuffers } from '../../../src/engine/memory/engines/llamaCpp/ggml/schedule';
import { expand, input, matrix, onto, weight, type Graph, type Tensor } from '../../../src/engine/memory/engines/llamaCpp/ggml/tensors';

const kind: BufferKind = { alignment: 128, sizeOf: ({ size }) => size };

const graphOf = (tensor: Tensor): Graph => {
  const graph: Graph = { nodes: [], leaves: [] };
  expand(graph, tensor);
  return graph;
};

const onOne = (graph: Graph): number =>
  allocate(
    {
      nodes: graph.nodes,
      nodeBackends: graph.nodes.map(() => 0),
      leaves: graph.leaves,
      leafBackends: graph.leaves.map(() => 0),
    },
    [kind],
  )[0] ?? 0;

describe('ggml: memory of a graph', () => {
  it('gives an operation in place the memory of a parent that nobody else reads', () => {
    const x = matrix(weight('F32', [64, 64], 0), input('F32', 64, 32));
    // Input 64·32·4 = 8,192 bytes, the product as much; the sum takes over the product.
    assert.equal(onOne(graphOf(onto(x, weight('F32', [64], 0)))), 2 * 8192);
  });

  it('keeps a parent that is read again', () => {
    const x = matrix(weight('F32', [64, 64], 0), input('F32', 64, 32));
    const y = onto(x, weight('F32', [64], 0));
    // The input is free once the product is there, so that the first sum lies in its place.
    assert.equal(onOne(graphOf(onto(y, x))), 2 * 8192);
  });

  it('fills the smallest hole that is large enough', () => {
    const first = input('F32', 1024);
    const second = input('F32', 256);
    const third = input('F32', 64);
    const w = (columns: number, rows: number): Tensor => weight('F32', [columns, rows], 0);
    const a = matrix(w(1024, 32), first);
    const b = matrix(w(256, 32), second);
    const graph = graphOf(onto(onto(matrix(w(32, 200), a), matrix(w(32, 200), b)), matrix(w(64, 200), third)));
    // 4,096 + 1,024 + 256 of inputs; a at 5,376; 800 bytes (896 with alignment) go into the hole of 4,096, b into what is left.
    assert.equal(onOne(graph), 4096 + 1024 + 256 + 128);
  });

  it('begins every tensor at a multiple of the alignment', () => {
    assert.equal(onOne(graphOf(matrix(weight('F32', [3, 5], 0), input('F32', 3)))), 256);
  });
});

describe('ggml: graphs over several backends', () => {
  const device = { ...kind, offloads: true };
  const cpu = { ...kind, alignment: 32, offloads: false };

  it('copies what a backend reads of another into its own buffer', () => {
    const graph = graphOf(matrix(weight('F32', [64, 64], 0), input('F32', 64, 8)));
    // The input (2,048 bytes) stands with the CPU and, copied, on the device beside the product.
    assert.deepEqual(computeBuffers(graph, [device, cpu], false), [2 * 2048, 2048]);
  });

  it('brings weights to the device for batches of 32 and more, and leaves smaller ones where they are', () => {
    const of = (tokens: number): readonly number[] =>
      computeBuffers(graphOf(matrix(weight('F32', [64, 64], 1), input('F32', 64, tokens))), [device, cpu], false);
    assert.deepEqual(of(8), [0, 2 * 2048]);
    // The weight's 16,384 bytes, the input's 8,192 and the product's 8,192.
    assert.deepEqual(of(32), [16384 + 2 * 8192, 8192]);
  });

  it('keeps four copies of inputs where batches run one behind the other', () => {
    const graph = graphOf(matrix(weight('F32', [64, 64], 0), input('F32', 64, 8)));
    assert.deepEqual(computeBuffers(graph, [device, cpu], true), [5 * 2048, 4 * 2048]);
  });
});
