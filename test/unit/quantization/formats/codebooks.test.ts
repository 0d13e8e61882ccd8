import assert from 'node:assert/strict';
import type { Analysis } from '../../../../src/engine/index';
import { analyze, toJson, type JsonObject } from '../../../../src/engine/index';
import { llama31Of8B, llama32Of3B, modelOf } from '../models';

const half = { ...llama31Of8B, torch_dtype: 'float16' };
const layers = 32;
/** Outputs and inputs of the linear layers in one layer of Llama 3.1 8B. */
const shapes: readonly (readonly [name: string, rows: number, columns: number])[] = [
  ['self_attn.q_proj', 4096, 4096],
  ['self_attn.k_proj', 1024, 4096],
  ['self_attn.v_proj', 1024, 4096],
  ['self_attn.o_proj', 4096, 4096],
  ['mlp.gate_proj', 14336, 4096],
  ['mlp.up_proj', 14336, 4096],
  ['mlp.down_proj', 4096, 14336],
];
const elements = shapes.reduce((sum, [, rows, columns]) => sum + rows * columns, 0);
const kept = 2 * (2 * 128256 * 4096 + 65 * 4096);
const sumOver = (bytes: (rows: number, columns: number) => number): number =>
  layers * shapes.reduce((sum, [, rows, columns]) => sum + bytes(rows, columns), 0);
const codes = ({ findings }: Analysis): string[] => findings.map(({ code }) => code).filter((code) => code.startsWith('quantization'));

describe('AQLM files', () => {
  const block = (more: object = {}) => ({
    quant_method: 'aqlm',
    in_group_size: 8,
    nbits_per_codebook: 16,
    num_codebooks: 1,
    out_group_size: 1,
    linear_weights_not_to_quantize: ['model.embed_tokens.weight', 'lm_head.weight', 'model.layers.0.input_layernorm.weight'],
    ...more,
  });
  it('hold codes, codebooks and scales as the block says', () => {
    const { checkpoint } = modelOf(half, block());
    assert.equal(checkpoint.scheme, 'aqlm-2bit-1x16');
    assert.equal(checkpoint.bytes, kept + sumOver((rows, columns) => (rows * columns) / 4 + 2 * 65536 * 8 + 2 * rows));
    assert.deepEqual(checkpoint.basis, { kind: 'exact', reasons: [] });
    assert.equal(modelOf(half, block({ num_codebooks: 2, nbits_per_codebook: 8 })).checkpoint.scheme, 'aqlm-2bit-2x8');
    assert.equal(
      modelOf(half, block({ num_codebooks: 8, nbits_per_codebook: 8, in_group_size: 32 })).checkpoint.scheme,
      'aqlm-2bit-8x8-g32',
    );
  });
  it('take the defaults of their class without a finding, and say when a figure is none', () => {
    const model = modelOf(half, { quant_method: 'aqlm' });
    assert.equal(model.checkpoint.scheme, 'aqlm-2bit-1x16');
    assert.deepEqual(codes(model), []);
    assert.ok(modelOf(half, block({ in_group_size: 'eight' })).findings.some(({ code }) => code === 'invalid-value'));
  });
  it('keep layers that are listed by the names of their weights', () => {
    const { checkpoint } = modelOf(
      half,
      block({ linear_weights_not_to_quantize: ['model.layers.1.mlp.up_proj.weight', 'lm_head.weight'] }),
    );
    assert.equal(checkpoint.extras.keptByReason['kept-by-name'], 2 * (14336 * 4096 + 128256 * 4096));
  });
  it('are known by the key that they had before transformers knew them', () => {
    const found = analyze(
      toJson({ ...half, aqlm: { num_codebooks: 2, nbits_per_codebook: 16, in_group_size: 8, out_group_size: 1 } }) as JsonObject,
    );
    assert.ok(found.kind === 'model');
    assert.equal(found.checkpoint.scheme, 'aqlm-4bit-2x16');
  });
});

