import assert from 'node:assert/strict';
import { analyze, layoutAt, type Analysis } from '../../../src/engine/index';
import { explorerTree, tabSeparated, type Node } from '../../../src/features/explorer/tree';
import { llama31Of8B } from '../quantization/models';

const { entries } = layoutAt(analyze(llama31Of8B) as Analysis, 'awq-int4-g128');
const tree = (filter = '', order: 'size' | 'file' = 'size') => explorerTree(entries, { order, filter });
const outline = (nodes: readonly Node[]): unknown[] =>
  nodes.map((node) =>
    node.kind === 'tensor' ? node.label : [node.kind === 'component' ? node.component : node.path, ...outline(node.children)],
  );

describe('the explorer of tensors', () => {
  it('shows components, layers and tensors, the largest first', () => {
    const [first] = tree();
    assert.deepEqual(
      tree().map(({ component }) => component),
      ['mlp', 'embedding', 'head', 'attention', 'norm'],
    );
    assert.deepEqual(outline(first ? [first] : []), [
      [
        'mlp',
        [
          'model.layers.{n}',
          ...['qweight', 'scales', 'qzeros'].flatMap((tensor) =>
            ['gate_proj', 'up_proj', 'down_proj'].map((name) => `mlp.${name}.${tensor}`),
          ),
        ],
      ],
    ]);
  });
  it('keeps the order of the model when asked to', () => {
    assert.deepEqual(
      tree('', 'file').map(({ component }) => component),
      ['embedding', 'attention', 'mlp', 'norm', 'head'],
    );
  });
  it('tells the bytes of every copy and their share of the whole', () => {
    const total = entries.reduce((sum, { bytes, copies }) => sum + bytes * copies, 0);
    assert.equal(
      tree().reduce((sum, { bytes }) => sum + bytes, 0),
      total,
    );
    assert.ok(Math.abs(tree().reduce((sum, { share }) => sum + share, 0) - 1) < 1e-12);
  });
  it('shows what holds every word of the filter, with shares of the whole', () => {
    const found = tree('QWEIGHT attention');
    assert.deepEqual(
      found.map(({ component }) => component),
      ['attention'],
    );
    assert.equal(found[0]?.children[0]?.kind === 'layers' && found[0].children[0].children.length, 4);
    assert.ok((found[0]?.share ?? 1) < 0.2);
    assert.deepEqual(tree('nothing-like-it'), []);
  });
  it('puts equal tensors that stand apart in one row', () => {
    const [entry] = entries;
    assert.ok(entry);
    const [component] = explorerTree([entry, { ...entry, copies: 3 }], { order: 'size', filter: '' });
    assert.deepEqual(
      component?.children.map((node) => node.kind === 'tensor' && node.entry.copies),
      [entry.copies + 3],
    );
  });
  it('copies rows as columns that other programs read', () => {
    const [head, row] = tabSeparated(tree('embed_tokens')).split('\n');
    assert.equal(head, 'name\tdtype\tshape\tcopies\tbytes\ttotal_bytes\tcomponent\tpart');
    assert.equal(row, 'model.embed_tokens.weight\tBF16\t[128256, 4096]\t1\t1050673152\t1050673152\tembedding\tweight');
  });
});
