import assert from 'node:assert/strict';
import { embedding, linear, lmHead, rmsNorm, router } from '../../../../src/engine/modules/blocks';
import type { JsonObject } from '../../../../src/engine/config/json';
import { labelled, module, repeat, tensor, type Part } from '../../../../src/engine/modules/tree';
import { describeCheckpoint } from '../../../../src/engine/quantization/checkpoint';
import { presetOf } from '../../../../src/engine/quantization/presets';
import { takeInventory } from '../../../../src/engine/weights/inventory';
import { llama31Of8B, llama33Of70B, modelOf, qwen35Of9B, qwen3Of14B, qwen3Of30BA3B } from '../models';
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
  it("Granite's mixture of experts, whose second matrix ends in the name of a projection", () => {
    const tree = module({
      layers: repeat(1, () => ({ block_sparse_moe: { output_linear: linear(columns, rows), input_linear: linear(columns, rows) } })),
    });
    assert.equal(bytesIn(layoutOf(tree, 'mlx-2bit-g64', 'granitemoe').entries), affine(elements, 8) + affine(elements, 2));
    assert.equal(bytesIn(layoutOf(tree, 'mlx-2bit-g64', 'granitemoehybrid').entries), affine(2 * elements, 2));
  });
  it("the weights of an indexer like any layer, although the class's routers are bare", () => {
    const tree = module({ self_attn: { indexer: { weights_proj: router(columns, 64) } }, mlp: { gate: router(columns, 64) } });
    assert.equal(bytesIn(layoutOf(tree, 'mlx-4bit-g64', 'glm_moe_dsa').entries), affine(gate, 4) + 2 * gate);
  });
  it('names that no class has taken from objects', () => {
    for (const modelType of ['constructor', '__proto__', 'toString'])
      assert.equal(bytes(modelType, 'mlx-4bit-g64'), affine(gate + elements, 4));
  });
});

describe("what MLX's converters do to a checkpoint before", () => {
  const wide = { dtype: 'float32' } as const;
  const tree = module({
    gate: { weight: tensor([64, columns], 'router', wide) },
    linear_attn: { norm: { weight: tensor([128], 'norm', wide) }, A_log: tensor([32], 'other', wide) },
    moe_statics: { e_score_correction_bias: tensor([1, 64], 'other', wide) },
  });
  const bytes = (modelType: string, root: JsonObject) =>
    bytesIn(presetOf('mlx-4bit-g64').layout({ inventory: takeInventory(tree), dtype: 'bf16', modelType, root }, {}).entries);
  const gate = 64 * columns;
  /** Scales and offsets of 16 bits more. */
  const wideGroups = (2 * 2 * gate) / 64;

  it('float32 tensors take the type that the config names, but for those that the class holds back', () => {
    const cast = affine(gate, 4) + 2 * (128 + 32 + 64);
    assert.equal(bytes('llama', { torch_dtype: 'bfloat16' }), cast);
    assert.equal(bytes('llama', { text_config: { dtype: 'bfloat16' } }), cast);
    assert.equal(bytes('qwen3_5', { text_config: { dtype: 'bfloat16' } }), cast + 2 * 32 + affine(gate, 8) - affine(gate, 4));
    assert.equal(bytes('deepseek_v3', { torch_dtype: 'float16' }), cast + 2 * 64 + (2 * gate - affine(gate, 4)));
  });
  it('the key of transformers 5 is not read, so that nothing is cast', () => {
    for (const root of [{}, { dtype: 'bfloat16' }, { text_config: { torch_dtype: 'bfloat16' } }])
      assert.equal(bytes('llama', root), affine(gate, 4) + wideGroups + 4 * (128 + 32 + 64));
  });
  it('ERNIE loses the corrections of its routers', () => {
    assert.equal(bytes('ernie4_5_moe', { torch_dtype: 'bfloat16' }), affine(gate, 4) + 2 * (128 + 32));
  });
  it('Qwen3.5 9B comes out as published: 10,426,433,504 bytes at 8 bits', () => {
    const found = presetBytes(modelOf(qwen35Of9B), 'mlx-8bit-g64');
    assert.equal(found, 10_426_433_504);
  });
});

describe('towers in MLX', () => {
  const tower = module({
    language_model: { layers: repeat(1, () => ({ up_proj: linear(columns, rows) })) },
    visual: labelled('vision', module({ fc: linear(columns, rows) })),
  });
  it('stay as mlx-vlm keeps them, and are the upper end of a range where mlx-lm takes the model without', () => {
    const { entries, basis, range } = layoutOf(tower, 'mlx-4bit-g64', 'qwen3_5');
    assert.equal(bytesIn(entries), affine(elements, 4) + 2 * elements);
    assert.deepEqual(basis, { kind: 'rule', reasons: ['towers-by-mlx-vlm'] });
    assert.deepEqual(range, [affine(elements, 4), affine(elements, 4) + 2 * elements]);
    assert.equal(layoutOf(tower, 'mlx-4bit-g64', 'glm4v').range, undefined);
    assert.equal(layoutOf(tower, 'mlx-4bit-g64', 'glm4v').basis.kind, 'rule');
  });
  it('lead to the text through a connector that is converted', () => {
    const tree = module({
      connector: labelled('projector', module({ proj: linear(columns, rows) })),
      multi_modal_projector: labelled('projector', module({ linear_1: linear(columns, rows) })),
    });
    assert.equal(bytesIn(layoutOf(tree, 'mlx-4bit-g64', 'idefics3').entries), affine(elements, 4) + 2 * elements);
  });
  it('are in files of mlx-vlm and not in those of mlx-lm, which say the same in their config', () => {
    const config = { ...qwen35Of9B, quantization: { group_size: 64, bits: 8 } };
    const { inventory, root } = modelOf(config);
    const describe = (writer?: 'mlx-lm' | 'mlx-vlm') => describeCheckpoint(root, inventory, 'bf16', undefined, writer ? { writer } : {});
    assert.equal(describe().bytes, 10_426_433_504);
    assert.equal(describe().basis.kind, 'rule');
    assert.equal(describe('mlx-vlm').basis.kind, 'exact');
    assert.equal(describe('mlx-lm').bytes, 9_514_412_544);
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
