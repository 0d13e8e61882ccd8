import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { analyze, layoutAt, layoutOfMembers, type Analysis, type JsonObject, type Members } from '../../../src/engine/index';
import { explorerTree, tabSeparated, type Node, type TreeSettings } from '../../../src/features/explorer/tree';
import { llama31Of8B } from '../quantization/models';

const everything: TreeSettings = { order: 'size', filter: '' };
/** The tree of a model, and which groups of modules it asked for. */
function treeOf(config: object, precision: string, settings: Partial<TreeSettings> = {}) {
  const analysis = analyze(config as JsonObject) as Analysis;
  const asked: { readonly at: Members; readonly groups: readonly Members[] }[] = [];
  const { entries } = layoutAt(analysis, precision);
  const nodes = explorerTree(entries, { ...everything, ...settings }, (at, groups) => {
    asked.push({ at, groups });
    return layoutOfMembers(analysis, precision, {}, at, groups);
  });
  return { nodes, entries, asked };
}
const sample = (name: string): object =>
  JSON.parse(readFileSync(join(import.meta.dirname, '..', '..', '..', 'samples', name, 'config.json'), 'utf8')) as object;

const nameOf = (node: Node): string => {
  switch (node.kind) {
    case 'tensor':
      return node.label;
    case 'component':
      return node.component;
    case 'stack':
      return node.path;
    case 'together':
      return 'together';
    default:
      return node.first === node.last ? `${node.module} ${node.first}` : `${node.module} ${node.first}-${node.last}`;
  }
};
/** The node that a path of names leads to. */
function open(nodes: readonly Node[], ...path: readonly string[]): readonly Node[] {
  return path.reduce<readonly Node[]>((level, name) => {
    const found = level.find((node) => nameOf(node) === name);
    assert.ok(found && found.kind !== 'tensor', `${name} of ${level.map(nameOf).join(', ')}`);
    return found.children();
  }, nodes);
}
const names = (nodes: readonly Node[]): readonly string[] => nodes.map(nameOf);
const bytesOf = (nodes: readonly Node[]): number => nodes.reduce((sum, { bytes }) => sum + bytes, 0);

