import assert from 'node:assert/strict';
import { analyze, layoutAt, toJson, type Analysis, type JsonObject } from '../../../src/engine/index';
import { llama2Of13B, llama31Of8B, modelOf } from './models';

const namesOf = (analysis: Analysis): ReadonlySet<string> => new Set(layoutAt(analysis, 'checkpoint').entries.map(({ name }) => name));
const codes = ({ findings }: Analysis): string[] => findings.map(({ code }) => code);
const linearsOf8B = 32 * (2 * 4096 * 4096 + 2 * 4096 * 1024 + 3 * 4096 * 14336);
const compressed = (weights: object | null, more: object = {}) => ({
  quant_method: 'compressed-tensors',
  ignore: ['lm_head'],
  config_groups: weights === null ? {} : { group_0: { targets: ['Linear'], weights, input_activations: null } },
  ...more,
});

describe('published forms of quantization settings', () => {
  it('GPTQ repacked for Marlin: tiles and scales, nothing else', () => {
    for (const more of [{ is_marlin_format: true }, { checkpoint_format: 'marlin' }]) {
      const model = modelOf(llama2Of13B, { quant_method: 'gptq', bits: 4, group_size: 128, desc_act: false, sym: true, ...more });
      const linears = 40 * (4 * 5120 * 5120 + 3 * 5120 * 13824);
      assert.equal(model.checkpoint.scheme, 'gptq-int4-g128-marlin');
      assert.equal(model.checkpoint.bytes - model.checkpoint.extras.keptBytes, linears / 2 + (2 * linears) / 128);
      assert.equal(model.checkpoint.basis.kind, 'rule');
      assert.ok(namesOf(model).has('model.layers.{n}.mlp.up_proj.B'));
    }
  });

  it('AWQ of GPTQModel, which calls the packing a format', () => {
    const awq = (more: object) => modelOf(llama2Of13B, { quant_method: 'awq', bits: 4, group_size: 128, ...more }).checkpoint;
    assert.deepEqual(awq({ checkpoint_format: 'gemm' }), awq({ version: 'GEMM' }));
    assert.equal(awq({ format: 'gemv' }).scheme, 'awq-int4-g128-gemv');
  });

  it('sparse groups: two of four values and their places', () => {
    const sparsity_config = { format: 'sparse-24-bitmask', sparsity_structure: '2:4' };
    const fp8 = { num_bits: 8, type: 'float', strategy: 'channel', symmetric: true };
    const bytes = (weights: object | null) => {
      const { checkpoint } = modelOf(llama31Of8B, compressed(weights, { format: 'float-quantized', sparsity_config }));
      return [checkpoint.scheme, checkpoint.bytes - checkpoint.extras.keptBytes] as const;
    };
    const shapes = 7 * 32 * 16;
    assert.deepEqual(bytes(null), ['sparse24', linearsOf8B + linearsOf8B / 8 + shapes]);
    const scales = 2 * 32 * (2 * 4096 + 2 * 1024 + 2 * 14336 + 4096);
    assert.deepEqual(bytes(fp8), ['sparse24-fp8', linearsOf8B / 2 + linearsOf8B / 8 + shapes + scales]);
    const int4 = { num_bits: 4, type: 'int', strategy: 'group', group_size: 128, symmetric: true };
    const marlin = modelOf(llama31Of8B, compressed(int4, { format: 'marlin-24' })).checkpoint;
    assert.equal(marlin.bytes - marlin.extras.keptBytes, linearsOf8B / 4 + (2 * linearsOf8B) / 128 + linearsOf8B / 8);
  });

  it('groups for a class that is no Linear are not applied, and it says so', () => {
    const weights = { num_bits: 8, type: 'float', strategy: 'tensor' };
    const groups = { group_0: { targets: ['Linear'], weights }, group_1: { targets: ['LlamaAttention'], weights } };
    const model = modelOf(llama31Of8B, { quant_method: 'compressed-tensors', ignore: ['lm_head'], config_groups: groups });
    assert.equal(model.checkpoint.scheme, 'fp8-tensor');
    assert.ok(model.findings.some(({ code, values }) => code === 'quantization-pattern' && values['pattern'] === 'LlamaAttention'));
    assert.equal(model.checkpoint.basis.kind, 'approximate');
  });

  it('MXFP8 groups have exponents for scales', () => {
    const weights = { num_bits: 8, type: 'float', strategy: 'group', group_size: 32, scale_dtype: 'torch.uint8' };
    const { checkpoint } = modelOf(llama31Of8B, compressed(weights, { format: 'mxfp8-quantized' }));
    assert.equal(checkpoint.bytes - checkpoint.extras.keptBytes, linearsOf8B + linearsOf8B / 32);
  });

  it('scales of a quantized cache stand where their writers put them', () => {
    const fp8 = { num_bits: 8, type: 'float', strategy: 'tensor' };
    const llmCompressor = namesOf(modelOf(llama31Of8B, compressed(fp8, { kv_cache_scheme: { num_bits: 8, type: 'float' } })));
    assert.ok(llmCompressor.has('model.layers.{n}.self_attn.k_scale') && llmCompressor.has('model.layers.{n}.self_attn.v_scale'));
    const modelOpt = namesOf(modelOf(llama31Of8B, { quant_algo: 'FP8', kv_cache_quant_algo: 'FP8', exclude_modules: ['lm_head'] }));
    assert.ok(modelOpt.has('model.layers.{n}.self_attn.k_proj.k_scale') && modelOpt.has('model.layers.{n}.self_attn.v_proj.v_scale'));
  });

  it('ModelOpt may convert named modules of an FP8 checkpoint and leave the rest as it was', () => {
    const { checkpoint } = modelOf(llama31Of8B, {
      ...{ quant_method: 'fp8', weight_block_size: [128, 128], quant_algo: 'MIXED_PRECISION', ignore: ['*.self_attn.*'] },
      quantized_layers: Object.fromEntries(
        Array.from({ length: 32 }, (_, layer) => [`model.layers.${layer}.mlp`, { quant_algo: 'NVFP4', group_size: 16 }]),
      ),
    });
    assert.equal(checkpoint.scheme, 'nvfp4+fp8-block128');
    assert.equal(checkpoint.extras.parametersByScheme['nvfp4'], 32 * 3 * 4096 * 14336);
  });
});

