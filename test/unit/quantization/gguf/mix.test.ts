import assert from 'node:assert/strict';
import { presets } from '../../../../src/engine/quantization/presets';
import { bytesOf, layoutOf, llama, modelOf, typesOf } from './support';

const blocks = (layers: number, config: object = {}) => modelOf({ ...llama, num_hidden_layers: layers, ...config });
const down = 'blk.{n}.ffn_down.weight';
const values = 'blk.{n}.attn_v.weight';

/** use_more_bits of llama.cpp, layer by layer. */
const moreBits = (layers: number): number => {
  let count = 0;
  for (let layer = 0; layer < layers; layer++)
    if (layer < layers >> 3 || layer >= Math.trunc((7 * layers) / 8) || (layer - (layers >> 3)) % 3 === 2) count++;
  return count;
};

describe('types of tensors in a GGUF mix', () => {
  it('gives more bits to the outer layers and every third between, at any depth', () => {
    for (const layers of [1, 7, 16, 22, 32, 60, 61, 126, 1000, 9999]) {
      const more = moreBits(layers);
      const expected = { ...(more < layers && { Q4_K: layers - more }), ...(more > 0 && { Q6_K: more }) };
      assert.deepEqual(typesOf(layoutOf(blocks(layers), 'Q4_K_M'), down), expected, `${layers} layers`);
      assert.deepEqual(typesOf(layoutOf(blocks(layers), 'Q4_K_M'), values), expected, `${layers} layers`);
    }
  });
  it('takes as long for ten thousand layers as for ten', () => {
    const { entries } = layoutOf(blocks(10_000), 'Q3_K_M');
    assert.ok(entries.length < 40, String(entries.length));
    assert.deepEqual(typesOf({ entries, basis: { kind: 'rule', reasons: [] } }, down), { Q5_K: 625, Q4_K: 9375 });
  });
  it('counts experts by layer, and gives eight of them more', () => {
    const mixtral = modelOf({ ...llama, model_type: 'mixtral', architectures: ['MixtralForCausalLM'], num_local_experts: 8 });
    const layout = layoutOf(mixtral, 'Q4_K_M');
    assert.deepEqual(typesOf(layout, 'blk.{n}.ffn_down_exps.weight'), { Q6_K: moreBits(32), Q4_K: 32 - moreBits(32) });
    assert.deepEqual(typesOf(layout, values), { Q8_0: 32 });
    assert.deepEqual(typesOf(layout, 'blk.{n}.attn_k.weight'), { Q8_0: 32 });
    assert.deepEqual(typesOf(layout, 'blk.{n}.attn_output.weight'), { Q5_K: 32 });
    assert.deepEqual(typesOf(layout, 'blk.{n}.ffn_gate_inp.weight'), { F32: 32 });
    const sixteen = modelOf({ ...llama, model_type: 'mixtral', architectures: ['MixtralForCausalLM'], num_local_experts: 16 });
    assert.deepEqual(typesOf(layoutOf(sixteen, 'Q4_K_M'), 'blk.{n}.attn_k.weight'), { Q4_K: 32 });
  });
  it('lifts attn_v of what it takes for a 70B', () => {
    const deep = { num_hidden_layers: 80, hidden_size: 8192, num_attention_heads: 64 };
    assert.deepEqual(typesOf(layoutOf(modelOf({ ...llama, ...deep }), 'Q4_K_S'), values), { Q5_K: 80 });
    assert.deepEqual(typesOf(layoutOf(modelOf({ ...llama, ...deep, num_key_value_heads: 64 }), 'Q4_K_S'), values), { Q5_K: 4, Q4_K: 76 });
  });
  it('falls back where the width is no multiple of the block', () => {
    const narrow = modelOf({ ...llama, hidden_size: 896, num_attention_heads: 14, num_key_value_heads: 2, intermediate_size: 4864 });
    assert.deepEqual(typesOf(layoutOf(narrow, 'Q6_K'), 'blk.{n}.attn_q.weight'), { Q8_0: 32 });
    assert.deepEqual(typesOf(layoutOf(narrow, 'Q2_K'), 'blk.{n}.attn_q.weight'), { Q4_0: 32 });
    assert.deepEqual(typesOf(layoutOf(narrow, 'Q2_K', { llamaCppDate: '2025-01-01' }), 'blk.{n}.attn_q.weight'), { IQ4_NL: 32 });
    assert.deepEqual(typesOf(layoutOf(narrow, 'IQ4_XS'), 'blk.{n}.attn_q.weight'), { IQ4_NL: 32 });
    assert.deepEqual(typesOf(layoutOf(narrow, 'Q4_K_S'), 'output.weight'), { Q8_0: 1 });
    const odd = modelOf({ ...llama, hidden_size: 120, num_attention_heads: 2, num_key_value_heads: 2, head_dim: 60 });
    assert.deepEqual(typesOf(layoutOf(odd, 'Q4_K_M'), 'blk.{n}.attn_q.weight'), { F16: 32 });
  });
  it('makes the first eighth better where the importance matrix is missing, or for Q4_0 where it is there', () => {
    const model = blocks(32);
    assert.deepEqual(typesOf(layoutOf(model, 'IQ4_XS'), down), { IQ4_XS: 32 });
    assert.deepEqual(typesOf(layoutOf(model, 'IQ4_XS', { imatrix: false }), down), { Q5_K: 4, IQ4_XS: 28 });
    assert.deepEqual(typesOf(layoutOf(model, 'Q4_0'), down), { Q4_0: 32 });
    assert.deepEqual(typesOf(layoutOf(model, 'Q4_0', { imatrix: true }), down), { Q4_1: 4, Q4_0: 28 });
  });
  it('gives a tied embedding the type of the output since March 2024', () => {
    const tied = blocks(32, { tie_word_embeddings: true });
    assert.deepEqual(typesOf(layoutOf(tied, 'Q4_K_M'), 'token_embd.weight'), { Q6_K: 1 });
    assert.deepEqual(typesOf(layoutOf(tied, 'Q4_K_M', { llamaCppDate: '2024-03-07' }), 'token_embd.weight'), { Q4_K: 1 });
    assert.deepEqual(typesOf(layoutOf(blocks(32), 'Q4_K_M'), 'token_embd.weight'), { Q4_K: 1 });
  });
  it('treats fused projections as attn_v since March 2026', () => {
    const phi3 = modelOf({ ...llama, model_type: 'phi3', architectures: ['Phi3ForCausalLM'] });
    const fused = 'blk.{n}.attn_qkv.weight';
    assert.deepEqual(typesOf(layoutOf(phi3, 'Q4_K_M', { llamaCppDate: '2026-03-09' }), fused), { Q5_K: 32 });
    assert.deepEqual(typesOf(layoutOf(phi3, 'Q4_K_M', { llamaCppDate: '2026-03-10' }), fused), {
      Q6_K: moreBits(32),
      Q4_K: 32 - moreBits(32),
    });
    assert.deepEqual(typesOf(layoutOf(phi3, 'Q4_K_M'), fused), { Q6_K: moreBits(32), Q4_K: 32 - moreBits(32) });
  });
  it('counts the key heads of a fused projection, not the copies that the class keeps', () => {
    const falcon = { model_type: 'falcon', hidden_size: 1024, num_attention_heads: 16, num_hidden_layers: 4, vocab_size: 512 };
    const qkv = (more: object) =>
      typesOf(layoutOf(modelOf({ ...falcon, new_decoder_architecture: true, ...more }), 'Q2_K'), 'blk.{n}.attn_qkv.weight');
    assert.deepEqual(qkv({ num_kv_heads: 4 }), { Q4_K: 4 });
    assert.deepEqual(qkv({ num_kv_heads: 8 }), { Q3_K: 4 });
  });
  it('puts experts alone at MXFP4, and leaves those of a checkpoint in MXFP4 whatever the name', () => {
    const config = { model_type: 'gpt_oss', architectures: ['GptOssForCausalLM'], num_hidden_layers: 24, num_local_experts: 32 };
    const layout = layoutOf(modelOf(config), 'MXFP4_MOE');
    assert.deepEqual(typesOf(layout, 'blk.{n}.ffn_up_exps.weight'), { MXFP4: 24 });
    assert.deepEqual(typesOf(layout, 'blk.{n}.attn_q.weight'), { Q8_0: 24 });
    const packed = modelOf({ ...config, quantization_config: { quant_method: 'mxfp4' } });
    for (const name of ['F16', 'Q4_K_M', 'Q8_0'])
      assert.deepEqual(typesOf(layoutOf(packed, name), 'blk.{n}.ffn_up_exps.weight'), { MXFP4: 24 });
  });
});

