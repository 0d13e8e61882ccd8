import assert from 'node:assert/strict';
import { analyze, toJson, type Analysis, type JsonObject } from '../../../../src/engine/index';
import { llama31Of8B, llama32Of3B, modelOf } from '../models';

const half = { ...llama31Of8B, torch_dtype: 'float16' };
const perLayer = 2 * 4096 * 4096 + 2 * 1024 * 4096 + 3 * 14336 * 4096;
const kept = 2 * (128256 * 4096 + 65 * 4096);

describe('EXL2 files', () => {
  const block = (more: object = {}) => ({ quant_method: 'exl2', version: '0.1.8', bits: 4.25, head_bits: 6, ...more });
  /** Five groups of 128 columns at 8 bits, the other 27 at 6. */
  const head = 128256 * (640 + (3456 * 6) / 8) + 32 * (128256 / 2) + 32 * (2 + 4) + 4 * 4096;

  it('hold the layers at the target and the head at its own', () => {
    const { checkpoint, findings } = modelOf(half, block());
    assert.equal(checkpoint.scheme, 'exl2-4.25bpw');
    assert.equal(checkpoint.bytes, kept + head + (32 * perLayer * 4.25) / 8);
    assert.deepEqual(checkpoint.basis, { kind: 'rule', reasons: ['exllama-layers', 'bits-by-measurement'] });
    assert.deepEqual(
      findings.filter(({ code }) => code.startsWith('quantization')),
      [],
    );
  });
  it('keep the head where it is at 16 bits', () => {
    const { checkpoint } = modelOf(half, block({ head_bits: 16 }));
    assert.equal(checkpoint.extras.keptByReason.head, 2 * 128256 * 4096);
  });
  it('store a tied head by itself', () => {
    const tied = modelOf(llama32Of3B, block());
    const apart = modelOf({ ...llama32Of3B, tie_word_embeddings: false }, block());
    assert.equal(tied.checkpoint.bytes, apart.checkpoint.bytes);
    assert.ok(tied.checkpoint.extras.quantizedParameters < tied.parameters.total);
    const sixteen = modelOf(llama32Of3B, block({ head_bits: 16 })).checkpoint.bytes;
    assert.equal(
      modelOf({ ...llama32Of3B, tie_word_embeddings: false }, block({ head_bits: 16 })).checkpoint.bytes - sixteen,
      2 * 128256 * 3072,
    );
  });
  it('without bits are an estimate, and say so', () => {
    const model = modelOf(half, { quant_method: 'exl2' });
    assert.equal(model.checkpoint.scheme, 'exl2-4.0bpw');
    assert.ok(model.findings.some(({ code }) => code === 'quantization-incomplete'));
  });
});

