import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { analyzeText, type Finding } from '../../../src/engine/index';
import { analysisOf, bert, deepseek, gemma, llama, mamba2, mixtral, models, qwen3Next, whisper, type Config } from '../insights/models';

const errorsOf = (config: Config): readonly Finding[] => analysisOf(config).findings.filter(({ severity }) => severity === 'error');

/** The only error of a config. */
function errorOf(config: Config): readonly [code: string, path: string, values: Finding['values']] {
  const errors = errorsOf(config);
  assert.equal(errors.length, 1, JSON.stringify(errors));
  const [error] = errors;
  return [error!.code, error!.path.join('.'), error!.values];
}

describe('checks across keys', () => {
  it('have nothing against models as published', () => {
    for (const model of models) assert.deepEqual(errorsOf(model), []);
  });

  it('want a width that splits over the heads, where the reference refuses others', () => {
    assert.deepEqual(errorOf({ ...llama, num_attention_heads: 24, num_key_value_heads: 24, head_dim: 128 }), [
      'not-divisible',
      'num_attention_heads',
      { key: 'hidden_size', value: 4096, divisor: 'num_attention_heads', by: 24 },
    ]);
    assert.equal(errorOf({ ...bert, num_attention_heads: 7 })[0], 'not-divisible');
    assert.equal(errorOf({ ...whisper, encoder_attention_heads: 7 })[1], 'encoder_attention_heads');
    const vision = { ...(gemma['vision_config'] as object), num_attention_heads: 7 };
    assert.equal(errorOf({ ...gemma, vision_config: vision })[1], 'vision_config.num_attention_heads');
    // Heads of Qwen3 have a width of their own.
    assert.deepEqual(errorsOf({ ...llama, model_type: 'qwen3', head_dim: 128, num_attention_heads: 24 }), []);
  });

  it('want query heads that share key/value heads evenly', () => {
    assert.deepEqual(errorOf({ ...llama, num_key_value_heads: 6 }), [
      'not-divisible',
      'num_key_value_heads',
      { key: 'num_attention_heads', value: 32, divisor: 'num_key_value_heads', by: 6 },
    ]);
    assert.equal(errorOf({ ...llama, num_key_value_heads: 64 })[0], 'not-divisible');
    const text = { ...(gemma['text_config'] as object), num_key_value_heads: 3 };
    assert.equal(errorOf({ ...gemma, text_config: text })[1], 'text_config.num_key_value_heads');
  });

  it('want an even width where whole heads are rotated', () => {
    assert.deepEqual(errorOf({ ...llama, head_dim: 127 }), ['odd-rotary-width', 'head_dim', { width: 127 }]);
    // 4096 / 12 rounds down to 341.
    assert.equal(errorOf({ ...llama, model_type: 'mistral', num_attention_heads: 12, num_key_value_heads: 4 })[1], 'num_attention_heads');
    assert.deepEqual(errorsOf({ ...llama, head_dim: 127, partial_rotary_factor: 0.5 }), []);
  });

  it('want no more experts per token than there are, in groups of equal size', () => {
    assert.deepEqual(errorOf({ ...mixtral, num_experts_per_tok: 9 }), [
      'experts-per-token',
      'num_experts_per_tok',
      { used: 9, experts: 8 },
    ]);
    assert.deepEqual(errorOf({ ...deepseek, n_group: 6 }), [
      'not-divisible',
      'n_group',
      { key: 'n_routed_experts', value: 256, divisor: 'n_group', by: 6 },
    ]);
    // Without routed experts, their number says nothing.
    assert.deepEqual(errorsOf({ ...llama, num_experts_per_tok: 2, num_experts: 1 }), []);
  });

  it('want state-space heads that fill the inner width, in groups of equal size', () => {
    assert.deepEqual(errorOf({ ...mamba2, num_heads: 64 }), ['state-heads-width', 'num_heads', { heads: 64, width: 64, inner: 8192 }]);
    assert.equal(errorOf({ ...mamba2, n_groups: 6 })[1], 'n_groups');
    assert.equal(errorOf({ ...qwen3Next, linear_num_value_heads: 24 })[0], 'not-divisible');
  });

  it('want a padding token that the embedding has', () => {
    assert.deepEqual(errorOf({ ...llama, pad_token_id: 128256 }), [
      'padding-outside-vocabulary',
      'pad_token_id',
      { token: 128256, vocabulary: 128256 },
    ]);
    for (const token of [0, 128255, -1, null]) assert.deepEqual(errorsOf({ ...llama, pad_token_id: token }), []);
    assert.deepEqual(errorsOf({ ...models.find(({ model_type }) => model_type === 'gpt2'), pad_token_id: 50257 }), []);
  });

  it('want positions and windows that are numbers, though no figure depends on them', () => {
    const wrong = {
      rope_theta: 'x',
      sliding_window: 'x',
      rope_scaling: { rope_type: 'linear', factor: '4', original_max_position_embeddings: 0.5 },
    };
    const places = errorsOf({ ...llama, ...wrong }).map(({ code, path }) => `${code} ${path.join('.')}`);
    assert.deepEqual(places, [
      'unusable-value rope_theta',
      'unusable-value sliding_window',
      'unusable-value rope_scaling.factor',
      'unusable-value rope_scaling.original_max_position_embeddings',
    ]);
    assert.equal(errorOf({ ...llama, rope_scaling: 5 })[1], 'rope_scaling');
    assert.deepEqual(analysisOf({ ...llama, ...wrong }).parameters, analysisOf(llama).parameters);
  });

  it('tell of float32 weights, but not where they are quantized or only assumed', () => {
    const told = (config: Config) => analysisOf(config).findings.filter(({ code }) => code === 'dtype-float32');
    assert.deepEqual(told(bert), [
      { code: 'dtype-float32', severity: 'information', path: ['torch_dtype'], values: { bytes: analysisOf(bert).checkpoint.bytes } },
    ]);
    assert.deepEqual(told(llama), []);
    assert.deepEqual(told({ ...bert, torch_dtype: undefined }), []);
    const quantization_config = { quant_method: 'gptq', bits: 4, group_size: 128, desc_act: false, sym: true };
    assert.deepEqual(told({ ...llama, torch_dtype: 'float32', quantization_config }), []);
  });

  it('report no errors of types whose rules are not known', () => {
    assert.deepEqual(errorsOf({ ...llama, model_type: 'brand_new', architectures: ['BrandNewForCausalLM'], num_key_value_heads: 6 }), []);
  });

  it('have nothing against published configs', function () {
    const folder = join(import.meta.dirname, '..', '..', '..', '..', 'shared', 'truth', 'configs');
    if (!existsSync(folder)) {
      console.log('    skipped: ../shared/truth is not beside the project');
      this.skip();
    }
    let seen = 0;
    for (const name of readdirSync(folder).filter((each) => each.endsWith('.json') && !each.includes('hf_quant'))) {
      const { result } = analyzeText(readFileSync(join(folder, name), 'utf8'));
      if (result.kind !== 'model') continue;
      seen++;
      assert.deepEqual(
        result.findings.filter(({ severity }) => severity === 'error'),
        [],
        name,
      );
    }
    assert.ok(seen > 50);
  });
});
