import assert from 'node:assert/strict';
import { expectedTensors } from '../../../../src/engine/index';
import type { CheckpointHints } from '../../../../src/engine/quantization/checkpoint';
import { llama31Of8B, modelOf } from '../models';

const block = (quant_algo: string, more: object = {}) => ({ quant_method: 'modelopt', quant_algo, ignore: ['lm_head'], ...more });
const checkpointOf = (quantization: object) => modelOf(llama31Of8B, quantization).checkpoint;

describe('the cache of ModelOpt files', () => {
  const beside = (more: object) => {
    const tensors = [...expectedTensors(modelOf(llama31Of8B, block('NVFP4', more)))];
    return tensors
      .filter(({ name }) => /^model\.layers\.7\.self_attn\.\w+\.[kv]_/.test(name))
      .map(({ name, dtype, shape }) => `${name.slice('model.layers.7.self_attn.'.length)} ${dtype} ${shape.join('×')}`.trimEnd());
  };
  const scales = ['k_proj.k_scale F32', 'v_proj.v_scale F32'];

  it('has a scalar for keys and one for values in FP8 and in NVFP4, however the block says so', () => {
    for (const more of [
      { kv_cache_quant_algo: 'FP8' },
      { kv_cache_quant_algo: 'NVFP4' },
      { kv_cache_scheme: 'NVFP4' },
      { kv_cache_scheme: { dynamic: false, num_bits: 8, type: 'float' } },
    ])
      assert.deepEqual(beside(more), scales, JSON.stringify(more));
  });
  it('has a bias for each output where it is affine', () => {
    const more = { kv_cache_quant_algo: 'NVFP4_AFFINE' };
    assert.deepEqual(beside(more), [scales[0], 'k_proj.k_bias BF16 1×8×1×128', scales[1], 'v_proj.v_bias BF16 1×8×1×128']);
    assert.equal(checkpointOf(block('NVFP4', more)).basis.kind, 'rule');
  });
  it('has nothing where it is not quantized, or in a way that the export does not know', () => {
    for (const more of [{}, { kv_cache_quant_algo: null }, { kv_cache_quant_algo: 'INT8' }]) assert.deepEqual(beside(more), []);
  });
});

describe('factors of ModelOpt for the inputs of layers', () => {
  const factorsOf = (config: object, algorithm: string, hints: CheckpointHints = {}): string[] => {
    const names = [...expectedTensors(modelOf({ ...small, ...config }, block(algorithm)), hints)].map(({ name }) => name);
    const found = names.flatMap((name) => /layers\.1\.(.*)\.pre_quant_scale$/.exec(name)?.[1] ?? []);
    return found.map((name) => name.split('.').at(-1) ?? '').sort();
  };
  const small = {
    ...llama31Of8B,
    num_hidden_layers: 2,
    hidden_size: 256,
    intermediate_size: 512,
    num_attention_heads: 4,
    num_key_value_heads: 2,
  };
  const all = ['down_proj', 'gate_proj', 'k_proj', 'o_proj', 'q_proj', 'up_proj', 'v_proj'];

  it('go into the norm before where several layers read it, as ModelOpt 0.47 saves INT4 AWQ', () => {
    assert.deepEqual(factorsOf({}, 'W4A16_AWQ'), ['down_proj', 'o_proj']);
    assert.deepEqual(factorsOf({ model_type: 'gemma2', head_dim: 64 }, 'W4A16_AWQ'), ['down_proj', 'o_proj']);
    // No norm before, one for both parts, layers that read a norm alone.
    assert.deepEqual(factorsOf({ model_type: 'olmo2' }, 'W4A16_AWQ'), all);
    assert.deepEqual(factorsOf({ model_type: 'phi' }, 'W4A16_AWQ'), ['dense', 'fc2']);
    assert.deepEqual(factorsOf({ model_type: 'phi3' }, 'W4A16_AWQ'), ['down_proj', 'gate_up_proj', 'o_proj', 'qkv_proj']);
    const experts = { model_type: 'qwen3_moe', num_experts: 2, moe_intermediate_size: 128, head_dim: 64 };
    const ofExperts = ['down_proj', 'gate_proj', 'up_proj'];
    assert.deepEqual(factorsOf(experts, 'W4A16_AWQ'), [...ofExperts, ...ofExperts, 'o_proj'].sort());
  });
  it('all stay in SmoothQuant, and are gone where weights were only rounded', () => {
    assert.deepEqual(factorsOf({}, 'W8A8_SQ_PER_CHANNEL'), all);
    for (const algorithm of ['W8A8_SQ_PER_CHANNEL', 'W4A16_AWQ'])
      assert.deepEqual(factorsOf({}, algorithm, { writer: 'modelopt-rounded' }), [], algorithm);
  });
  it('go into layers before as well in NVFP4, in some classes and where heads are not shared', () => {
    assert.deepEqual(factorsOf({}, 'NVFP4_AWQ'), ['o_proj']);
    assert.deepEqual(factorsOf({ num_key_value_heads: 4 }, 'NVFP4_AWQ'), []);
    assert.deepEqual(factorsOf({ model_type: 'mistral' }, 'NVFP4_AWQ'), ['down_proj', 'o_proj']);
  });
  it('are by rule, and exact without', () => {
    const [awq, plain] = [checkpointOf(block('NVFP4_AWQ')), checkpointOf(block('NVFP4'))];
    assert.deepEqual([awq.scheme, awq.basis], ['nvfp4-awq', { kind: 'rule', reasons: ['factors-folded'] }]);
    assert.equal(awq.bytes - plain.bytes, 32 * 2 * 4096);
    assert.equal(plain.basis.kind, 'exact');
  });
});

describe('blocks of ModelOpt', () => {
  it('may stand in the config as in the file beside it', () => {
    const inner = { quant_algo: 'NVFP4', group_size: 16, exclude_modules: ['lm_head'] };
    const { checkpoint } = modelOf(llama31Of8B, { producer: { name: 'modelopt' }, quantization: inner });
    assert.deepEqual(checkpoint, checkpointOf(block('NVFP4')));
  });
  it('leave classes derived from Linear alone', () => {
    const falcon = { model_type: 'falcon', vocab_size: 512, hidden_size: 256, num_hidden_layers: 2, num_attention_heads: 4 };
    assert.equal(modelOf(falcon, block('W4A16_AWQ')).checkpoint.extras.quantizedParameters, 0);
  });
  it('of Nemotron-H come from an export that takes layers for further tokens over as they are', () => {
    const config = {
      ...{ model_type: 'nemotron_h', architectures: ['NemotronHForCausalLM'], torch_dtype: 'bfloat16', vocab_size: 512, hidden_size: 64 },
      ...{ intermediate_size: 128, num_attention_heads: 4, num_key_value_heads: 2, head_dim: 16, hybrid_override_pattern: '*-' },
      ...{ num_nextn_predict_layers: 1, mtp_hybrid_override_pattern: '*-' },
    };
    const tensors = [...expectedTensors(modelOf(config, block('FP8')))];
    const dtypeOf = (name: string): string | undefined => tensors.find((each) => each.name === name)?.dtype;
    assert.equal(dtypeOf('backbone.layers.0.mixer.q_proj.weight'), 'F8_E4M3');
    assert.equal(dtypeOf('mtp.layers.0.mixer.q_proj.weight'), 'BF16');
    assert.equal(dtypeOf('mtp.layers.1.final_layernorm.weight'), 'BF16');
  });
});
