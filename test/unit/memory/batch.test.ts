import assert from 'node:assert/strict';
import {
  analyze,
  answerRun,
  batchCache,
  batchOf,
  engines,
  findDevice,
  parseLength,
  toJson,
  unpaged,
  type Analysis,
  type Batch,
  type BatchAnswer,
  type CachePaging,
  type JsonObject,
} from '../../../src/engine/index';

function modelOf(config: object): Analysis {
  const found = analyze(toJson(config) as JsonObject);
  assert.equal(found.kind, 'model');
  return found as Analysis;
}

function batch(prefix: number, ...texts: readonly string[]): Batch {
  const made = batchOf(
    texts.map((text) => parseLength(text)).filter((group) => group !== undefined),
    prefix,
  );
  assert.ok(!('problem' in made));
  return made;
}

const llama = modelOf({ model_type: 'llama', num_hidden_layers: 2, hidden_size: 64, num_attention_heads: 4, torch_dtype: 'bfloat16' });
/** Two layers, keys and values, 64 wide, two bytes. */
const token = 2 * 2 * 64 * 2;
const paged = (more: Partial<CachePaging>): CachePaging => ({ ...unpaged('bf16'), ...more });

describe('sequences of different lengths', () => {
  it('take what each takes', () => {
    const found = batchCache(llama, batch(0, '1000', '2000:3'), unpaged('bf16'));
    assert.deepEqual(
      [found.sequences, found.longest, found.tokens, found.bytes, found.apartBytes],
      [4, 2000, 7000, 7000 * token, 7000 * token],
    );
  });

  it('take whole pages', () =>
    assert.equal(batchCache(llama, batch(0, '1:2', '16', '17'), paged({ page: 16 })).bytes, (16 + 16 + 16 + 32) * token));

  it('keep the whole pages of a prefix once, where the engine shares', () => {
    const lengths = batch(100, '1000', '2000:3');
    assert.equal(batchCache(llama, lengths, paged({ page: 16 })).places, 1008 + 3 * 2000 - 3 * 96);
    assert.equal(batchCache(llama, lengths, paged({ page: 16, shares: false })).places, 1008 + 3 * 2000);
  });

  it('are as long as the longest where they are padded', () =>
    assert.equal(batchCache(llama, batch(900, '1000', '2000:3'), paged({ layout: 'padded', page: 256 })).places, 4 * 2048));

  it('keep of a prefix what some window still sees', () => {
    const model = modelOf({
      model_type: 'mistral',
      num_hidden_layers: 1,
      hidden_size: 64,
      num_attention_heads: 4,
      num_key_value_heads: 4,
      head_dim: 16,
      sliding_window: 100,
      torch_dtype: 'bfloat16',
    });
    const one = 2 * 64 * 2;
    // All see 99 tokens and the one that comes: of a prefix of 50, sequences of 60 all of it, one of 120 the last 30, one of 500 none.
    const found = batchCache(model, batch(50, '60:2', '120', '500'), paged({}));
    assert.equal(found.bytes, (50 + 10 * 2 + 70 + 100) * one);
    assert.equal(batchCache(model, batch(50, '60:2', '500'), paged({ windows: false })).bytes, (50 + 20 + 450) * one);
  });

  it('are refused where the prefix is longer than one of them', () =>
    assert.deepEqual(batchOf([{ tokens: 10, count: 1 }], 11), { problem: 'the shared prefix of 11 is longer than a sequence of 10' }));

  it('are refused where a length is none', () => {
    for (const text of ['0', '-1', '5:0', '1.5', '99999999999', '3:x']) assert.equal(parseLength(text), undefined, text);
  });
});

describe('a batch in an engine', () => {
  const device = findDevice('RTX 4090');
  assert.equal(device.kind, 'found');
  const model = modelOf({
    model_type: 'llama',
    num_hidden_layers: 4,
    hidden_size: 512,
    num_attention_heads: 8,
    num_key_value_heads: 8,
    vocab_size: 1000,
    intermediate_size: 1024,
    max_position_embeddings: 65_536,
    torch_dtype: 'bfloat16',
  });

  function answered(id: string, lengths: Batch, options: object = {}): BatchAnswer {
    const engine = engines.find((each) => each.id === id);
    assert.ok(engine && device.kind === 'found');
    const answer = answerRun(model, {
      engine,
      version: undefined,
      device: device.device,
      count: 1,
      memory: undefined,
      weights: id === 'exllama' ? 'exl3-4.0bpw' : 'checkpoint',
      options: toJson(options) as JsonObject,
      batch: lengths,
    });
    assert.ok('batch' in answer && answer.batch, JSON.stringify(answer));
    return answer.batch;
  }

  const lengths = batch(1000, '1500', '3000:2');

  it('goes by pages and prefixes of each', () => {
    const places = (id: string, options?: object): number => answered(id, lengths, options).places;
    assert.equal(places('vllm'), 1504 + 2 * 3008 - 2 * 992);
    assert.equal(places('vllm', { 'enable-prefix-caching': false }), 1504 + 2 * 3008);
    assert.equal(places('vllm', { 'block-size': 32 }), 1504 + 2 * 3008 - 2 * 992);
    assert.equal(places('sglang'), 7500 - 2 * 1000);
    assert.equal(places('sglang', { 'disable-radix-cache': true }), 7500);
    assert.equal(places('tensorrt-llm'), 1504 + 2 * 3008 - 2 * 992);
    assert.equal(places('tgi'), 7500 - 2 * 1000);
    assert.equal(places('transformers'), 3 * 3000);
    assert.equal(places('mlx'), 3 * 3072);
  });

  it('fits a pool, or the slots that were set aside', () => {
    assert.equal(answered('vllm', lengths).fits, true);
    assert.equal(answered('vllm', batch(0, '60000:1000')).fits, false);
    const slots = { 'ctx-size': 8192, parallel: 4 };
    assert.equal(answered('llama.cpp', batch(0, '2048:4'), slots).fits, true);
    assert.equal(answered('llama.cpp', batch(0, '2049'), slots).fits, false);
    assert.equal(answered('llama.cpp', batch(0, '2049'), { ...slots, 'kv-unified': true }).fits, true);
    assert.equal(answered('llama.cpp', batch(0, '100:5'), slots).fits, false);
    assert.equal(answered('transformers', lengths).fits, null);
  });

  it('takes in slots what was set aside for all', () => {
    const one = answered('llama.cpp', batch(0, '10'), { 'ctx-size': 8192, parallel: 4 });
    assert.equal(one.bytes, 8192 * 4 * 2 * 512 * 2);
  });
});
