import assert from 'node:assert/strict';
import type { Change } from '../../../src/engine/index';
import { analysisOf, bert, deepseek, gemma, gpt2, insightAt, jamba, llama, mamba2, mixtral, whisper, type Config } from './models';

const gib = 2 ** 30;
const changesAt = (config: Config, path: string): readonly Change[] => insightAt(config, path).changes();
const values = (config: Config, path: string): readonly unknown[] => changesAt(config, path).map(({ value }) => value);

function changeAt(config: Config, path: string, value: unknown): Change {
  const found = changesAt(config, path).find((change) => change.value === value);
  assert.ok(found, `${path}: ${String(value)} not among ${values(config, path).join()}`);
  return found;
}

describe('sensible next changes', () => {
  it('show what fewer or more key/value heads cost', () => {
    assert.deepEqual(
      changesAt(llama, 'num_key_value_heads').map(({ value, note }) => [value, note]),
      [
        [1, 'multiQuery'],
        [4, undefined],
        [16, undefined],
        [32, 'multiHead'],
      ],
    );
    const { parameters, cache, weightBytes } = changeAt(llama, 'num_key_value_heads', 4);
    assert.equal(parameters.delta, -32 * 2 * 4096 * 4 * 128);
    assert.equal(weightBytes.delta, 2 * parameters.delta);
    assert.deepEqual(cache, { value: gib / 2, delta: -gib / 2, tokens: 8192 });
    assert.equal(changeAt(llama, 'num_key_value_heads', 32).parameters.delta, 32 * 2 * 4096 * 24 * 128);
  });
  it('show what the positions of an encoder cost the decoder that attends to them', () => {
    const each = 4 * 2 * 1280 * 2;
    const { cache } = changeAt(whisper, 'max_source_positions', 750);
    assert.deepEqual(cache, { value: (448 + 750) * each, delta: -750 * each, tokens: 448, encoder: 750 });
    assert.equal(changeAt(whisper, 'max_target_positions', 224).cache.value, (224 + 1500) * each);
  });
  it('equal an analysis of the changed file', () => {
    const half = analysisOf({ ...llama, num_hidden_layers: 16 });
    assert.equal(changeAt(llama, 'num_hidden_layers', 16).parameters.value, half.parameters.total);
    assert.equal(changeAt(llama, 'num_hidden_layers', 16).weightBytes.value, half.checkpoint.bytes);
  });
  it('leave out what cannot be loaded', () => {
    // 12 query heads cannot share 8 key/value heads.
    assert.deepEqual(values({ ...llama, hidden_size: 3072, num_attention_heads: 24 }, 'num_attention_heads'), [48]);
    assert.deepEqual(values({ ...llama, num_key_value_heads: 32 }, 'num_key_value_heads'), [1, 16]);
    assert.deepEqual(values({ ...mixtral, num_local_experts: 4, num_experts_per_tok: 4 }, 'num_experts_per_tok'), [2]);
  });
  it('leave out what changes nothing', () => {
    assert.deepEqual(values(bert, 'num_attention_heads'), []);
    assert.deepEqual(values(llama, 'model_type'), []);
    assert.deepEqual(values(gpt2, 'n_ctx'), []);
  });
  it('keep lists of layers as long as the layers', () => {
    const { edits } = changeAt(gemma, 'text_config.num_hidden_layers', 13);
    assert.deepEqual(
      edits.map(({ path }) => path.join('.')),
      ['text_config.num_hidden_layers', 'text_config.layer_types'],
    );
    const list = edits[1]?.value as readonly string[];
    assert.equal(list.length, 13);
    assert.deepEqual(
      list.flatMap((type, index) => (type === 'full_attention' ? [index] : [])),
      [5, 11],
    );
    const doubled = changeAt(gemma, 'text_config.num_hidden_layers', 52).edits[1]?.value as readonly string[];
    assert.deepEqual(doubled, [...doubled.slice(0, 26), ...doubled.slice(0, 26)]);
  });
  it('keep what follows a key in step with it', () => {
    const multiHead = { ...llama, num_key_value_heads: 32, head_dim: 128 };
    assert.deepEqual(
      changeAt(multiHead, 'num_attention_heads', 16).edits.map(({ value }) => value),
      [16, 16],
    );
    assert.deepEqual(
      changeAt(whisper, 'encoder_layers', 16).edits.map(({ path }) => path.join('.')),
      ['encoder_layers', 'num_hidden_layers'],
    );
    assert.deepEqual(
      changeAt(mamba2, 'num_heads', 64).edits.map(({ value }) => value),
      [64, 128],
    );
    assert.deepEqual(
      changeAt(mamba2, 'hidden_size', 8192).edits.map(({ value }) => value),
      [8192, 256],
    );
    assert.deepEqual(
      changeAt(jamba, 'expert_layer_period', 1).edits.map(({ path, value }) => [path.join('.'), value]),
      [
        ['expert_layer_period', 1],
        ['expert_layer_offset', 0],
      ],
    );
  });
  it('compare limits of context at their own lengths', () => {
    assert.deepEqual(changeAt(llama, 'max_position_embeddings', 65536).cache, { value: 8 * gib, delta: -8 * gib, tokens: 65536 });
    const stretched = changeAt(deepseek, 'rope_scaling.factor', 20).cache;
    assert.deepEqual([stretched.tokens, stretched.value], [81920, 81920 * 61 * 576 * 2]);
  });
  it('let the cache follow the dtype of the weights', () => {
    const wide = changeAt(llama, 'torch_dtype', 'float32');
    assert.deepEqual([wide.weightBytes.delta, wide.cache.delta], [2 * 8030261248, gib]);
  });
  it('show active parameters where experts are chosen', () => {
    const fewer = changeAt(mixtral, 'num_experts_per_tok', 1);
    assert.equal(fewer.parameters.delta, 0);
    assert.equal(fewer.active.delta, -32 * 3 * 4096 * 14336);
  });
  it('open windows and undo low ranks', () => {
    const open = changesAt(gemma, 'text_config.sliding_window').find(({ note }) => note === 'noWindow');
    assert.equal(open?.value, null);
    assert.equal(open?.cache.value, 8192 * 26 * 2 * 256 * 2);
    const dense = changesAt(deepseek, 'q_lora_rank').find(({ note }) => note === 'dense');
    assert.equal(dense?.parameters.delta, 61 * (7168 * 128 * 192 - 1536 * (7168 + 1 + 128 * 192)));
  });
  it('weigh quantization by what the checkpoint would hold', () => {
    const quantized = { ...llama, quantization_config: { quant_method: 'gptq', bits: 4, group_size: 128, desc_act: false, sym: true } };
    const eight = { ...quantized, quantization_config: { ...quantized.quantization_config, bits: 8 } };
    const change = changeAt(quantized, 'quantization_config.bits', 8);
    assert.equal(change.weightBytes.value, analysisOf(eight).checkpoint.bytes);
    assert.equal(change.parameters.delta, 0);
  });
});
