import assert from 'node:assert/strict';
import { expectedTensors, type Writer } from '../../../../src/engine/index';
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
  it('keep experts that stand in one parameter, where the model was not prepared', () => {
    const mixture = { ...tiny, model_type: 'mixtral', architectures: ['MixtralForCausalLM'], num_local_experts: 4, num_experts_per_tok: 2 };
    const bytes = (writer: Writer): number => {
      const model = modelOf(mixture, block(perTensor));
      return [...expectedTensors(model, { writer })].reduce((sum, tensor) => sum + tensor.bytes, 0);
    };
    const experts = 2 * 4 * 3;
    assert.equal(bytes('transformers-5') - bytes('transformers-4'), experts * (256 * 768 - 2));
    assert.equal(modelOf(mixture, block(perTensor)).checkpoint.bytes, bytes('transformers-4'));
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
  const recent = { ...tiny, transformers_version: '5.23.0' };
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
  it('pad rows and columns of tiles of four bits', () => {
    const packing = { _type: 'Int4PackingFormat', _data: 'TILE_PACKED_TO_4D' };
    assert.deepEqual(stored(typed('Int4WeightOnlyConfig', { group_size: 64, int4_packing_format: packing })), {
      _weight_qdata: ['I32', 32, 8, 32, 4],
      _weight_scale_and_zero: ['BF16', 16, 256, 2],
    });
  });
  it('match a list against names of parameters', () => {
    const kept = (...modules_to_not_convert: string[]): boolean =>
      'weight' in stored(typed('Int8WeightOnlyConfig', {}, { modules_to_not_convert }), 'model.layers.0.mlp.up_proj', recent);
    for (const name of ['model.layers.0', 'model\\.layers\\.\\d+\\.mlp', 'up_proj.weight']) assert.ok(kept(name), name);
    for (const name of ['mlp', 'up_proj', 'layers.0', 'model.layers.1']) assert.ok(!kept(name), name);
  });
  it('quantize the head where it is included, and embeddings where a configuration by name has a default', () => {
    const bytes = { _type: 'Int8WeightOnlyConfig', _version: 2, _data: {} };
    const perAxis = { _type: 'IntxWeightOnlyConfig', _version: 2, _data: { granularity: { _type: 'PerAxis', _data: { axis: 0 } } } };
    const parts = (type: string, data: object, more: object, ...modules: string[]): string[] =>
      modules.map((module) =>
        Object.keys(stored(typed(type, data, more), module, recent))
          .sort()
          .join(' '),
      );
    const included = { include_input_output_embeddings: true };
    const packed = '_weight_qdata _weight_scale _weight_zero_point';
    const both = ['lm_head', 'model.embed_tokens'];
    assert.deepEqual(parts('Int8WeightOnlyConfig', {}, included, ...both), [packed, 'weight']);
    const byName = (fqn_to_config: object, more: object = {}): string[] => parts('FqnToConfig', { fqn_to_config }, more, ...both);
    assert.deepEqual(byName({ _default: perAxis }, included), [packed, packed]);
    assert.deepEqual(byName({ _default: bytes, 'model.embed_tokens': perAxis, lm_head: perAxis }), ['weight', packed]);
    const expression = { 're:model\\.layers\\.0': perAxis, _default: bytes };
    const [, scale] = Object.values(stored(typed('FqnToConfig', { fqn_to_config: expression }), undefined, recent));
    assert.deepEqual(scale, ['F32', 256, 1], 'an expression fits a whole name');
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

  const group = (weights: object, input_activations: object | null, format: string) => ({
    quant_method: 'compressed-tensors',
    format,
    ignore: ['lm_head'],
    config_groups: { group_0: { targets: ['Linear'], weights: { type: 'int', symmetric: true, ...weights }, input_activations } },
  });

  it('have one scale where there is one for all', () => {
    const whole = { num_bits: 4, strategy: 'tensor', group_size: null };
    const packed = { weight_packed: ['I32', 256, 96], weight_scale: ['BF16', 1], weight_shape: ['I64', 2] };
    assert.deepEqual(stored(group(whole, null, 'pack-quantized')), packed);
    assert.equal(modelOf(tiny, group(whole, null, 'pack-quantized')).checkpoint.scheme, 'w4a16-tensor');
    assert.deepEqual(stored(group({ num_bits: 4, group_size: -1 }, null, 'pack-quantized'))['weight_scale'], ['BF16', 256, 1]);
  });
  it('are named by what goes in: integers of any width, or floats', () => {
    const name = (num_bits: number, activations: object | null, format = 'int-quantized'): string =>
      modelOf(tiny, group({ num_bits, strategy: 'group', group_size: 128 }, activations, format)).checkpoint.scheme;
    const dynamic = { dynamic: true, strategy: 'token', symmetric: true };
    assert.equal(name(4, { ...dynamic, type: 'float', num_bits: 8 }), 'w4a8-fp8-int8-g128');
    assert.equal(name(4, { ...dynamic, type: 'float', num_bits: 8 }, 'pack-quantized'), 'w4a8-fp8-g128');
    assert.equal(name(4, { ...dynamic, type: 'int', num_bits: 8 }), 'w4a8-int8-g128');
    assert.equal(name(2, { ...dynamic, type: 'int', num_bits: 4 }), 'w2a4-int8-g128');
    assert.equal(name(4, null), 'w4a16-int8-g128');
  });
  it('hold a head of its own where it is tied and quantized', () => {
    const tied = { ...tiny, model_type: 'qwen2', architectures: ['Qwen2ForCausalLM'], tie_word_embeddings: true };
    const block = (ignore: readonly string[]) => ({
      ...group({ num_bits: 4, strategy: 'group', group_size: 128 }, null, 'pack-quantized'),
      ignore,
    });
    const files = { weight_packed: ['I32', 512, 32], weight_scale: ['BF16', 512, 2], weight_shape: ['I64', 2] };
    assert.deepEqual(stored(block([]), 'lm_head', tied), files);
    assert.deepEqual(stored(block(['lm_head']), 'lm_head', tied), {});
    const [all, without] = [block([]), block(['lm_head'])].map((each) => modelOf(tied, each).checkpoint);
    assert.equal((all?.bytes ?? 0) - (without?.bytes ?? 0), 512 * 128 + 512 * 2 * 2 + 16);
    assert.equal(all?.parameters, without?.parameters);
  });
});

describe('files of GPTQModel 7.7 by QQQ', () => {
  it('hold words in tiles, and scales per output and per group', () => {
    const block = (group_size: number) => ({ quant_method: 'qqq', bits: 4, group_size, desc_act: false });
    const words = { B: ['I32', 48, 512], s_channel: ['F32', 1, 256] };
    assert.deepEqual(stored(block(128)), { ...words, s_group: ['F16', 6, 256] });
    assert.deepEqual(stored(block(-1)), { ...words, s_group: ['F16', 0] });
  });
});

describe('files of optimum-quanto 0.2.7', () => {
  const outside = { input_scale: ['BF16'], output_scale: ['BF16'] };

  it('hold bytes with a scale per row, and scalars for either side', () => {
    const files = (dtype: string): object => ({ 'weight._data': [dtype, 256, 768], 'weight._scale': ['BF16', 256, 1], ...outside });
    assert.deepEqual(stored({ quant_method: 'quanto', weights: 'int8' }), files('I8'));
    assert.deepEqual(stored({ quant_method: 'quanto', weights: 'float8' }), files('F8_E4M3'));
  });
  it('pack groups that shrink until they divide a row', () => {
    const files = (module: string): (Tensor | undefined)[] => {
      const found = stored({ quant_method: 'quanto', weights: 'int4' }, module, { ...tiny, hidden_size: 320, intermediate_size: 840 });
      return [found['weight._data._data'], found['weight._scale'], found['weight._shift']];
    };
    assert.deepEqual(files('model.layers.0.mlp.down_proj'), [
      ['U8', 160, 840],
      ['BF16', 320, 1],
      ['BF16', 320, 1],
    ]);
    assert.deepEqual(files('model.layers.0.mlp.up_proj'), [
      ['U8', 2100, 64],
      ['BF16', 4200, 1],
      ['BF16', 4200, 1],
    ]);
    const two = stored({ quant_method: 'quanto', weights: 'int2' }, 'model.layers.0.mlp.up_proj', {
      ...tiny,
      hidden_size: 320,
      intermediate_size: 840,
    });
    assert.deepEqual(two['weight._data._data'], ['U8', 1050, 64]);
  });
});

describe('files of NVIDIA ModelOpt 0.47', () => {
  it('scale FP8 per output at F32, in a vector, and MXFP8 by exponents', () => {
    const block = (quant_algo: string) => ({ quant_method: 'modelopt', quant_algo, ignore: ['lm_head'] });
    assert.deepEqual(stored(block('FP8_PER_CHANNEL_PER_TOKEN')), { weight: ['F8_E4M3', 256, 768], weight_scale: ['F32', 256] });
    assert.deepEqual(stored(block('MXFP8')), { weight: ['F8_E4M3', 256, 768], weight_scale: ['U8', 256, 24] });
  });
  it('keep the sides of blocks of FP8', () => {
    const block = { quant_method: 'modelopt', quant_algo: 'fp8_pb_wo', ignore: ['lm_head'] };
    assert.deepEqual(stored(block), { weight: ['F8_E4M3', 256, 768], weight_scale: ['F32', 2, 1, 6, 1] });
  });
  it('hold MXFP4, and FP4 for activations of FP8', () => {
    const files = (quant_algo: string) => stored({ quant_method: 'modelopt', quant_algo, ignore: ['lm_head'] });
    const mx = { weight: ['U8', 256, 384], weight_scale: ['U8', 256, 24] };
    assert.deepEqual(files('mxfp4'), mx);
    assert.deepEqual(files('W4A8_MXFP4_FP8'), mx);
    const scalars = { weight_scale_2: ['F32'], input_scale: ['F32'] };
    assert.deepEqual(files('W4A8_NVFP4_FP8'), { weight: ['U8', 256, 384], weight_scale: ['F8_E4M3', 256, 24], ...scalars });
  });
  it('scale bytes of integers per output at F32', () => {
    const files = (quant_algo: string) => stored({ quant_method: 'modelopt', quant_algo, ignore: ['lm_head'] });
    const bytes = { weight: ['I8', 256, 768], weight_scale: ['F32', 256] };
    assert.deepEqual(files('W8A16'), bytes);
    assert.deepEqual(files('W8A8_SQ_PER_CHANNEL'), { ...bytes, input_scale: ['F32'], pre_quant_scale: ['BF16', 768] });
  });
});

describe('layers of compressed-tensors 0.13, which still wrote two of four weights', () => {
  const sparsity_config = { format: 'sparse-24-bitmask', sparsity_structure: '2:4' };
  const group = (weights: object | null, format: string, more: object = {}) => ({
    quant_method: 'compressed-tensors',
    format,
    ignore: ['lm_head'],
    config_groups: weights === null ? {} : { group_0: { targets: ['Linear'], weights, input_activations: null } },
    ...more,
  });

  it('hold the values that are left and a bit for each place', () => {
    const places = { bitmask: ['U8', 256, 96], shape: ['I64', 2, 1] };
    assert.deepEqual(stored(group(null, 'dense', { sparsity_config })), { compressed: ['BF16', 256, 384], ...places });
    const fp8 = { num_bits: 8, type: 'float', strategy: 'channel', symmetric: true };
    const files = { compressed: ['F8_E4M3', 256, 384], ...places, weight_scale: ['BF16', 256, 1] };
    assert.deepEqual(stored(group(fp8, 'float-quantized', { sparsity_config })), files);
  });
  it('pack them in tiles for Marlin', () => {
    const files = (num_bits: number, group_size: number | null): object =>
      stored(group({ num_bits, type: 'int', strategy: group_size ? 'group' : 'channel', group_size, symmetric: true }, 'marlin-24'));
    const meta = ['I16', 24, 512];
    assert.deepEqual(files(4, 128), { weight_packed: ['I32', 24, 512], scale_packed: ['F16', 6, 256], meta });
    assert.deepEqual(files(4, null), { weight_packed: ['I32', 24, 512], scale_packed: ['F16', 1, 256], meta });
    assert.deepEqual(files(8, 128), { weight_packed: ['I32', 24, 1024], scale_packed: ['F16', 6, 256], meta });
  });
});

describe('layers of vptq 0.0.5 and aqlm 1.1.7, as their classes make them', () => {
  it('pack indices of VPTQ in words, columns with a codebook of their own beside', () => {
    const layer = (more: object): object => ({
      quant_method: 'vptq',
      config_for_layers: {
        'model.layers.0.mlp.down_proj': {
          bias: false,
          enable_norm: true,
          enable_perm: true,
          group_num: 1,
          group_size: 768,
          in_features: 768,
          indices_as_float: false,
          is_indice_packed: true,
          num_centroids: [-1, 65536],
          num_res_centroids: [-1, 256],
          out_features: 256,
          outlier_size: 0,
          vector_lens: [-1, 8],
          ...more,
        },
      },
    });
    const columns = { weight_scale: ['BF16', 768], weight_bias: ['BF16', 768] };
    assert.deepEqual(stored(layer({})), {
      indices: ['I32', 1, 32, 576],
      'centroids.weight': ['BF16', 1, 524288],
      'res_centroids.weight': ['BF16', 1, 2048],
      perm: ['I16', 768],
      ...columns,
    });
    const outliers = { vector_lens: [4, 6], num_centroids: [4096, 4096], num_res_centroids: [-1, -1], outlier_size: 8, enable_perm: false };
    assert.deepEqual(stored(layer({ ...outliers, group_num: 2, group_size: 380 })), {
      indices: ['I32', 2, 43, 143],
      'centroids.weight': ['BF16', 2, 24576],
      'outlier_centroids.weight': ['BF16', 1, 16384],
      outlier_indices: ['I16', 1, 64, 8],
      ...columns,
    });
  });
  it('hold codes and codebooks of AQLM', () => {
    const block = (num_codebooks: number, nbits_per_codebook: number) => ({
      quant_method: 'aqlm',
      in_group_size: 8,
      out_group_size: 1,
      num_codebooks,
      nbits_per_codebook,
      linear_weights_not_to_quantize: [],
    });
    const scales = ['F16', 256, 1, 1, 1];
    assert.deepEqual(stored(block(1, 16)), { codes: ['I16', 256, 96, 1], codebooks: ['F16', 1, 65536, 1, 8], scales });
    assert.deepEqual(stored(block(2, 8)), { codes: ['I8', 256, 96, 2], codebooks: ['F16', 2, 256, 1, 8], scales });
  });
});

describe('files of exllamav3 1.6.5, zeros in the place of what its kernels return', () => {
  const block = (more: object = {}) => ({ quant_method: 'exl3', version: '1.6.5', bits: 4, head_bits: 6, codebook: 'mul1', ...more });
  const layer = (rows: number, columns: number, bits: number): object => ({
    trellis: ['I16', columns / 16, rows / 16, 16 * bits],
    suh: ['F16', columns],
    svh: ['F16', rows],
    mul1: ['I32'],
  });
  const form = (block_: object, name: string, config: object): Tensor | undefined => {
    const found = [...expectedTensors(modelOf(config, block_))].find((tensor) => tensor.name === name);
    return found && [found.dtype, ...found.shape];
  };
  /** Sides that no block of the transform divides. */
  const odd = { ...tiny, vocab_size: 1000, hidden_size: 320, intermediate_size: 832, num_attention_heads: 5, num_key_value_heads: 1 };

  it('have half bits, on sides padded to blocks', () => {
    assert.deepEqual(stored(block({ bits: 2.5 }), 'model.layers.1.mlp.gate_proj', odd), layer(896, 384, 2.5));
    const tensor_storage = {
      'model.layers.1.mlp.gate_proj': {
        stored_tensors: { 'model.layers.1.mlp.gate_proj.mul1': { shape: [], n_bytes: 4, dtype: 'torch.int32' } },
        quant_format: 'exl3',
        bits_per_weight: 2.5,
      },
    };
    assert.deepEqual(stored(block({ tensor_storage }), 'model.layers.1.mlp.gate_proj', odd), layer(896, 384, 2.5));
  });
  it('have a head of 16 bits in F16, padded', () => {
    assert.deepEqual(stored(block({ head_bits: 16 }), 'lm_head', odd), { weight: ['F16', 1024, 384] });
    assert.deepEqual(form(block(), 'model.embed_tokens.weight', odd), ['BF16', 1000, 320]);
    assert.deepEqual(form(block(), 'model.norm.weight', odd), ['BF16', 320]);
  });
  it('have biases and routers in F16', () => {
    const qwen2 = { ...tiny, model_type: 'qwen2', architectures: ['Qwen2ForCausalLM'] };
    assert.deepEqual(stored(block(), 'model.layers.0.self_attn.k_proj', qwen2), { ...layer(128, 256, 4), bias: ['F16', 128] });
    const mixtral = { ...tiny, model_type: 'mixtral', architectures: ['MixtralForCausalLM'], num_local_experts: 4 };
    assert.deepEqual(stored(block(), 'model.layers.0.block_sparse_moe.gate', mixtral), { weight: ['F16', 4, 256] });
  });
  it('take fused layers apart, whose own bits the list of tensors tells', () => {
    const phi3 = { ...tiny, model_type: 'phi3', architectures: ['Phi3ForCausalLM'], pad_token_id: 0 };
    assert.deepEqual(stored(block(), 'model.layers.0.self_attn.q_proj', phi3), layer(256, 256, 4));
    assert.deepEqual(stored(block(), 'model.layers.0.self_attn.v_proj', phi3), layer(128, 256, 4));
    assert.deepEqual(stored(block(), 'model.layers.0.mlp.up_proj', phi3), layer(768, 256, 4));
    assert.deepEqual(stored(block(), 'model.layers.0.mlp.gate_up_proj', phi3), {});
    const told = (module: string, bits_per_weight: number): object => ({
      [module]: { stored_tensors: { [`${module}.mul1`]: {} }, quant_format: 'exl3', bits_per_weight },
    });
    const tensor_storage = { ...told('model.layers.0.mlp.gate_proj', 3), ...told('model.layers.0.mlp.up_proj', 5) };
    const listed = block({ tensor_storage });
    assert.deepEqual(stored(listed, 'model.layers.0.mlp.gate_proj', phi3), layer(768, 256, 3));
    assert.deepEqual(stored(listed, 'model.layers.0.mlp.up_proj', phi3), layer(768, 256, 5));
    assert.deepEqual(stored(listed, 'model.layers.1.mlp.up_proj', phi3), layer(768, 256, 4));
    const { checkpoint, parameters } = modelOf(phi3, block());
    assert.equal(checkpoint.extras.quantizedParameters, parameters.total - 512 * 256 - 5 * 256);
  });
  it('leave alone what the modules give no place in the quantizer', () => {
    const deepseek = {
      ...tiny,
      model_type: 'deepseek_v3',
      architectures: ['DeepseekV3ForCausalLM'],
      num_key_value_heads: 4,
      n_routed_experts: 4,
      num_experts_per_tok: 2,
      first_k_dense_replace: 1,
      moe_intermediate_size: 128,
      q_lora_rank: 128,
      kv_lora_rank: 128,
      qk_nope_head_dim: 64,
      qk_rope_head_dim: 64,
      v_head_dim: 64,
    };
    assert.deepEqual(stored(block(), 'model.layers.0.self_attn.kv_b_proj', deepseek), { weight: ['F16', 512, 128] });
  });
  it('quantize a tower where the block says so, and copy its fused layers beside', () => {
    const vl = {
      model_type: 'qwen3_vl',
      architectures: ['Qwen3VLForConditionalGeneration'],
      dtype: 'bfloat16',
      tie_word_embeddings: true,
      text_config: { ...tiny, model_type: 'qwen3_vl_text', tie_word_embeddings: true },
      vision_config: {
        model_type: 'qwen3_vl',
        depth: 2,
        hidden_size: 128,
        intermediate_size: 320,
        num_heads: 2,
        out_hidden_size: 256,
        deepstack_visual_indexes: [0],
      },
    };
    const tower = (more: object, module: string) => stored(block(more), `model.visual.blocks.0.${module}`, vl);
    assert.deepEqual(tower({ vision_bits: 6 }, 'mlp.linear_fc1'), { ...layer(384, 128, 6), bias: ['F16', 384] });
    assert.deepEqual(tower({ vision_bits: 6 }, 'attn.k_proj'), { ...layer(128, 128, 6), bias: ['F16', 128] });
    assert.deepEqual(tower({ vision_bits: 6 }, 'attn.qkv'), { weight: ['BF16', 384, 128], bias: ['BF16', 384] });
    assert.deepEqual(tower({ vision_bits: 6 }, 'norm1'), { weight: ['F16', 128], bias: ['F16', 128] });
    assert.deepEqual(tower({}, 'mlp.linear_fc1'), { weight: ['BF16', 320, 128], bias: ['BF16', 320] });
    // Sum of the tensors that the converter saved: 3.07 MiB of 169 tensors.
    assert.equal(modelOf(vl, block({ vision_bits: 6 })).checkpoint.extras.tensors, 169);
  });
});

describe('heads that exllamav2 0.3.2 packs, its kernels replaced', () => {
  const bytesAt = (head_bits: number, rows: number, columns: number): number =>
    [...expectedTensors(modelOf({ ...tiny, vocab_size: rows, hidden_size: columns }, { quant_method: 'exl2', bits: 4, head_bits }))]
      .filter(({ name }) => name.startsWith('lm_head.'))
      .reduce((sum, { bytes }) => sum + bytes, 0);
  const packed: readonly (readonly [bits: number, wide: number, odd: number])[] = [
    [2, 48_176, 112_956],
    [3, 56_368, 137_532],
    [4, 76_848, 186_684],
    [5, 91_660, 224_018],
    [6, 116_236, 281_362],
    [8, 132_620, 330_514],
  ];
  for (const [bits, wide, odd] of packed)
    it(`take ${bits} bits`, () => {
      assert.equal(bytesAt(bits, 512, 256), wide);
      assert.equal(bytesAt(bits, 1000, 320), odd);
    });
  it('stand beside tensors in F16', () => {
    const found = [...expectedTensors(modelOf(tiny, { quant_method: 'exl2', bits: 4, head_bits: 6 }))];
    assert.deepEqual(
      found.filter(({ name }) => /norm|embed/.test(name)).map(({ dtype }) => dtype),
      Array<string>(6).fill('F16'),
    );
  });
});

describe('files of transformers with EETQ, a stand-in for its kernel', () => {
  const block = { quant_method: 'eetq', weights: 'int8', modules_to_not_convert: null };
  const half = { ...tiny, dtype: 'float16', transformers_version: '5.23.0' };
  const mixture = { ...half, model_type: 'mixtral', architectures: ['MixtralForCausalLM'], num_local_experts: 4 };

  it('hold columns first, and scales at the type of the weights', () => {
    assert.deepEqual(stored(block, undefined, half), { weight: ['I8', 768, 256], weight_scales: ['F16', 256] });
    assert.deepEqual(stored(block, undefined, { ...half, dtype: 'float32' }), { weight: ['I8', 768, 256], weight_scales: ['F32', 256] });
    assert.deepEqual(stored(block, 'lm_head', half), { weight: ['F16', 512, 256] });
  });
  it('leave experts alone from version 5 on', () => {
    const expert = (transformers_version: string) =>
      stored(block, 'model.layers.0.block_sparse_moe.experts.1.w2', { ...mixture, transformers_version });
    assert.deepEqual(expert('5.23.0'), { weight: ['F16', 256, 768] });
    assert.deepEqual(expert('4.57.6'), { weight: ['I8', 768, 256], weight_scales: ['F16', 256] });
  });
});

describe('files of transformers 4.57 with HQQ', () => {
  const parameters = (more: object = {}) => ({
    ...{ nbits: 4, group_size: 64, axis: 1, channel_wise: true, optimize: true, round_zero: true, view_as_float: false },
    ...more,
  });
  const block = (more: object = {}, skip_modules: readonly string[] = ['lm_head']) => ({
    quant_method: 'hqq',
    quant_config: { offload_meta: false, scale_quant_params: null, weight_quant_params: parameters(more), zero_quant_params: null },
    skip_modules,
  });
  const version4 = { ...tiny, transformers_version: '4.57.6' };
  const ofLayer = (found: Record<string, Tensor>) => [found['W_q'], found['scale'], found['compute_dtype']];

  it('scale at 32 bits, and keep linear layers so', () => {
    assert.deepEqual(ofLayer(stored(block(), undefined, version4)), [
      ['U8', 1536, 64],
      ['F32', 3072, 1],
      ['U8', 13],
    ]);
    assert.deepEqual(stored(block(), 'lm_head', version4), { weight: ['F32', 512, 256] });
    assert.deepEqual(stored(block({}, ['lm_head', 'q_proj']), 'model.layers.0.self_attn.q_proj', version4), { weight: ['F32', 256, 256] });
    assert.deepEqual(stored(block(), 'model.norm', version4), { weight: ['BF16', 256] });
    const qwen2 = { ...version4, model_type: 'qwen2', architectures: ['Qwen2ForCausalLM'] };
    assert.deepEqual(stored(block(), 'model.layers.0.self_attn.k_proj', qwen2)['bias'], ['F32', 128]);
  });
  it('quantize routers that are linear modules there', () => {
    const mixtral = { ...version4, model_type: 'mixtral', architectures: ['MixtralForCausalLM'], num_local_experts: 4 };
    assert.deepEqual(stored(block(), 'model.layers.0.block_sparse_moe.gate', mixtral)['W_q'], ['U8', 8, 64]);
  });
  it('may be viewed as floats', () => {
    assert.deepEqual(stored(block({ view_as_float: true }), undefined, version4)['W_q'], ['F32', 1536, 16]);
    assert.deepEqual(stored(block({ view_as_float: true }))['W_q'], ['BF16', 1536, 32]);
  });
  it('are those of HQQ itself from version 5 on, or where the files say so', () => {
    const scale = (transformers_version: string | undefined, writer?: Writer) => {
      const model = modelOf({ ...tiny, transformers_version }, block());
      return [...expectedTensors(model, writer && { writer })].find(({ name }) => name.endsWith('down_proj.scale'))?.dtype;
    };
    assert.equal(scale('5.23.0'), 'BF16');
    assert.equal(scale(undefined), 'BF16');
    assert.equal(scale('4.44.2'), 'F32');
    assert.equal(scale('4.44.2', 'hqq'), 'BF16');
    assert.deepEqual(modelOf(version4, block()).checkpoint.basis.reasons.includes('hqq-by-version'), true);
  });
});

describe('files of ModelOpt 0.47, its CUDA kernel for activations replaced', () => {
  const block = (more: object = {}) => ({ quant_method: 'modelopt', quant_algo: 'NVFP4_SVD', ignore: ['lm_head'], ...more });
  const packed = { weight: ['U8', 256, 384], weight_scale: ['F8_E4M3', 256, 48], weight_scale_2: ['F32'], input_scale: ['F32'] };

  it('hold factors of a low rank beside NVFP4, and those of every column', () => {
    assert.deepEqual(stored(block()), {
      ...packed,
      pre_quant_scale: ['BF16', 768],
      'weight_quantizer._svdquant_lora_a': ['BF16', 32, 768],
      'weight_quantizer._svdquant_lora_b': ['BF16', 256, 32],
    });
    assert.ok('pre_quant_scale' in stored(block(), 'model.layers.0.self_attn.q_proj'));
    assert.deepEqual(modelOf(tiny, block()).checkpoint.basis, { kind: 'rule', reasons: ['svd-rank'] });
    const told = block({ lora_rank: 16 });
    assert.deepEqual(stored(told)['weight_quantizer._svdquant_lora_b'], ['BF16', 256, 16]);
    assert.equal(modelOf(tiny, told).checkpoint.basis.kind, 'exact');
  });
  it('fold the factors of NVFP4_AWQ into norms and into the layer before', () => {
    const found = (module: string) => Object.keys(stored(block({ quant_algo: 'NVFP4_AWQ' }), `model.layers.0.${module}`));
    for (const module of ['self_attn.q_proj', 'mlp.gate_proj', 'mlp.down_proj'])
      assert.ok(!found(module).includes('pre_quant_scale'), module);
    assert.ok(found('self_attn.o_proj').includes('pre_quant_scale'));
  });
});
