import assert from 'node:assert/strict';
import { analyze, cacheSize, insightsFor, takeInventory, toJson, type Analysis, type JsonObject } from '../../../src/engine/index';
import { module } from '../../../src/engine/modules/tree';
import { attention, keyValueState } from '../../../src/engine/modules/attention';

const llama31 = analyze(
  toJson({
    model_type: 'llama',
    hidden_size: 4096,
    intermediate_size: 14336,
    num_hidden_layers: 32,
    num_attention_heads: 32,
    num_key_value_heads: 8,
    vocab_size: 128256,
    max_position_embeddings: 131072,
  }) as JsonObject,
) as Analysis;

describe('the cache', () => {
  it('is 128 KiB a token for Llama 3.1 8B at 16 bits', () => {
    const cache = cacheSize(llama31.inventory, 8192, 1, 'bf16');
    assert.equal(cache.bytesPerToken, 128 * 1024);
    assert.equal(cache.bytes, 2 ** 30);
    assert.equal(cache.state, 0);
  });
  it('grows with the batch and shrinks with the type', () => {
    assert.equal(cacheSize(llama31.inventory, 8192, 4, 'bf16').bytes, 4 * 2 ** 30);
    assert.equal(cacheSize(llama31.inventory, 8192, 1, 'fp8').bytes, 2 ** 29);
    assert.equal(cacheSize(llama31.inventory, 8192, 1, 'fp32').bytes, 2 ** 31);
  });
  it('stops growing at a window, which keeps one token less than it sees', () => {
    const inventory = takeInventory(module({ a: attention({}, keyValueState(2, 8, 100)) }));
    assert.equal(cacheSize(inventory, 50, 1, 'bf16').bytes, 50 * 32 * 2);
    assert.equal(cacheSize(inventory, 5000, 1, 'bf16').bytes, 99 * 32 * 2);
    assert.equal(cacheSize(inventory, 5000, 1, 'bf16').bytesPerToken, 0);
  });
  it('keeps everything at a window of one, as the reference does, and hints at no window then', () => {
    const inventory = takeInventory(module({ a: attention({}, keyValueState(2, 8, 1)) }));
    assert.equal(cacheSize(inventory, 5000, 1, 'bf16').bytes, 5000 * 32 * 2);
    const hintsOf = (window: number): unknown => {
      const config = { model_type: 'mistral', architectures: ['MistralForCausalLM'], sliding_window: window };
      const mistral = analyze(toJson(config) as JsonObject) as Analysis;
      return insightsFor(mistral, { context: 5000, batch: 1, kvDtype: 'bf16' }).find(({ key }) => key === 'sliding_window')?.hint;
    };
    assert.deepEqual(hintsOf(512), { kind: 'window', layers: 32, of: 32, tokensKept: 511 });
    assert.equal(hintsOf(1), undefined);
  });
  it('keeps float32 state at 4 bytes and other state at the model type when keys and values are 8-bit', () => {
    const inventory = takeInventory(
      module({
        m: module(
          {},
          {
            keeps: [
              { kind: 'recurrent', elements: 10, dtype: 'float32' },
              { kind: 'convolution', elements: 10 },
            ],
          },
        ),
      }),
    );
    const cache = cacheSize(inventory, 1000, 2, 'fp8');
    assert.equal(cache.state, 2 * (40 + 20));
    assert.equal(cache.bytes, cache.state);
  });
});
