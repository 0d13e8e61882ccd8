import assert from 'node:assert/strict';
import { embedding, linear, lmHead, rmsNorm, router } from '../../../../src/engine/modules/blocks';
import { module, repeat, type Part } from '../../../../src/engine/modules/tree';
import { presetOf } from '../../../../src/engine/quantization/presets';
import { takeInventory } from '../../../../src/engine/weights/inventory';
import { llama31Of8B, llama33Of70B, modelOf, qwen3Of14B, qwen3Of30BA3B } from '../models';
import { assertComplete, assertLayouts, bytesIn, presetBytes } from './stored';

const [columns, rows] = [1024, 512] as const;
const elements = columns * rows;

/** Packed values, with a scale and an offset of 16 bits per group. */
const affine = (weights: number, bits: number, group = 64): number => (weights * bits) / 8 + (2 * 2 * weights) / group;

const uniform: Readonly<Record<string, number>> = {
  ...Object.fromEntries(
    [8, 6, 5, 4, 3, 2].flatMap((bits) => [32, 64, 128].map((group) => [`mlx-${bits}bit-g${group}`, affine(elements, bits, group)])),
  ),
  'mlx-mxfp8': elements + elements / 32,
  'mlx-mxfp4': elements / 2 + elements / 32,
  'mlx-nvfp4': elements / 2 + elements / 16,
};
/** Bits of a layer that no recipe favours. */
const mixed: Readonly<Record<string, number>> = {
  'mlx-mixed-4-6': affine(elements, 4),
  'mlx-mixed-3-6': affine(elements, 3),
  'mlx-mixed-3-4': affine(elements, 3),
  'mlx-mixed-2-6': affine(elements, 2),
};

const minimaxM2 = {
  ...{ model_type: 'minimax_m2', vocab_size: 200064, hidden_size: 3072, intermediate_size: 1536, num_hidden_layers: 62 },
  ...{ num_attention_heads: 48, num_key_value_heads: 8, head_dim: 128, num_local_experts: 256, num_experts_per_tok: 8 },
};

const layoutOf = (tree: Part, preset: string, modelType = 'llama') =>
  presetOf(preset).layout({ inventory: takeInventory(tree), dtype: 'bf16', modelType, root: {} }, {});

describe('MLX presets', () => {
  assertLayouts(linear(columns, rows), elements, { ...uniform, ...mixed });
  it('have an expectation each', () => assertComplete({ ...uniform, ...mixed }, ['MLX']));

  const published = [
    ['Qwen3 14B', qwen3Of14B, 'mlx-4bit-g64', 8_307_783_680],
    ['Llama 3.1 Nemotron 70B', llama33Of70B, 'mlx-4bit-g64', 39_688_355_840],
    ['Llama 3.1 Nemotron 70B', llama33Of70B, 'mlx-8bit-g64', 74_964_549_632],
  ] as const;
  for (const [title, config, preset, bytes] of published)
    it(`give ${title} at ${preset} its published ${bytes} bytes`, () => assert.equal(presetBytes(modelOf(config), preset), bytes));
  it('give MiniMax-M2 the sizes of its copies, whose routers and their scales are at 32 bits', () => {
    const copies = [
      ['mlx-3bit-g64', 100_086_644_736],
      ['mlx-4bit-g64', 128_666_664_960],
      ['mlx-6bit-g64', 185_826_705_408],
      ['mlx-8bit-g64', 242_986_745_856],
    ] as const;
    // Presets leave the corrections of scores out, which are no parameters.
    for (const [preset, bytes] of copies) assert.equal(presetBytes(modelOf(minimaxM2), preset) + 62 * 256 * 4, bytes, preset);
  });
  it('leave rows alone that the group does not divide', () => {
    assert.equal(bytesIn(layoutOf(linear(1000, 64), 'mlx-4bit-g64').entries), 2 * 64_000);
    assert.equal(bytesIn(layoutOf(linear(96, 64), 'mlx-4bit-g32').entries), affine(96 * 64, 4, 32));
    assert.equal(bytesIn(layoutOf(linear(96, 64), 'mlx-nvfp4').entries), 48 * 64 + 6 * 64);
  });
});

