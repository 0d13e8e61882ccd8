import assert from 'node:assert/strict';
import { expectedTensors } from '../../../../src/engine/index';
import { modelOf } from '../models';

/**
 * What writers saved of a model of these sides, run on a CPU with random weights: names, types and shapes of one layer's `down_proj`
 * (256 outputs, 768 inputs), and of the head where it is quantized.
 */
const tiny = {
  model_type: 'llama',
  architectures: ['LlamaForCausalLM'],
  vocab_size: 512,
  hidden_size: 256,
  intermediate_size: 768,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  head_dim: 64,
  tie_word_embeddings: false,
  dtype: 'bfloat16',
};

type Tensor = readonly [dtype: string, ...shape: number[]];

function stored(block: object, module = 'model.layers.0.mlp.down_proj', config: object = tiny): Record<string, Tensor> {
  const found = [...expectedTensors(modelOf(config, block))].filter(({ name }) => name.startsWith(`${module}.`));
  return Object.fromEntries(found.map(({ name, dtype, shape }): [string, Tensor] => [name.slice(module.length + 1), [dtype, ...shape]]));
}

describe('files of amd-quark 0.13', () => {
  const perTensor = { dtype: 'fp8_e4m3', qscheme: 'per_tensor', is_dynamic: false, scale_type: 'float' };
  const int8 = { ...perTensor, dtype: 'int8' };
  const int4 = { dtype: 'int4', qscheme: 'per_channel', ch_axis: 0, is_dynamic: false, scale_type: 'float' };
  const fp4 = { dtype: 'fp4', qscheme: 'per_group', group_size: 16, scale_format: 'float32', scale_type: 'float32' };
  const over = { ...perTensor, scale_type: 'float32', is_scale_quant: true };
  const block = (weight: unknown, input_tensors: unknown = null, exclude: readonly string[] = ['lm_head']) => ({
    quant_method: 'quark',
    version: '0.13',
    exclude,
    global_quant_config: { weight, input_tensors },
    layer_quant_config: {},
    layer_type_quant_config: {},
  });

  it('scale FP8 at the type of the model, or at the one that is named', () => {
    const files = (dtype: string): object => ({ weight: ['F8_E4M3', 256, 768], weight_scale: [dtype], input_scale: [dtype] });
    assert.deepEqual(stored(block(perTensor, perTensor)), files('BF16'));
    const named = { ...perTensor, scale_type: 'float32' };
    assert.deepEqual(stored(block(named, named)), files('F32'));
  });
  it('hold scales per output in a vector', () => {
    const files = { weight: ['F8_E4M3', 256, 768], weight_scale: ['BF16', 256] };
    assert.deepEqual(stored(block({ ...perTensor, qscheme: 'per_channel' }, { ...perTensor, is_dynamic: true })), files);
  });
  it('scale bytes of integers at F32, with zero points', () => {
    assert.deepEqual(stored(block(int8, int8)), {
      weight: ['I8', 256, 768],
      weight_scale: ['F32'],
      weight_zero_point: ['I8'],
      input_scale: ['F32'],
      input_zero_point: ['I8'],
    });
  });
  it('pack integers of 4 bits along the inputs by row, along the outputs by group', () => {
    const byRow = { weight: ['I32', 256, 96], weight_scale: ['BF16', 256], weight_zero_point: ['I32', 32] };
    assert.deepEqual(stored(block(int4)), byRow);
    const byGroup = { weight: ['I32', 768, 32], weight_scale: ['BF16', 6, 256], weight_zero_point: ['I32', 6, 32] };
    assert.deepEqual(stored(block({ ...int4, qscheme: 'per_group', group_size: 128 })), byGroup);
    assert.deepEqual(
      stored(
        block([
          { ...perTensor, scale_type: 'float32' },
          { ...int4, scale_type: 'float32' },
        ]),
      ),
      {
        weight: ['I32', 256, 96],
        weight_scale: ['F32'],
        weight_scale_2: ['F32', 256],
        weight_zero_point_2: ['I32', 32],
      },
    );
  });
  it('scale the scales of NVFP4, and those of AMDFP4 where it says so', () => {
    const files = (dtype: string): object => ({ weight: ['U8', 256, 384], weight_scale: [dtype, 256, 48] });
    const scalars = { weight_scale_2: ['F32'], input_scale_2: ['F32'] };
    const dynamic = { ...fp4, is_dynamic: true };
    assert.deepEqual(stored(block([fp4, over], [dynamic, over])), { ...files('F8_E4M3'), ...scalars });
    const e5m3 = { ...over, dtype: 'fp8_e5m3' };
    assert.deepEqual(stored(block([fp4, e5m3], [dynamic, e5m3])), { ...files('U8'), ...scalars });
    assert.deepEqual(stored(block({ ...fp4, scale_format: 'e5m3', scale_type: 'float8_e5m3' })), files('U8'));
  });
  it('quantize a head that the list leaves out', () => {
    const weight = { ...int4, qscheme: 'per_group', group_size: 128 };
    assert.deepEqual(stored(block(weight), 'lm_head'), { weight: ['BF16', 512, 256] });
    const files = { weight: ['I32', 256, 64], weight_scale: ['BF16', 2, 512], weight_zero_point: ['I32', 2, 64] };
    assert.deepEqual(stored(block(weight, null, []), 'lm_head'), files);
  });
});

