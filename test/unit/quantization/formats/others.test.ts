import assert from 'node:assert/strict';
import { expectedTensors, type Analysis } from '../../../../src/engine/index';
import { llama31Of8B, modelOf, qwen3Of30BA3B } from '../models';

const schemeOf = (block: object, config: object = llama31Of8B): string => modelOf(config, block).checkpoint.scheme;
const codes = ({ findings }: Analysis): string[] => findings.map(({ code }) => code).filter((code) => code.startsWith('quantization'));
const linears = 32 * (2 * 4096 * 4096 + 2 * 1024 * 4096 + 3 * 14336 * 4096);
const upProj = 14336 * 4096;

describe('HQQ files', () => {
  const params = (nbits: number, group_size: number, more: object = {}) => ({
    weight_quant_params: {
      nbits,
      channel_wise: true,
      group_size,
      optimize: true,
      round_zero: nbits === 4,
      axis: 1,
      view_as_float: false,
      ...more,
    },
    scale_quant_params: null,
    zero_quant_params: null,
    offload_meta: false,
  });
  it('have one set of parameters for all', () => {
    const model = modelOf(llama31Of8B, { quant_method: 'hqq', quant_config: params(4, 64), skip_modules: ['lm_head'] });
    assert.equal(model.checkpoint.scheme, 'hqq-int4-g64');
    assert.equal(model.checkpoint.extras.quantizedParameters, linears);
    assert.equal(schemeOf({ quant_method: 'hqq', quant_config: params(3, 64) }), 'hqq-int3-g64');
    assert.deepEqual(codes(model), []);
  });
  it('or one for each kind of layer, where others stay', () => {
    const quant_config = { 'self_attn.q_proj': params(8, 128), 'mlp.up_proj': params(2, 32) };
    const { extras } = modelOf(llama31Of8B, { quant_method: 'hqq', quant_config, skip_modules: ['lm_head'] }).checkpoint;
    assert.deepEqual(extras.parametersByScheme, { 'hqq-int2-g32': 32 * upProj, 'hqq-int8-g128': 32 * 4096 * 4096 });
    assert.ok((extras.keptByReason['not-named'] ?? 0) > 0);
  });
  it('store 5 and 6 bits in a byte each', () => {
    const bytes = (nbits: number) => modelOf(llama31Of8B, { quant_method: 'hqq', quant_config: params(nbits, 64) }).checkpoint.bytes;
    assert.equal(bytes(6), bytes(8));
  });
});

describe('torchao files', () => {
  const typed = (_type: string, _data: object = {}, more: object = {}) => ({
    quant_method: 'torchao',
    quant_type: { default: { _type, _version: 1, _data } },
    ...more,
  });
  it('name a class of torchao', () => {
    assert.equal(schemeOf(typed('Int4WeightOnlyConfig', { group_size: 64 })), 'torchao-int4-g64');
    assert.equal(schemeOf(typed('Int8DynamicActivationInt8WeightConfig')), 'torchao-int8');
    assert.equal(schemeOf(typed('Float8WeightOnlyConfig')), 'torchao-float8');
    assert.equal(schemeOf(typed('Float8DynamicActivationFloat8WeightConfig')), 'torchao-float8-tensor');
    const granularity = [{ _type: 'PerRow' }, { _type: 'PerRow' }];
    assert.equal(schemeOf(typed('Float8DynamicActivationFloat8WeightConfig', { granularity })), 'torchao-float8');
  });
  it('or a word, before transformers 5', () => {
    const block = { quant_method: 'torchao', quant_type: 'int4_weight_only', quant_type_kwargs: { group_size: 32 } };
    assert.equal(schemeOf(block), 'torchao-int4-g32');
    assert.equal(schemeOf({ ...block, quant_type: 'int8_weight_only', quant_type_kwargs: {} }), 'torchao-int8');
  });
  it('may tell modules apart, and keep some', () => {
    const fqn_to_config = {
      _default: { _type: 'Int8WeightOnlyConfig', _data: {} },
      're:.*down_proj': { _type: 'Int4WeightOnlyConfig', _data: { group_size: 128 } },
      'model.layers.3.mlp.up_proj': null,
    };
    const { extras } = modelOf(
      llama31Of8B,
      typed('FqnToConfig', { fqn_to_config }, { modules_to_not_convert: ['model.layers.0'] }),
    ).checkpoint;
    assert.equal(extras.parametersByScheme['torchao-int4-g128'], 31 * upProj);
    assert.equal(extras.keptByReason['kept-by-name'], 2 * (linears / 32 + upProj));
  });
  it('are an estimate where the class is not known', () => {
    const model = modelOf(llama31Of8B, typed('Int4DynamicActivationInt4WeightConfig', {}));
    assert.deepEqual(codes(model), ['quantization-unknown']);
    assert.equal(model.checkpoint.basis.kind, 'approximate');
  });
});

