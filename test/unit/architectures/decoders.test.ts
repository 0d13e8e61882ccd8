import assert from 'node:assert/strict';
import { analyze, cacheSize, listTensors, toJson, type Analysis, type JsonObject, type TensorList } from '../../../src/engine/index';

const read = (config: Record<string, unknown>): Analysis => {
  const result = analyze(toJson(config) as JsonObject);
  assert.equal(result.kind, 'model');
  return result as Analysis;
};
const cacheAt = (tokens: number, config: Record<string, unknown>): number => cacheSize(read(config).inventory, tokens, 1, 'bf16').bytes;
const tensors = (config: Record<string, unknown>): TensorList => listTensors(read(config).inventory, 'parameters');

describe('Falcon under its first model types', () => {
  // Keys and values as tiiuae/falcon-40b first published them.
  const large = {
    model_type: 'RefinedWeb',
    architectures: ['RWForCausalLM'],
    bias: false,
    hidden_size: 8192,
    n_head: 128,
    n_head_kv: 8,
    n_layer: 60,
    parallel_attn: true,
    vocab_size: 65024,
  };
  it('counts the 40B model as published, its language head once', () => {
    const { parameters, basis } = read(large);
    assert.equal(parameters.total + 65024 * 8192, 41_835_970_560);
    assert.equal(basis.kind, 'exact');
  });
  it('names the same tensors as the type of today', () => {
    const today = {
      model_type: 'falcon',
      architectures: ['FalconForCausalLM'],
      new_decoder_architecture: true,
      hidden_size: 8192,
      num_attention_heads: 128,
      num_kv_heads: 8,
      num_hidden_layers: 60,
      vocab_size: 65024,
    };
    assert.deepEqual(tensors(large), tensors(today));
    assert.equal(cacheAt(100, large), cacheAt(100, today));
  });
  it('reads the 7B model and the RW models, which have one norm or two in sequence', () => {
    const small = { model_type: 'RefinedWebModel', hidden_size: 4544, n_head: 71, n_layer: 32, vocab_size: 65024, multi_query: true };
    assert.equal(read({ ...small, parallel_attn: true }).parameters.total, 6_921_720_704);
    assert.equal(cacheAt(1, { ...small, parallel_attn: true }), 32 * 2 * 64 * 2);
    assert.equal(read(small).parameters.total, 6_921_720_704 + 32 * 2 * 4544);
  });
  it('has as many key/value heads as query heads when the file does not say', () => {
    assert.deepEqual(tensors({ ...large, n_head_kv: undefined }), tensors({ ...large, n_head_kv: 128 }));
  });
});

describe('MPT', () => {
  const sizes = { model_type: 'mpt', d_model: 3072, n_heads: 24, n_layers: 2 };
  const fused = (attn_config: Record<string, unknown>) =>
    tensors({ ...sizes, attn_config }).find(([name]) => name.endsWith('Wqkv.weight'))?.[1];
  it('follows the publisher where heads share keys and values, which the reference does not know', () => {
    assert.deepEqual(fused({ attn_type: 'grouped_query_attention', kv_n_heads: 8 }), [3072 + 2 * 8 * 128, 3072]);
    assert.deepEqual(fused({ attn_type: 'multiquery_attention' }), [3072 + 2 * 128, 3072]);
    assert.deepEqual(fused({}), [3 * 3072, 3072]);
  });
  it('keeps keys and values of the shared heads', () => {
    assert.equal(cacheAt(10, { ...sizes, attn_config: { attn_type: 'grouped_query_attention', kv_n_heads: 8 } }), 10 * 2 * 2 * 8 * 128 * 2);
  });
  it('reads its context from max_seq_len', () => {
    assert.equal(read({ ...sizes, max_seq_len: 65536 }).contextLimit, 65536);
  });
});

describe('GPT-2', () => {
  const sizes = { model_type: 'gpt2', n_embd: 96, n_layer: 2, n_head: 4 };
  const total = (config: Record<string, unknown>): number => read({ ...sizes, ...config }).parameters.total;
  it('adds a choice between continuations to the language model', () => {
    const alone = total({ architectures: ['GPT2LMHeadModel'] });
    const both = { architectures: ['GPT2DoubleHeadsModel'] };
    assert.equal(total(both), alone + 96 + 1);
    assert.equal(total({ ...both, summary_proj_to_labels: false }), alone + 96 * 96 + 96);
    assert.equal(total({ ...both, summary_use_proj: false }), alone);
  });
  it('reads its context from n_positions and by its other name', () => {
    assert.equal(read({ ...sizes, n_positions: 2048 }).contextLimit, 2048);
    assert.equal(read({ ...sizes, max_position_embeddings: 4096 }).contextLimit, 4096);
  });
});

describe('windows that are not kept as such', () => {
  it('GPT-Neo keeps everything for its local layers too', () => {
    const config = { model_type: 'gpt_neo', hidden_size: 64, num_heads: 4, num_layers: 2, attention_types: [[['global', 'local'], 1]] };
    assert.equal(cacheAt(5000, { ...config, window_size: 256 }), 5000 * 2 * 2 * 64 * 2);
  });
  it('Qwen2 has none before use_sliding_window says so, and then only from max_window_layers on', () => {
    const config = { model_type: 'qwen2', hidden_size: 64, num_attention_heads: 4, num_key_value_heads: 2, num_hidden_layers: 4 };
    const windowed = { ...config, sliding_window: 101, max_window_layers: 3 };
    const layer = 2 * 2 * 16 * 2;
    assert.equal(cacheAt(1000, windowed), 4 * 1000 * layer);
    assert.equal(cacheAt(1000, { ...windowed, use_sliding_window: true }), (3 * 1000 + 100) * layer);
  });
});