describe('files of torchao 0.18, saved by transformers 5.23', () => {
  const typed = (_type: string, _data: object, more: object = {}) => ({
    quant_method: 'torchao',
    quant_type: { default: { _type, _version: 2, _data } },
    modules_to_not_convert: null,
    ...more,
  });
  const int4 = { _type: 'torch.dtype', _data: 'int4' };
  const perGroup = { _type: 'PerGroup', _version: 1, _data: { group_size: 32 } };
  const files = (groups: number): object => ({
    _weight_qdata: ['I8', 256, 768],
    _weight_scale: ['BF16', 256, groups],
    _weight_zero_point: ['I8', 256, groups],
  });

  it('hold integers of any width in a byte each', () => {
    assert.deepEqual(stored(typed('IntxWeightOnlyConfig', { weight_dtype: int4, granularity: perGroup })), files(24));
    const perAxis = { _type: 'PerAxis', _version: 1, _data: { axis: 0 } };
    assert.deepEqual(stored(typed('IntxWeightOnlyConfig', { granularity: perAxis })), files(1));
    const activations = { weight_dtype: int4, weight_granularity: perGroup, weight_scale_dtype: null };
    assert.deepEqual(stored(typed('Int8DynamicActivationIntxWeightConfig', activations)), files(24));
  });
  it('are not known where integers are packed for a device', () => {
    const packing = { _type: 'IntxPackingFormat', _data: 'OPAQUE_TORCHAO_AUTO' };
    const model = modelOf(tiny, typed('IntxWeightOnlyConfig', { intx_packing_format: packing }));
    assert.equal(model.checkpoint.basis.kind, 'approximate');
  });
  it('quantize the head where a list names other modules', () => {
    const block = (modules_to_not_convert: unknown) => typed('Int8WeightOnlyConfig', {}, { modules_to_not_convert });
    assert.deepEqual(stored(block(null), 'lm_head'), { weight: ['BF16', 512, 256] });
    const files = { _weight_qdata: ['I8', 512, 256], _weight_scale: ['F32', 512, 1], _weight_zero_point: ['I8', 512, 1] };
    assert.deepEqual(stored(block(['model.layers.0']), 'lm_head'), files);
  });
  it('leave experts alone, which are one parameter', () => {
    const mixture = { ...tiny, model_type: 'mixtral', architectures: ['MixtralForCausalLM'], num_local_experts: 4, num_experts_per_tok: 2 };
    const quantized = (transformers_version: string): number =>
      modelOf({ ...mixture, transformers_version }, typed('Float8WeightOnlyConfig', {})).checkpoint.extras.quantizedParameters;
    assert.equal(quantized('4.57.6') - quantized('5.23.0'), 2 * 4 * 3 * 256 * 768);
  });
});

describe('files of hqq 0.2.8', () => {
  const block = (params: object) => ({
    quant_method: 'hqq',
    quant_config: { weight_quant_params: params, scale_quant_params: null, zero_quant_params: null },
    skip_modules: ['lm_head'],
  });
  const parts = (params: object): readonly (Tensor | undefined)[] => {
    const { W_q, scale, zero, nbits } = stored(block(params));
    return [W_q, scale, zero, nbits];
  };

  it('lie along either axis', () => {
    const one = ['I32'];
    assert.deepEqual(parts({ nbits: 4, group_size: 64, axis: 1 }), [['U8', 1536, 64], ['BF16', 3072, 1], ['BF16', 3072, 1], one]);
    assert.deepEqual(parts({ nbits: 4, group_size: 64, axis: 0 }), [['U8', 32, 3072], ['BF16', 1, 3072], ['BF16', 1, 3072], one]);
    assert.deepEqual(parts({ nbits: 3, group_size: 64, axis: 0 })[0], ['I32', 7, 3072]);
  });
  it('have a group per row without a size, and a width that is no whole number', () => {
    assert.deepEqual(parts({ nbits: 4, group_size: null, axis: 1 })[0], ['U8', 128, 768]);
    assert.deepEqual(parts({ nbits: 1.58, group_size: 64, axis: 1 })[3], ['F32']);
  });
});

describe('files of compressed-tensors 0.20', () => {
  it('hold MXFP6 four values to three bytes', () => {
    const weights = { type: 'float', num_bits: 6, strategy: 'group', group_size: 32, symmetric: true, scale_dtype: 'torch.uint8' };
    const block = {
      quant_method: 'compressed-tensors',
      format: 'mxfp6-pack-quantized',
      ignore: ['lm_head'],
      config_groups: { group_0: { targets: ['Linear'], format: 'mxfp6-pack-quantized', weights, input_activations: null } },
    };
    assert.deepEqual(stored(block), { weight_packed: ['U8', 256, 576], weight_scale: ['U8', 256, 24] });
  });
});

describe('files of NVIDIA ModelOpt 0.47', () => {
  it('scale FP8 per output at F32, in a vector, and MXFP8 by exponents', () => {
    const block = (quant_algo: string) => ({ quant_method: 'modelopt', quant_algo, ignore: ['lm_head'] });
    assert.deepEqual(stored(block('FP8_PER_CHANNEL_PER_TOKEN')), { weight: ['F8_E4M3', 256, 768], weight_scale: ['F32', 256] });
    assert.deepEqual(stored(block('MXFP8')), { weight: ['F8_E4M3', 256, 768], weight_scale: ['U8', 256, 24] });
  });
});