describe('Quark files', () => {
  const fp8 = { dtype: 'fp8_e4m3', qscheme: 'per_tensor', is_dynamic: false };
  const mx = { dtype: 'fp4', qscheme: 'per_group', group_size: 32, scale_format: 'e8m0', is_dynamic: false };
  const block = (weight: unknown, more: object = {}, input_tensors: unknown = null) => ({
    quant_method: 'quark',
    global_quant_config: { weight, input_tensors, output_tensors: null, bias: null },
    layer_quant_config: {},
    exclude: ['lm_head'],
    ...more,
  });
  it('have a configuration for all layers', () => {
    assert.equal(schemeOf(block(mx)), 'quark-mxfp4');
    assert.equal(schemeOf(block({ ...mx, dtype: 'fp6_e2m3' })), 'quark-mxfp6');
    assert.equal(schemeOf(block({ dtype: 'int4', qscheme: 'per_group', group_size: 128 })), 'quark-int4-g128');
    assert.equal(schemeOf(block({ ...fp8, qscheme: 'per_channel' })), 'quark-fp8-channel');
    const weightOnly = modelOf(llama31Of8B, block(fp8)).checkpoint;
    const both = modelOf(llama31Of8B, block(fp8, {}, fp8)).checkpoint;
    assert.equal(both.bytes - weightOnly.bytes, 7 * 32 * 2);
    assert.equal(modelOf(llama31Of8B, block(fp8, {}, { ...fp8, is_dynamic: true })).checkpoint.bytes, weightOnly.bytes);
  });
  it('and others by pattern, among them none', () => {
    const layer_quant_config = { '*.mlp.up_proj': { weight: fp8, input_tensors: fp8 }, '*.self_attn.*': { weight: null } };
    const { extras } = modelOf(llama31Of8B, block(mx, { layer_quant_config, exclude: ['lm_head', 'model.layers.0.*'] })).checkpoint;
    assert.equal(extras.parametersByScheme['quark-fp8'], 31 * upProj);
    assert.equal(extras.parametersByScheme['quark-mxfp4'], 31 * 2 * upProj);
    assert.equal(extras.keptByReason['not-named'], 2 * 31 * (2 * 4096 * 4096 + 2 * 1024 * 4096));
  });
  it('hold a scale for the outputs of keys and values where the cache is quantized', () => {
    const cached = { weight: fp8, input_tensors: fp8, output_tensors: fp8 };
    const layer_quant_config = { '*k_proj': cached, '*v_proj': cached };
    const plain = modelOf(llama31Of8B, block(fp8, {}, fp8));
    const found = modelOf(llama31Of8B, block(fp8, { layer_quant_config }, fp8));
    assert.equal(found.checkpoint.bytes - plain.checkpoint.bytes, 2 * 32 * 2);
    const scales = [...expectedTensors(found)].filter(({ name }) => name.startsWith('model.layers.3.') && name.endsWith('output_scale'));
    assert.deepEqual(
      scales.map(({ name, dtype, shape }) => [name.slice('model.layers.3.self_attn.'.length), dtype, shape]),
      ['k_proj', 'v_proj'].map((module) => [`${module}.output_scale`, 'BF16', []]),
    );
  });
  it('hold it beside weights of another type, and none that is found while running', () => {
    const of = (output: object) => block(mx, { layer_quant_config: { '*k_proj': { weight: mx, output_tensors: output } } });
    const bytes = (quantization: object) => modelOf(llama31Of8B, quantization).checkpoint.bytes;
    assert.equal(bytes(of(fp8)) - bytes(block(mx)), 32 * 2);
    assert.equal(bytes(of({ ...fp8, is_dynamic: true })), bytes(block(mx)));
  });
  it('have a configuration for the class of linear layers, which comes before the one for all', () => {
    assert.equal(schemeOf(block(fp8, { layer_type_quant_config: { Linear: { weight: mx } } })), 'quark-mxfp4');
    assert.equal(schemeOf(block(fp8, { layer_type_quant_config: { Conv2d: { weight: mx } } })), 'quark-fp8');
  });
  it('name modules whole, or by a shell pattern', () => {
    const kept = (name: string) =>
      modelOf(llama31Of8B, block(fp8, { exclude: ['lm_head', name] })).checkpoint.extras.quantizedParameters - linears;
    assert.equal(kept('model.layers.0.mlp'), 0);
    assert.equal(kept('up_proj'), 0);
    assert.equal(kept('model.layers.0.mlp.up_proj'), -upProj);
    assert.equal(kept('*up_proj'), -32 * upProj);
  });
  it('may quantize the experts of a mixture only', () => {
    const layer_quant_config = { '*mlp.experts*': { weight: mx } };
    const { extras } = modelOf(qwen3Of30BA3B, block(null, { layer_quant_config })).checkpoint;
    assert.equal(extras.quantizedParameters, 48 * 128 * 3 * 768 * 2048);
  });
  it('are an estimate where a weight is stored in a way that is not known', () => {
    const model = modelOf(llama31Of8B, block([fp8, { dtype: 'mx6', qscheme: 'per_group' }]));
    assert.deepEqual(codes(model), ['quantization-unknown']);
  });
});

