import assert from 'node:assert/strict';
import { analyze, toJson, type JsonObject } from '../../../src/engine/index';

const kind = (value: object): string => analyze(toJson(value) as JsonObject).kind;

describe('telling a model config from other JSON', () => {
  for (const [name, value] of Object.entries({
    'an empty object': {},
    'a package.json': { name: 'x', version: '1.0.0', dependencies: {} },
    'another tool that uses the word model_type': { model_type: 'regression', n_estimators: 100 },
    'a tokenizer config': { tokenizer_class: 'LlamaTokenizer', model_max_length: 4096 },
    'a processor config': { processor_class: 'LlavaProcessor', image_processor_type: 'CLIPImageProcessor' },
    'a diffusers component': { _class_name: 'UNet2DConditionModel', sample_size: 64 },
    'a LoRA adapter': { peft_type: 'LORA', r: 8, base_model_name_or_path: 'meta-llama/Llama-2-7b-hf' },
    'a generation config': { bos_token_id: 1, max_length: 4096, transformers_version: '4.40.0' },
    'architectures of buildings': { architectures: 'gothic' },
  }))
    it(`leaves ${name} alone`, () => assert.equal(kind(value), 'other'));

  it('knows a config by its model type', () => assert.equal(kind({ model_type: 'llama' }), 'model'));
  it('infers a missing model type from the class name', () => {
    const result = analyze(toJson({ architectures: ['LlamaForCausalLM'], hidden_size: 64 }) as JsonObject);
    assert.equal(result.kind === 'model' && result.modelType, 'llama');
  });
  it('counts the bare model when architectures names it', () => {
    const result = analyze(toJson({ model_type: 'llama', architectures: ['LlamaModel'] }) as JsonObject);
    assert.equal(result.kind === 'model' && result.parameters.total, 6607343616);
  });
  it('says which class it counted instead of one that it does not know', () => {
    const result = analyze(toJson({ model_type: 'llama', architectures: ['LlamaForWeather'] }) as JsonObject);
    assert.equal(result.findings.find(({ code }) => code === 'unknown-architecture')?.values['assumed'], 'ForCausalLM');
  });
});
