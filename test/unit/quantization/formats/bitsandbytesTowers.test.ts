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

describe('modules that bitsandbytes is told to skip', () => {
  const llama = { model_type: 'llama', hidden_size: 256, intermediate_size: 512, num_hidden_layers: 2, vocab_size: 1000 };
  const keptBy = (skip: readonly string[], version: string, config: JsonObject = llama): number => {
    const block = { quant_method: 'bitsandbytes', load_in_8bit: true, llm_int8_skip_modules: skip };
    const analysis = analyze({ ...config, transformers_version: version, quantization_config: block }) as Analysis;
    return analysis.checkpoint.extras.keptByReason['kept-by-name'] ?? 0;
  };
  const head = 2 * 256 * 1000;
  const layer = 2 * (4 * 256 * 256 + 3 * 256 * 512);

  it('are found anywhere in a name up to version 4 of transformers', () => {
    assert.equal(keptBy(['lm_head', 'layers.0'], '4.57.1'), head + layer);
  });
  it('are found at the start or the end of a name from version 5 on', () => {
    assert.equal(keptBy(['lm_head', 'layers.0'], '5.23.0'), head);
    assert.equal(keptBy(['lm_head', 'model.layers.0'], '5.23.0'), head + layer);
    assert.equal(keptBy(['lm_head', 'q_proj', 'down_proj'], '5.23.0'), head + 2 * 2 * (256 * 256 + 256 * 512));
    assert.equal(keptBy(['lm_head', 'model.layers.*.mlp'], '5.23.0'), head + 2 * 2 * 3 * 256 * 512);
  });
  it('are no towers from version 5 on, whose names begin with the model', () => {
    const composite = {
      model_type: 'llava',
      text_config: llama,
      vision_config: {
        model_type: 'clip_vision_model',
        hidden_size: 64,
        intermediate_size: 128,
        num_hidden_layers: 2,
        num_attention_heads: 4,
        image_size: 28,
        patch_size: 14,
      },
    };
    const tower = 2 * 2 * (4 * 64 * 64 + 2 * 64 * 128) + 2 * 5 * 64; // and its table of positions
    const projector = 2 * (64 * 256 + 256 * 256);
    const skip = ['lm_head', 'vision_tower', 'multi_modal_projector'];
    assert.equal(keptBy(skip, '4.57.1', composite), head + tower + projector);
    assert.equal(keptBy(skip, '5.23.0', composite), head);
    assert.equal(keptBy(['lm_head', 'model.vision_tower'], '5.23.0', composite), head + tower);
  });
});