describe('EETQ, HIGGS and FP-Quant files', () => {
  const bytesOf = (block: object) => modelOf(llama31Of8B, block).checkpoint.bytes;
  const kept = 2 * (2 * 128256 * 4096 + 65 * 4096);
  const outputs = 32 * (4096 + 2 * 1024 + 4096 + 2 * 14336 + 4096);

  it('EETQ: a byte per weight and F16 scales', () => {
    assert.equal(bytesOf({ quant_method: 'eetq', weights: 'int8' }), kept + linears + 2 * outputs);
    const some = modelOf(llama31Of8B, { quant_method: 'eetq', modules_to_not_convert: ['lm_head', 'down_proj'] }).checkpoint;
    assert.equal(some.extras.quantizedParameters, linears - 32 * upProj);
  });
  it('HIGGS: columns padded for the transform, scales per group, two tables', () => {
    const tables = 7 * 32 * (2 * 16 + 2 * 16 * 16 * 2);
    assert.equal(bytesOf({ quant_method: 'higgs', bits: 4, group_size: 256 }), kept + linears / 2 + (2 * linears) / 256 + tables);
    assert.equal(schemeOf({ quant_method: 'higgs', bits: 3, group_size: 128 }), 'higgs-3bit-g128');
  });
  it('FP-Quant: 4-bit floats with their rotations', () => {
    const beside = (rotation: number) => 7 * 32 * (2 * 2 * rotation ** 2 + 4);
    assert.equal(bytesOf({ quant_method: 'fp_quant', forward_dtype: 'mxfp4' }), kept + linears / 2 + linears / 32 + beside(32));
    assert.equal(
      bytesOf({ quant_method: 'fp_quant', forward_dtype: 'nvfp4', hadamard_group_size: 128 }),
      kept + linears / 2 + linears / 16 + beside(128),
    );
    assert.equal(schemeOf({ quant_method: 'fp_quant', forward_dtype: 'nvfp4' }), 'fp-quant-nvfp4');
    assert.equal(schemeOf({ quant_method: 'fp_quant', forward_dtype: 'mxfp4', store_master_weights: true }), 'bf16');
  });
});

describe('AutoRound files', () => {
  const block = (more: object = {}) => ({
    quant_method: 'auto-round',
    bits: 4,
    group_size: 128,
    sym: true,
    packing_format: 'auto_round:auto_gptq',
    ...more,
  });
  it('have the packing that they name', () => {
    assert.equal(schemeOf(block()), 'autoround-int4-g128');
    assert.equal(schemeOf({ ...block(), quant_method: 'intel/auto-round' }), 'autoround-int4-g128');
    assert.equal(schemeOf(block({ packing_format: 'auto_round:auto_awq' })), 'awq-int4-g128');
    assert.equal(schemeOf(block({ data_type: 'mx_fp', group_size: 32, packing_format: 'auto_round' })), 'autoround-mxfp4');
    assert.equal(schemeOf(block({ data_type: 'mx_fp', bits: 8, group_size: 32 })), 'autoround-mxfp8');
    assert.equal(schemeOf(block({ data_type: 'nv_fp4_with_static_gs', group_size: 16 })), 'autoround-nvfp4');
    const nv = (more: object) => modelOf(llama31Of8B, block({ data_type: 'nv_fp', group_size: 16, ...more })).checkpoint.bytes;
    assert.equal(nv({ act_bits: 4 }) - nv({ act_bits: 16 }), 7 * 32 * 4);
    assert.deepEqual(codes(modelOf(llama31Of8B, block({ data_type: 'fp8' }))), ['quantization-unknown']);
  });
  it('give single layers other bits and groups, by name or by expression', () => {
    const extra_config = {
      lm_head: { bits: 8, group_size: 32, data_type: 'int' },
      'model.layers.0.mlp.down_proj': { bits: 16, data_type: 'float' },
      [String.raw`.*mlp\.up_proj.*`]: { bits: 8 },
      '.*self_attn.v_proj$': { group_size: -1 },
    };
    const { extras } = modelOf(llama31Of8B, block({ extra_config })).checkpoint;
    assert.equal(extras.parametersByScheme['autoround-int8-g32'], 128256 * 4096);
    assert.equal(extras.parametersByScheme['autoround-int8-g128'], 32 * upProj);
    assert.equal(extras.parametersByScheme['autoround-int4-channel'], 32 * 1024 * 4096);
    assert.equal(extras.keptByReason['kept-by-name'], 2 * upProj);
  });
});