describe('layers that predict further tokens in quantized files', () => {
  const glm = { model_type: 'glm4_moe', architectures: ['Glm4MoeForCausalLM'], torch_dtype: 'bfloat16', head_dim: 128 };
  const analyzed = (quantization_config: object): Analysis => {
    const result = analyze(toJson({ ...glm, quantization_config }) as JsonObject);
    assert.ok(result.kind === 'model');
    return result;
  };
  const counted = (block: object): boolean => {
    const model = analyzed(block);
    const found = model.findings.find(({ code }) => code === 'layers-not-loaded');
    assert.equal(found?.values['counted'], model.checkpoint.extras.unloadedBytes > 0);
    assert.ok(model.checkpoint.basis.reasons.includes('unloaded-layers'));
    return found?.values['counted'] === true;
  };
  const weights = { num_bits: 8, type: 'float', strategy: 'channel' };

  it('are there where the publisher converts tensor by tensor, and not where a writer loads the model first', () => {
    assert.ok(counted({ quant_method: 'fp8', weight_block_size: [128, 128] }));
    assert.ok(!counted({ quant_method: 'bitsandbytes', load_in_4bit: true }));
    assert.ok(!counted({ quant_method: 'awq', bits: 4, group_size: 128 }));
    assert.ok(!counted(compressed(weights)));
    assert.ok(!codes(analyzed({ quant_method: 'awq', bits: 4, group_size: 128 })).includes('quantization-incomplete'));
  });

  it('are there where the block names one of their modules, whatever the writer', () => {
    for (const name of ['model.layers.46.eh_proj', 're:.*layers\\.46\\..*', 'model.layers.46*'])
      assert.ok(counted(compressed(weights, { ignore: ['lm_head', name] })), name);
    for (const name of ['model.layers.4.mlp', 'model.layers.460.mlp', 're:.*mlp.gate$'])
      assert.ok(!counted(compressed(weights, { ignore: ['lm_head', name] })), name);
  });

  it('have no scales of a cache, which nothing measured', () => {
    const qwen = {
      ...{ model_type: 'qwen3_5_moe', architectures: ['Qwen3_5MoeForConditionalGeneration'] },
      text_config: { model_type: 'qwen3_5_moe_text', dtype: 'bfloat16', mtp_num_hidden_layers: 1 },
      quantization_config: { quant_algo: 'NVFP4', kv_cache_quant_algo: 'FP8', exclude_modules: ['lm_head', 'mtp*'] },
    };
    const result = analyze(toJson(qwen) as JsonObject);
    assert.ok(result.kind === 'model');
    const { unloadedBytes, unloadedParameters } = result.checkpoint.extras;
    assert.equal(unloadedBytes, 2 * unloadedParameters);
  });

  it('are quantized as the block says: the ignored ones stay', () => {
    const ignore = ['lm_head', 'model.layers.46.eh_proj', 'model.layers.46.shared_head.head'];
    const all = analyzed(compressed(weights, { ignore })).checkpoint.extras;
    const none = analyzed(compressed(weights, { ignore: [...ignore, String.raw`re:model\.layers\.46\.`] })).checkpoint.extras;
    assert.ok(all.unloadedBytes < 0.7 * none.unloadedBytes);
    // The router's correction stays at float32.
    assert.equal(none.unloadedBytes, 2 * none.unloadedParameters + 4 * 128);
  });
});
