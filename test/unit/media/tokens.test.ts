import assert from 'node:assert/strict';
import {
  analyze,
  isObject,
  mediaTokens,
  parseMedia,
  toJson,
  type Analysis,
  type JsonObject,
  type MediaItem,
  type Sidecars,
} from '../../../src/engine/index';

function modelOf(config: object, sidecars: Sidecars = {}): Analysis {
  const found = analyze(toJson(config) as JsonObject, sidecars);
  assert.equal(found.kind, 'model');
  return found as Analysis;
}

const items = (...texts: readonly string[]): readonly MediaItem[] =>
  texts.map((text) => {
    const item = parseMedia(/^\d+s/.test(text) ? 'audio' : 'image', text);
    assert.ok(item, text);
    return item;
  });

function answered(analysis: Analysis, ...texts: readonly string[]) {
  const found = mediaTokens(analysis, items(...texts), 'bf16');
  assert.ok(!('problem' in found));
  return found;
}

const qwen = { model_type: 'qwen2_5_vl', torch_dtype: 'bfloat16', vision_config: { patch_size: 14 } };

describe('images and audio as they are written', () => {
  it('are sizes, pages and seconds, each so many times', () => {
    assert.deepEqual(parseMedia('image', '1024x768:4'), { kind: 'image', count: 4, width: 1024, height: 768 });
    assert.deepEqual(parseMedia('image', 'A4@200'), { kind: 'image', count: 1, width: 1654, height: 2339 });
    assert.deepEqual(parseMedia('video', '640x360x64'), { kind: 'video', count: 1, width: 640, height: 360, frames: 64 });
    assert.deepEqual(parseMedia('audio', '1.5m:2'), { kind: 'audio', count: 2, seconds: 90 });
  });

  it('are refused where they are none', () => {
    for (const text of ['', '0x5', '5', '1e3x5', '-1x5', '5x5:0', '999999x9', 'a4', 'a4@0', '__proto__@100', '5x5x5'])
      assert.equal(parseMedia('image', text), undefined, text);
    for (const text of ['0', '-3', '3h', '9999999']) assert.equal(parseMedia('audio', text), undefined, text);
    for (const text of ['5x5', '5x5x0']) assert.equal(parseMedia('video', text), undefined, text);
  });
});

describe('what images cost', () => {
  it('is the cache of their tokens', () => {
    const analysis = modelOf(qwen);
    const { tokens, cacheBytes, parts } = answered(analysis, '1024x768:3');
    assert.equal(tokens, 3 * 999);
    const perToken = cacheBytes / tokens;
    assert.equal(parts[0]?.cacheBytes, 999 * perToken);
    assert.ok(Number.isInteger(perToken) && perToken > 0);
  });

  it('follows the file beside the config, and says what is assumed without it', () => {
    const without = answered(modelOf(qwen), '2000x2000');
    assert.deepEqual(without.parts[0]?.assumed, { min_pixels: 3136, max_pixels: 1_003_520 });
    assert.equal(without.basis.kind, 'approximate');
    const file = toJson({ min_pixels: 3136, max_pixels: 12_845_056 });
    assert.ok(isObject(file));
    const { parts, tokens } = answered(modelOf(qwen, { preprocessorConfig: file }), '2000x2000');
    assert.deepEqual(parts[0]?.assumed, {});
    assert.equal(parts[0]?.basis.kind, 'exact');
    assert.equal(tokens, 71 * 71);
  });

  it('takes what stands inside of processor_config.json before a file of its own', () => {
    const file = (most: number) => toJson({ min_pixels: 3136, max_pixels: most }) as JsonObject;
    const nested = toJson({ image_processor: { min_pixels: 3136, max_pixels: 501_760 } }) as JsonObject;
    const { tokens } = answered(modelOf(qwen, { preprocessorConfig: file(12_845_056), processorConfig: nested }), '1024x768');
    assert.equal(tokens, 609);
  });

  it('of Whisper is what cross-attention keeps of each half minute', () => {
    const { tokens, cross, cacheBytes } = answered(modelOf({ model_type: 'whisper', torch_dtype: 'float16' }), '30s');
    // The default config: four decoder layers of 384 keys and as many values.
    assert.deepEqual([tokens, cross, cacheBytes], [0, 1500, 1500 * 4 * 2 * 384 * 2]);
  });

  it('depends on how many there are where the processor does', () => {
    const onevision = {
      model_type: 'llava_onevision',
      vision_feature_select_strategy: 'full',
      vision_config: { model_type: 'siglip_vision_model', image_size: 384, patch_size: 14 },
      text_config: {
        model_type: 'qwen2',
        hidden_size: 896,
        num_hidden_layers: 24,
        num_attention_heads: 14,
        num_key_value_heads: 2,
        intermediate_size: 4864,
        vocab_size: 151936,
      },
    };
    assert.equal(answered(modelOf(onevision), '1024x1024').tokens, 7371);
    assert.equal(answered(modelOf(onevision), '1024x1024:2').tokens, 2 * 730);
    // Where Python's float division rounds down and a plain quotient does not.
    assert.equal(answered(modelOf(onevision), '3520x2112').tokens, 7239);
  });

  it('is not known without a rule, and refused where the processor refuses', () => {
    const none = mediaTokens(modelOf({ model_type: 'llama' }), items('10x10'), 'bf16');
    assert.deepEqual(none, { problem: { code: 'media-unknown', kind: 'image' } });
    const narrow = mediaTokens(modelOf(qwen), items('10x3000'), 'bf16');
    assert.deepEqual(narrow, { problem: { code: 'media-refused', kind: 'image', why: 'aspect-ratio' } });
  });
});

describe('values of a file that no processor would write', () => {
  const hostile = [0, -1, 1e300, 1e-300, null, 'x', [], {}, 3.7];
  const configs = [
    'internvl',
    'internvl_chat',
    'ovis2',
    'phi3_v',
    'minicpmv',
    'llama4',
    'mllama',
    'lfm2_vl',
    'gemma4',
    'kimi_k25',
    'qwen2_vl',
    'idefics3',
  ];

  it('give a finite answer in bounded time', () => {
    const keys = [
      'max_patches',
      'num_crops',
      'max_slice_nums',
      'max_soft_tokens',
      'patch_size',
      'max_pixels',
      'merge_size',
      'max_tiles',
      'scale_resolution',
    ];
    for (const type of configs)
      for (const value of hostile) {
        const file = toJson({ ...Object.fromEntries(keys.map((key) => [key, value])), crop_to_patches: true, size: value }) as JsonObject;
        const analysis = { ...modelOf({ model_type: 'llama' }), modelType: type, sidecars: { preprocessorConfig: file } };
        const found = mediaTokens(analysis, items('640x480'), 'bf16');
        if (!('problem' in found)) assert.ok(Number.isFinite(found.tokens), `${type} ${JSON.stringify(value)}: ${found.tokens}`);
      }
  }).timeout(5000);
});
