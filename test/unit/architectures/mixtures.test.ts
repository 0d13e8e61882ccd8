import assert from 'node:assert/strict';
import { analyze, cacheSize, listTensors, toJson, type Analysis, type JsonObject } from '../../../src/engine/index';

const read = (config: Record<string, unknown>): Analysis => {
  const result = analyze(toJson(config) as JsonObject);
  assert.equal(result.kind, 'model');
  return result as Analysis;
};
const cacheAt = (tokens: number, config: Record<string, unknown>): number => cacheSize(read(config).inventory, tokens, 1, 'bf16').bytes;

describe('DBRX', () => {
  // Nested sizes as the publisher writes them; parameters and number of tensors as in databricks/dbrx-instruct.
  const instruct = {
    model_type: 'dbrx',
    architectures: ['DbrxForCausalLM'],
    attn_config: { clip_qkv: 8, kv_n_heads: 8, model_type: '', rope_theta: 500000 },
    d_model: 6144,
    ffn_config: { ffn_hidden_size: 10752, model_type: '', moe_num_experts: 16, moe_top_k: 4 },
    max_seq_len: 32768,
    n_heads: 48,
    n_layers: 40,
    vocab_size: 100352,
  };
  it('has the published number of parameters and tensors', () => {
    const { parameters, inventory, contextLimit } = read(instruct);
    assert.equal(parameters.total, 131_596_523_520);
    assert.equal(
      listTensors(inventory, 'parameters').reduce((all, [, , copies]) => all + copies, 0),
      323,
    );
    assert.equal(contextLimit, 32768);
  });
  it('uses a quarter of its experts', () => {
    const { parameters } = read(instruct);
    const experts = parameters.byComponent.experts ?? 0;
    assert.equal(parameters.active, parameters.total - experts * 0.75);
  });
  it('keeps keys and values of its key/value heads', () => {
    assert.equal(cacheAt(100, instruct), 100 * 40 * 2 * 8 * 128 * 2);
  });
});

describe('latent attention', () => {
  const small = { model_type: 'deepseek_v3', hidden_size: 512, num_hidden_layers: 2, kv_lora_rank: 64, qk_rope_head_dim: 16 };
  it('keeps one latent vector and one rotary key a token, however many heads there are', () => {
    for (const num_attention_heads of [1, 8, 64]) assert.equal(cacheAt(10, { ...small, num_attention_heads }), 10 * 2 * (64 + 16) * 2);
  });
  it('has a dense query projection when the rank is null', () => {
    const names = (q_lora_rank: number | null) =>
      listTensors(read({ ...small, q_lora_rank }).inventory, 'parameters').map(([name]) => name);
    assert.ok(names(null).includes('model.layers.{n}.self_attn.q_proj.weight'));
    assert.ok(!names(null).some((name) => name.includes('q_a_')));
    assert.ok(names(32).includes('model.layers.{n}.self_attn.q_a_layernorm.weight'));
  });
});

describe('mixtures of experts', () => {
  it('leave layers for further tokens out of the count', () => {
    const counts = [0, 1, 3].map(
      (num_nextn_predict_layers) => read({ model_type: 'glm4_moe', num_nextn_predict_layers }).parameters.stored,
    );
    assert.equal(new Set(counts).size, 1);
  });
  it('say what was assumed when the config does not tell how many experts a token uses', () => {
    const silent = read({ model_type: 'deepseek_v2', n_routed_experts: 16 });
    assert.deepEqual(
      silent.findings.filter(({ code }) => code === 'assumption').map(({ values }) => values['assumption']),
      ['num_experts_per_tok=16'],
    );
    assert.equal(silent.parameters.active, silent.parameters.total);
    const told = read({ model_type: 'deepseek_v2', n_routed_experts: 16, num_experts_per_tok: 2 });
    assert.ok(!told.findings.some(({ code }) => code === 'assumption'));
    assert.ok(told.parameters.active < told.parameters.total);
  });
  it('count the score correction of a router as a buffer, in float32', () => {
    const { parameters, inventory } = read({ model_type: 'deepseek_v3', num_hidden_layers: 5, first_k_dense_replace: 3 });
    assert.equal(parameters.stored - parameters.total, 2 * 256);
    assert.deepEqual(
      inventory.entries.filter(({ buffer }) => buffer).map(({ dtype }) => dtype),
      ['float32'],
    );
  });
});

describe('EXAONE 4.0', () => {
  const config = { model_type: 'exaone4', hidden_size: 64, num_attention_heads: 4, num_key_value_heads: 2, sliding_window: 101 };
  const whole = 1000 * 2 * 2 * 16 * 2;
  const slid = 100 * 2 * 2 * 16 * 2;
  it('reads its window pattern from letters, the last layer seeing everything', () => {
    assert.equal(cacheAt(1000, { ...config, num_hidden_layers: 8, sliding_window_pattern: 'LLLG' }), 2 * whole + 6 * slid);
    assert.equal(cacheAt(1000, { ...config, num_hidden_layers: 6, sliding_window_pattern: 'LLLG' }), 2 * whole + 4 * slid);
  });
  it('reads it from a number, and the list of layers wins over either', () => {
    assert.equal(cacheAt(1000, { ...config, num_hidden_layers: 6, sliding_window_pattern: 4 }), 1 * whole + 5 * slid);
    const layer_types = ['full_attention', 'sliding_attention'];
    assert.equal(cacheAt(1000, { ...config, num_hidden_layers: 2, sliding_window_pattern: 'LLLG', layer_types }), whole + slid);
  });
  it('has no window when there is none, whatever the pattern', () => {
    for (const sliding_window_pattern of ['LLLG', 4, null])
      assert.equal(cacheAt(1000, { ...config, num_hidden_layers: 4, sliding_window: null, sliding_window_pattern }), 4 * whole);
  });
});