describe('the explorer of tensors', () => {
  const llama = () => treeOf(llama31Of8B, 'awq-int4-g128');

  it('shows components, the largest first, and what is in all layers together', () => {
    const { nodes } = llama();
    assert.deepEqual(names(nodes), ['mlp', 'embedding', 'head', 'attention', 'norm']);
    assert.deepEqual(names(open(nodes, 'mlp')), ['model.layers.{n}']);
    assert.deepEqual(
      names(open(nodes, 'mlp', 'model.layers.{n}', 'together')),
      ['qweight', 'scales', 'qzeros'].flatMap((tensor) => ['gate_proj', 'up_proj', 'down_proj'].map((name) => `mlp.${name}.${tensor}`)),
    );
  });
  it('keeps the order of the model when asked to', () => {
    assert.deepEqual(names(treeOf(llama31Of8B, 'awq-int4-g128', { order: 'file' }).nodes), [
      'embedding',
      'attention',
      'mlp',
      'norm',
      'head',
    ]);
  });
  it('tells the bytes of every copy and their share of the whole', () => {
    const { nodes, entries } = llama();
    const total = entries.reduce((sum, { bytes, copies }) => sum + bytes * copies, 0);
    assert.equal(bytesOf(nodes), total);
    assert.ok(Math.abs(nodes.reduce((sum, { share }) => sum + share, 0) - 1) < 1e-12);
  });
  it('shows what holds every word of the filter, with shares of the whole', () => {
    const { nodes } = treeOf(llama31Of8B, 'awq-int4-g128', { filter: 'QWEIGHT attention' });
    assert.deepEqual(names(nodes), ['attention']);
    assert.equal(open(nodes, 'attention', 'model.layers.{n}', 'together').length, 4);
    assert.equal(open(nodes, 'attention', 'model.layers.{n}', 'layers 10-19', 'layers 12').length, 4);
    assert.ok((nodes[0]?.share ?? 1) < 0.2);
    assert.deepEqual(treeOf(llama31Of8B, 'awq-int4-g128', { filter: 'nothing-like-it' }).nodes, []);
  });
  it('puts equal tensors that stand apart in one row', () => {
    const [entry] = llama().entries;
    assert.ok(entry);
    const [component] = explorerTree([entry, { ...entry, copies: 3 }], everything, () => []);
    assert.deepEqual(
      component?.children().map((node) => node.kind === 'tensor' && node.entry.copies),
      [entry.copies + 3],
    );
  });
  it('copies rows as columns that other programs read, each tensor once', () => {
    const { nodes } = treeOf(llama31Of8B, 'awq-int4-g128', { filter: 'embed_tokens' });
    const [head, row] = tabSeparated(nodes).split('\n');
    assert.equal(head, 'name\tdtype\tshape\tcopies\tbytes\ttotal_bytes\tcomponent\tpart');
    assert.equal(row, 'model.embed_tokens.weight\tBF16\t[128256, 4096]\t1\t1050673152\t1050673152\tembedding\tweight');
    const all = llama();
    assert.equal(tabSeparated(all.nodes).split('\n').length, 1 + new Set(all.entries.map(({ name }) => name)).size);
  });

  describe('opens a stack into its layers', () => {
    it('in ranges of ten where there are many, and one by one where there are few', () => {
      const { nodes } = llama();
      assert.deepEqual(names(open(nodes, 'mlp', 'model.layers.{n}')), [
        'together',
        'layers 0-9',
        'layers 10-19',
        'layers 20-29',
        'layers 30-31',
      ]);
      assert.deepEqual(names(open(nodes, 'mlp', 'model.layers.{n}', 'layers 30-31')), ['layers 30', 'layers 31']);
      const few = treeOf({ ...llama31Of8B, num_hidden_layers: 4 }, 'bf16').nodes;
      assert.deepEqual(names(open(few, 'mlp', 'model.layers.{n}')), ['together', 'layers 0', 'layers 1', 'layers 2', 'layers 3']);
    });
    it('in ranges of ranges where there are hundreds', () => {
      const deep = treeOf({ ...llama31Of8B, num_hidden_layers: 1234 }, 'bf16').nodes;
      const ranges = names(open(deep, 'mlp', 'model.layers.{n}'));
      assert.deepEqual([ranges.length, ranges[1], ranges.at(-1)], [14, 'layers 0-99', 'layers 1200-1233']);
      assert.equal(open(deep, 'mlp', 'model.layers.{n}', 'layers 1100-1199', 'layers 1150-1159').length, 10);
    });
    it('each with its own tensors by their own names', () => {
      const layer = open(llama().nodes, 'mlp', 'model.layers.{n}', 'layers 10-19', 'layers 17');
      const [first] = layer;
      assert.ok(first?.kind === 'tensor');
      assert.deepEqual(
        [first.label, first.entry.name, first.entry.copies],
        ['mlp.gate_proj.qweight', 'model.layers.17.mlp.gate_proj.qweight', 1],
      );
      assert.equal(layer.length, 9);
    });
    it('which sum up to it, range by range and layer by layer', () => {
      const { nodes } = treeOf(llama31Of8B, 'Q4_K_M');
      for (const component of ['mlp', 'attention', 'norm']) {
        const [together, ...ranges] = open(nodes, component, 'blk.{n}');
        assert.equal(bytesOf(ranges), together?.bytes, component);
        for (const range of ranges) assert.equal(bytesOf(range.kind === 'range' ? range.children() : []), range.bytes);
      }
    });
    it('says which types are in each, and which is not as the one before', () => {
      const { nodes } = treeOf(llama31Of8B, 'Q4_K_M');
      const layers = open(nodes, 'mlp', 'blk.{n}', 'blk 0-9');
      assert.deepEqual(
        layers.map((node) => node.kind === 'member' && [node.types.join(' '), node.differs]),
        [false, false, false, false, true, false, true, true, false, true].map((differs, layer) => [
          [0, 1, 2, 3, 6, 9].includes(layer) ? 'Q4_K Q6_K' : 'Q4_K',
          differs,
        ]),
      );
    });
    it('dense ones and mixtures of experts alike, and experts within them', () => {
      const { nodes } = treeOf(sample('DeepSeek-V3'), 'checkpoint');
      const [, , , third, fourth] = open(nodes, 'mlp', 'model.layers.{n}', 'layers 0-9');
      assert.ok(third?.kind === 'member' && fourth?.kind === 'member');
      assert.deepEqual([third.first, third.differs, fourth.differs], [3, true, false]);
      const experts = open(nodes, 'experts', 'model.layers.{n}', 'layers 10-19', 'layers 13', 'mlp.experts.{n}');
      assert.deepEqual([experts.length, nameOf(experts[1] as Node), nameOf(experts[26] as Node)], [27, 'experts 0-9', 'experts 250-255']);
      const [expert] = open(experts, 'experts 40-49', 'experts 44');
      assert.ok(expert?.kind === 'tensor');
      assert.equal(expert.entry.name, 'model.layers.13.mlp.experts.44.gate_proj.weight');
    });
    it('and asks for nothing before somebody opens it, nor twice', () => {
      const { nodes, asked } = treeOf(sample('DeepSeek-V3'), 'checkpoint');
      const stack = open(nodes, 'experts');
      assert.equal(asked.length, 0);
      const ranges = open(stack, 'model.layers.{n}');
      open(stack, 'model.layers.{n}');
      assert.deepEqual(
        asked.map(({ at, groups }) => [at, groups.length]),
        [[[], 7]],
      );
      open(ranges, 'layers 10-19', 'layers 13', 'mlp.experts.{n}', 'experts 40-49');
      assert.deepEqual(
        asked.map(({ at, groups }) => [at, groups.length]),
        [
          [[], 7],
          [[], 10],
          [[13], 26],
          [[13], 10],
        ],
      );
    });
    it('writes the numbers of modules that do not repeat', () => {
      const { nodes } = treeOf(sample('t5-large'), 'bf16');
      const layer = open(nodes, 'mlp', 'encoder.block.{n}', 'block 10-19', 'block 12');
      assert.deepEqual(names(layer), ['layer.1.DenseReluDense.wi.weight', 'layer.1.DenseReluDense.wo.weight']);
    });
    it('not where there are more modules than any model has: then the sum alone', () => {
      const huge = { ...sample('Mixtral-8x7B'), num_local_experts: 2 ** 31 - 1 };
      const { nodes } = treeOf(huge, 'bf16');
      const [experts] = open(nodes, 'experts', 'model.layers.{n}', 'layers 0-9', 'layers 5');
      assert.ok(experts?.kind === 'stack');
      assert.deepEqual([experts.count, names(experts.children())], [2 ** 31 - 1, ['together']]);
    });
    it('each node once: no two have one id', () => {
      const { nodes } = treeOf(sample('DeepSeek-V3'), 'checkpoint');
      const ids: string[] = [];
      const walk = (level: readonly Node[], depth: number): void => {
        for (const node of level) {
          if (node.kind === 'tensor') continue;
          ids.push(node.id);
          if (depth < 3) walk(node.children(), depth + 1);
        }
      };
      walk(nodes, 0);
      assert.ok(ids.length > 100);
      assert.equal(new Set(ids).size, ids.length);
    });
  });
});