describe('VPTQ files', () => {
  const layer = (rows: number, columns: number, more: object = {}) => ({
    bias: null,
    enable_norm: true,
    enable_perm: true,
    group_num: 1,
    group_size: columns,
    in_features: columns,
    indices_as_float: false,
    is_indice_packed: true,
    num_centroids: [-1, 65536],
    num_res_centroids: [-1, 256],
    out_features: rows,
    outlier_size: 0,
    vector_lens: [-1, 8],
    ...more,
  });
  const all = Object.fromEntries(
    Array.from({ length: layers }, (_, at) =>
      shapes.map(([name, rows, columns]) => [`model.layers.${at}.${name}`, layer(rows, columns)]),
    ).flat(),
  );
  it('hold packed indices, codebooks, order, scale and shift of each layer', () => {
    const model = modelOf(llama31Of8B, { quant_method: 'vptq', config_for_layers: all });
    assert.equal(model.checkpoint.scheme, 'vptq-v8-k65536-256');
    assert.equal(model.checkpoint.bytes, kept + sumOver((rows, columns) => (rows / 8) * columns * 3 + 2 * (65536 + 256) * 8 + 6 * columns));
    assert.deepEqual(codes(model), []);
  });
  it('may tell a layout once for all layers of a name', () => {
    const shared_layer_config = Object.fromEntries(shapes.map(([name, rows, columns]) => [name.split('.')[1], layer(rows, columns)]));
    const once = modelOf(llama31Of8B, { quant_method: 'vptq', config_for_layers: {}, shared_layer_config });
    assert.equal(once.checkpoint.bytes, modelOf(llama31Of8B, { quant_method: 'vptq', config_for_layers: all }).checkpoint.bytes);
  });
  it('keep layers without a layout, and mix those that differ', () => {
    const mixed: Record<string, object> = {
      ...all,
      'model.layers.1.mlp.up_proj': layer(14336, 4096, {
        num_centroids: [4096, 65536],
        num_res_centroids: [-1, -1],
        vector_lens: [4, 8],
        outlier_size: 64,
        group_size: 4032,
      }),
    };
    delete mixed['model.layers.0.mlp.up_proj'];
    const { extras, scheme } = modelOf(llama31Of8B, { quant_method: 'vptq', config_for_layers: mixed }).checkpoint;
    assert.equal(extras.keptByReason['not-named'], kept + 2 * 14336 * 4096);
    assert.equal(scheme, 'vptq-v8-k65536-256+vptq-v8-k65536');
  });
  it('with impossible figures take no layout from them', () => {
    for (const more of [{ vector_lens: [-1, 2 ** 20] }, { num_centroids: [-1, 2 ** 40] }, { num_centroids: 'many' }]) {
      const model = modelOf(llama31Of8B, { quant_method: 'vptq', config_for_layers: { 'model.layers.0.mlp.up_proj': layer(1, 1, more) } });
      assert.deepEqual(codes(model), ['quantization-unknown'], JSON.stringify(more));
    }
    const groups = modelOf(llama31Of8B, {
      quant_method: 'vptq',
      config_for_layers: { 'model.layers.0.mlp.up_proj': layer(14336, 4096, { group_num: 2 ** 31 }) },
    });
    assert.ok(groups.checkpoint.bytes < 2 * groups.parameters.total);
  });
  it('without any layout are an estimate', () => {
    const model = modelOf(llama31Of8B, { quant_method: 'vptq', config_for_layers: {} });
    assert.deepEqual(codes(model), ['quantization-unknown']);
    assert.equal(model.checkpoint.basis.kind, 'approximate');
  });
});