describe('GGUF presets', () => {
  const gguf = presets.filter(({ format }) => format === 'GGUF').map(({ name }) => name);
  it('carry the names of llama.cpp, its aliases and publishers', () => {
    for (const name of [
      'F16',
      'Q4_0',
      'Q2_K_S',
      'Q5_K_M',
      'IQ1_S',
      'IQ3_XXS',
      'TQ1_0',
      'MXFP4_MOE',
      'NVFP4',
      'Q1_0',
      'Q2_0',
      'Q4_K',
      'Q4_K_L',
      'UD-Q4_K_XL',
      'I2_S',
    ])
      assert.ok(gguf.includes(name), name);
    const model = modelOf(llama);
    for (const [alias, name] of [
      ['Q3_K', 'Q3_K_M'],
      ['Q4_K', 'Q4_K_M'],
      ['Q5_K', 'Q5_K_M'],
    ] as const)
      assert.equal(bytesOf(layoutOf(model, alias)), bytesOf(layoutOf(model, name)));
  });
  it('hold every parameter once, whatever the type', () => {
    const model = modelOf({ ...llama, num_hidden_layers: 5 });
    const parameters = model.inventory.entries.reduce((sum, { elements, copies }) => sum + elements * copies, 0);
    for (const name of gguf) {
      const { entries } = layoutOf(model, name);
      assert.equal(
        entries.reduce((sum, entry) => sum + entry.parameters * entry.copies, 0),
        parameters,
        name,
      );
    }
  });
  it('answer a recipe with a range around a common mix', () => {
    const { range, basis, entries } = layoutOf(modelOf(llama), 'UD-Q4_K_XL');
    assert.equal(basis.kind, 'approximate');
    assert.ok(basis.reasons.includes('publisher-recipe'));
    assert.ok(range && range[0] < bytesOf({ entries, basis }) && bytesOf({ entries, basis }) < range[1]);
  });
  it('put embedding and output at Q8_0 in the _L mixes, and nothing else', () => {
    const model = modelOf(llama);
    const wide = layoutOf(model, 'Q4_K_L');
    assert.deepEqual(typesOf(wide, 'token_embd.weight'), { Q8_0: 1 });
    assert.deepEqual(typesOf(wide, 'output.weight'), { Q8_0: 1 });
    assert.deepEqual(typesOf(wide, down), typesOf(layoutOf(model, 'Q4_K_M'), down));
  });
  it('store ternary weights at two bits and 32 bytes a matrix in I2_S', () => {
    const layout = layoutOf(modelOf(llama), 'I2_S');
    const entry = layout.entries.find(({ name }) => name === 'blk.{n}.attn_q.weight');
    assert.deepEqual([entry?.dtype, entry?.bytes], ['I2_S', (4096 * 4096) / 4 + 32]);
    assert.deepEqual(typesOf(layout, 'token_embd.weight'), { F16: 1 });
  });
});