describe('what classes of mlx-lm decide by themselves', () => {
  const gated = module({ layers: repeat(2, () => ({ mlp: { gate: router(columns, 64), up_proj: linear(columns, rows) } })) });
  const gate = 64 * columns;
  const bytes = (modelType: string, preset: string) => bytesIn(layoutOf(gated, preset, modelType).entries) / 2;

  it('routers like any layer, at 8 bits in groups of 64, or not at all', () => {
    assert.equal(bytes('mixtral', 'mlx-4bit-g32'), affine(gate + elements, 4, 32));
    assert.equal(bytes('qwen3_moe', 'mlx-4bit-g32'), affine(gate, 8) + affine(elements, 4, 32));
    assert.equal(bytes('qwen3_moe', 'mlx-mxfp4'), affine(gate, 8) + elements / 2 + elements / 32);
    assert.equal(bytes('deepseek_v3', 'mlx-4bit-g32'), 2 * gate + affine(elements, 4, 32));
  });
  it("Granite's projections back into the stream at 8 bits", () => {
    const layer = {
      self_attn: { q_proj: linear(columns, rows), o_proj: linear(columns, rows) },
      mlp: { down_proj: linear(columns, rows) },
    };
    const tree = module({ model: { layers: repeat(1, () => layer) }, lm_head: lmHead(columns, 640, false) });
    const head = 640 * columns;
    assert.equal(bytesIn(layoutOf(tree, 'mlx-2bit-g64', 'granite').entries), affine(2 * elements + head, 8) + affine(elements, 2));
    assert.equal(bytesIn(layoutOf(tree, 'mlx-2bit-g64', 'llama').entries), affine(3 * elements + head, 2));
  });
  it('names that no class has taken from objects', () => {
    for (const modelType of ['constructor', '__proto__', 'toString'])
      assert.equal(bytes(modelType, 'mlx-4bit-g64'), affine(gate + elements, 4));
  });
});

describe('mixed recipes of mlx-lm', () => {
  const layer = () => ({
    self_attn: { q_proj: linear(columns, rows), v_proj: linear(columns, rows) },
    mlp: { down_proj: linear(columns, rows), norm: rmsNorm(columns) },
  });
  const tree = (depth: number) =>
    module({ model: { embed_tokens: embedding(640, columns), layers: repeat(depth, layer) }, lm_head: lmHead(columns, 640, false) });

  /** Of 32 layers: 0–3, 28–31 and every third from 6 to 27. Of 10: 0, 8, 9 and 3, 6. Of 5: 2 and 4. A last one always. */
  const favoured: readonly (readonly [depth: number, layers: number])[] = [
    [32, 4 + 4 + 8],
    [10, 1 + 2 + 2],
    [5, 2],
    [1, 1],
  ];
  for (const [depth, layers] of favoured)
    it(`favour ${layers} of ${depth} layers`, () => {
      const many = 2 * layers * elements + 640 * columns;
      const few = (3 * depth - 2 * layers) * elements + 640 * columns;
      const { entries, basis } = layoutOf(tree(depth), 'mlx-mixed-3-6');
      assert.equal(bytesIn(entries), affine(many, 6) + affine(few, 3) + 2 * depth * columns);
      assert.equal(basis.kind, 'rule');
    });
  it('cost no more for a billion layers, and count them the same', () => {
    const depth = 2 ** 30;
    const layers = 2 * (depth / 8) + (depth / 4) * 1;
    const { entries } = layoutOf(tree(depth), 'mlx-mixed-3-6');
    const wide = entries.filter(({ name, shape }) => name.endsWith('down_proj.weight') && shape[1] === (columns * 6) / 32);
    assert.deepEqual(
      wide.map(({ copies }) => copies),
      [layers],
    );
  });
  it('are an estimate without a down_proj, which the program refuses', () => {
    assert.deepEqual(layoutOf(linear(columns, rows), 'mlx-mixed-2-6').basis, {
      kind: 'approximate',
      reasons: ['recipe-refused'],
    });
  });
  it('lie between their two widths on whole models', () => {
    for (const config of [llama31Of8B, qwen3Of30BA3B]) {
      const model = modelOf(config);
      const found = presetBytes(model, 'mlx-mixed-4-6');
      assert.ok(found > presetBytes(model, 'mlx-4bit-g64') * 0.99 && found < presetBytes(model, 'mlx-6bit-g64'));
    }
  });
  it('favour what holds v_proj in its name, which a joint qkv_proj does', () => {
    const stacked = (name: string) => module({ layers: repeat(8, () => ({ [name]: linear(columns, rows), down_proj: linear(64, 64) })) });
    const more =
      bytesIn(layoutOf(stacked('qkv_proj'), 'mlx-mixed-2-6').entries) - bytesIn(layoutOf(stacked('k_proj'), 'mlx-mixed-2-6').entries);
    // 0, 7, and 3 and 6 between.
    assert.equal(more, 4 * ((elements * 4) / 8));
  });
});