describe('QuIP# and QTIP files', () => {
  const bytesOf = (quip_params: object) => {
    const found = analyze(toJson({ ...half, quip_params }) as JsonObject);
    assert.ok(found.kind === 'model');
    return found.checkpoint;
  };
  it('are known by quip_params', () => {
    const e8p = bytesOf({ codebook: 'E8P12', codesz: 8, idx_dtype: 'torch.int64', lora_rank: 0, packsz: 4, rescale_WH: false });
    assert.equal(e8p.scheme, 'quip-2bit-e8p12');
    // Signs of four inputs (query, key and value share theirs, so do up and gate), of every output, scales and numbers.
    const beside = 2 * (3 * 4096 + 14336) + 2 * shapes.reduce((sum, [, rows]) => sum + rows, 0) + 4 * (2 + 8) + 2 * (3 + 2);
    assert.equal(e8p.bytes, kept + layers * (elements / 4 + beside));
    const rescaled = bytesOf({ codebook: 'E8P12RVQ4B', rescale_WH: true });
    assert.equal(rescaled.bytes, kept + layers * (elements / 2 + beside + 2 * (3 * 4096 + 14336)));
  });
  it('hold a trellis where there is a tile, and plain layers where one is skipped', () => {
    const params = { K: 3, L: 16, V: 2, codebook: 'bitshift', decode_mode: 'quantlut_sym', td_x: 16, td_y: 16, tlut_bits: 9 };
    const found = bytesOf({ ...params, skip_list: ['0_v', '1_down', 'nonsense'] });
    assert.equal(found.scheme, 'qtip-3bit');
    assert.equal(found.extras.keptByReason['kept-by-name'], 2 * (1024 * 4096 + 4096 * 14336));
    const computed = bytesOf({ ...params, decode_mode: '3inst', tlut_bits: 0 });
    assert.equal(computed.bytes, kept + sumOver((rows, columns) => (rows * columns * 3) / 8 + 2 * columns + 4 * rows + 16));
  });
});

describe('SpQR files', () => {
  const shapesOf = (outliers: (rows: number, columns: number) => number) =>
    Object.fromEntries(
      Array.from({ length: layers }, (_, at) =>
        shapes.flatMap(([name, rows, columns]) => [
          [`model.layers.${at}.${name}.dense_weights.shape`, (rows * columns) / 16],
          [`model.layers.${at}.${name}.row_offsets.shape`, rows + 1],
          [`model.layers.${at}.${name}.col_vals.shape`, outliers(rows, columns) + at],
          [`model.layers.${at}.${name}.in_perm.shape`, columns / 2],
        ]),
      ).flat(),
    );
  it('tell the outliers of every layer', () => {
    const model = modelOf(half, { quant_method: 'spqr', bits: 3, beta1: 16, beta2: 16, shapes: shapesOf((rows) => 7 * rows) });
    const more = 4 * shapes.length * ((layers * (layers - 1)) / 2);
    assert.equal(
      model.checkpoint.bytes,
      kept + sumOver((rows, columns) => (rows * columns) / 2 + 4 * (rows + 1) + 4 * 7 * rows + 2 * columns) + more,
    );
    assert.equal(model.checkpoint.basis.kind, 'rule');
    assert.deepEqual(codes(model), []);
  });
  it('are an estimate with the usual outliers where they do not', () => {
    const model = modelOf(half, { quant_method: 'spqr', bits: 3, modules_to_not_convert: ['lm_head.weight'] });
    assert.deepEqual(codes(model), ['quantization-incomplete']);
    assert.deepEqual(model.checkpoint.basis, { kind: 'approximate', reasons: ['outliers-by-data'] });
  });
});

describe('BitNet files', () => {
  it('hold four weights in a byte, and a scale', () => {
    const { checkpoint } = modelOf(llama31Of8B, { quant_method: 'bitnet', modules_to_not_convert: null });
    assert.equal(checkpoint.bytes, kept + sumOver((rows, columns) => (rows * columns) / 4 + 2));
    const normed = modelOf(llama31Of8B, { quant_method: 'bitnet', use_rms_norm: true }).checkpoint;
    assert.equal(
      normed.bytes - checkpoint.bytes,
      sumOver((_rows, columns) => 2 * columns),
    );
  });
  it('are plain where each pass makes the weights ternary', () => {
    const online = { quant_method: 'bitnet', linear_class: 'autobitlinear', quantization_mode: 'online' };
    const model = modelOf(llama32Of3B, online);
    assert.equal(model.checkpoint.scheme, 'bf16');
    assert.equal(model.checkpoint.bytes, 2 * model.parameters.stored);
    assert.deepEqual(codes(model), []);
    assert.equal(modelOf(llama32Of3B, { ...online, quantization_mode: 'offline' }).checkpoint.scheme, 'bitnet-1.58bit');
  });
});