describe('EXL3 files', () => {
  const block = (more: object = {}) => ({ quant_method: 'exl3', version: '0.0.30', bits: 4.0, head_bits: 6, codebook: 'mul1', ...more });
  const shapes: readonly (readonly [name: string, rows: number, columns: number])[] = [
    ['self_attn.q_proj', 4096, 4096],
    ['self_attn.k_proj', 1024, 4096],
    ['self_attn.v_proj', 1024, 4096],
    ['self_attn.o_proj', 4096, 4096],
    ['mlp.gate_proj', 14336, 4096],
    ['mlp.up_proj', 14336, 4096],
    ['mlp.down_proj', 4096, 14336],
  ];
  const layerBytes = (bits: number, multiplier = 4) =>
    shapes.reduce((sum, [, rows, columns]) => sum + (rows * columns * bits) / 8 + 2 * (rows + columns) + multiplier, 0);
  const head = (128256 * 4096 * 6) / 8 + 2 * (128256 + 4096) + 4;

  it('hold whole bits in every layer', () => {
    const { checkpoint } = modelOf(half, block());
    assert.equal(checkpoint.scheme, 'exl3-4.0bpw');
    assert.equal(checkpoint.bytes, kept + head + 32 * layerBytes(4));
    assert.deepEqual(checkpoint.basis, { kind: 'rule', reasons: ['exllama-layers'] });
  });
  it('hold no codebook tensor before there was a choice', () => {
    const { checkpoint } = modelOf(half, block({ codebook: undefined }));
    assert.equal(checkpoint.bytes, kept + head - 4 + 32 * layerBytes(4, 0));
  });
  it('mix whole bits up to an average', () => {
    const { checkpoint } = modelOf(half, block({ bits: 3.5 }));
    assert.equal(checkpoint.bytes, kept + head + 32 * layerBytes(3.5));
    assert.deepEqual(checkpoint.basis, { kind: 'rule', reasons: ['exllama-layers', 'bits-by-priority'] });
    assert.ok(Number.isInteger(modelOf(half, block({ bits: 2.51 })).checkpoint.bytes));
  });
  it('hold half bits in every layer since there are such', () => {
    const basisOf = (more: object) => modelOf(half, block({ version: '1.6.5', bits: 3.5, ...more })).checkpoint.basis.reasons;
    assert.deepEqual(basisOf({}), ['exllama-layers']);
    for (const other of [{ codebook: 'mcg' }, { bits: 4.5 }, { bits: 2.25 }, { version: '1.4.1' }, { version: undefined }])
      assert.deepEqual(basisOf(other), ['exllama-layers', 'bits-by-priority'], JSON.stringify(other));
  });

  /** `tensor_storage` as the converter writes it: 5 bits in the attention of the first layer, 3 elsewhere. */
  const tensor = (shape: readonly number[], torch_dtype: string, width: number) => ({
    shape,
    n_bytes: shape.reduce((product, side) => product * side, width),
    torch_dtype,
  });
  const quantized = (module: string, rows: number, columns: number, bits: number) => ({
    stored_tensors: {
      [`${module}.suh`]: tensor([columns], 'torch.float16', 2),
      [`${module}.svh`]: tensor([rows], 'torch.float16', 2),
      [`${module}.trellis`]: tensor([columns / 16, rows / 16, 16 * bits], 'torch.int16', 2),
      [`${module}.mcg`]: tensor([], 'torch.int32', 4),
    },
    quant_format: 'exl3',
    bits_per_weight: bits,
    mcg_multiplier: 3417055213,
  });
  const plain = (module: string, shape: readonly number[]) => ({
    stored_tensors: { [`${module}.weight`]: tensor(shape, 'torch.float16', 2) },
  });
  const tensor_storage = {
    'model.embed_tokens': plain('model.embed_tokens', [128256, 4096]),
    'model.norm': plain('model.norm', [4096]),
    lm_head: quantized('lm_head', 128256, 4096, 6),
    ...Object.fromEntries(
      Array.from({ length: 32 }, (_, at) => [
        ...['input_layernorm', 'post_attention_layernorm'].map((norm) => [
          `model.layers.${at}.${norm}`,
          plain(`model.layers.${at}.${norm}`, [4096]),
        ]),
        ...shapes.map(([name, rows, columns]) => {
          const module = `model.layers.${at}.${name}`;
          if (at === 31 && name === 'mlp.up_proj') return [module, plain(module, [rows, columns])];
          return [module, quantized(module, rows, columns, at === 0 && name.startsWith('self_attn') ? 5 : 3)];
        }),
      ]).flat(),
    ),
  };

  it('tell every layer in tensor_storage, to the byte', () => {
    const { checkpoint } = modelOf(half, block({ bits: 3.02, tensor_storage }));
    const told = Object.values(tensor_storage as Record<string, { stored_tensors: Record<string, { n_bytes: number }> }>)
      .flatMap(({ stored_tensors }) => Object.values(stored_tensors))
      .reduce((sum, { n_bytes }) => sum + n_bytes, 0);
    assert.equal(checkpoint.bytes, told);
    assert.equal(checkpoint.extras.keptByReason['kept-by-name'], 2 * (128256 * 4096 + 14336 * 4096));
    assert.deepEqual(checkpoint.basis, { kind: 'rule', reasons: ['layout-by-source'] });
  });

  it('tell them in the file beside the config, where the block of the config is without', () => {
    const full = block({ bits: 3.02, tensor_storage });
    const read = (config: object, beside: object): Analysis => {
      const result = analyze(toJson(config) as JsonObject, { quantizationConfig: toJson(beside) as JsonObject });
      assert.ok(result.kind === 'model');
      return result;
    };
    const within = modelOf(half, full).checkpoint;
    const beside = read({ ...half, quantization_config: block({ bits: 3.02 }) }, full);
    assert.deepEqual(beside.checkpoint, within);
    assert.ok(!beside.findings.some(({ code }) => code === 'quantization-contradiction'));
    assert.equal(read(half, full).checkpoint.bytes, within.bytes);
    assert.equal(read(half, full).checkpoint.source, 'quantization_config.json');
    const other = read({ ...half, quantization_config: { quant_method: 'awq', bits: 4, group_size: 128, version: 'gemm' } }, full);
    assert.equal(other.checkpoint.scheme, 'awq-int4-g128');
    assert.ok(other.findings.some(({ code }) => code === 'quantization-contradiction'));
    assert.equal(read(half, { quant_method: 'awq', bits: 4 }).checkpoint.scheme, 'fp16');
  });
});
