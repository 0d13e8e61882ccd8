import assert from 'node:assert/strict';
import { analyze, type Analysis, type JsonObject } from '../../../../src/engine/index';

describe('bitsandbytes in a composite', () => {
  const block = { quant_method: 'bitsandbytes', load_in_4bit: true, bnb_4bit_quant_type: 'nf4' };
  const text = { model_type: 'gemma3_text', hidden_size: 256, intermediate_size: 512, num_hidden_layers: 2, vocab_size: 1000 };
  const composite = (text_config: JsonObject, more: JsonObject = {}): JsonObject => ({
    model_type: 'gemma3',
    architectures: ['Gemma3ForConditionalGeneration'],
    text_config,
    vision_config: {
      hidden_size: 64,
      intermediate_size: 128,
      num_hidden_layers: 1,
      num_attention_heads: 2,
      image_size: 56,
      patch_size: 14,
    },
    ...more,
  });
  const kept = (config: JsonObject) => (analyze(config) as Analysis).checkpoint.extras.keptByReason;

  it('says nothing of towers from the section of the text model', () => {
    assert.ok((kept(composite({ ...text, quantization_config: block })).tower ?? 0) > 0);
    assert.ok((kept(composite({ ...text, quantization_config: { ...block, llm_int8_skip_modules: ['lm_head'] } })).tower ?? 0) > 0);
  });
  it('converts them from the top', () => {
    assert.equal(kept(composite(text, { quantization_config: block })).tower, undefined);
  });
});
