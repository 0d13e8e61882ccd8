import assert from 'node:assert/strict';
import { analyze, type Analysis, type JsonObject } from '../../../../src/engine/index';
import { llama31Of8B, qwen3Of30BA3B } from '../models';

describe('overrides in the quantization block of MLX', () => {
  const checkpointOf = (more: object) =>
    (analyze({ ...llama31Of8B, quantization: { group_size: 64, bits: 4, ...more } }) as Analysis).checkpoint;
  const [vocab, hidden] = [128256, 4096] as const;
  const at = (bits: number): number => (vocab * hidden * bits) / 8 + 4 * vocab * (hidden / 64);

  it('keep a head that is switched off by its name, which has no dot', () => {
    const { extras, bytes } = checkpointOf({ lm_head: false });
    assert.equal(extras.keptByReason['kept-by-name'], 2 * vocab * hidden);
    assert.equal(bytes - checkpointOf({}).bytes, 2 * vocab * hidden - at(4));
  });
  it('give single modules other bits', () => {
    assert.equal(checkpointOf({ 'model.embed_tokens': { bits: 8 } }).bytes - checkpointOf({}).bytes, at(8) - at(4));
  });
  it('fill in what they leave out as the program does, not as the block', () => {
    const gpt = { group_size: 32, bits: 4, mode: 'mxfp4' };
    const bytes = (more: object): number => checkpointOf({ ...gpt, ...more }).bytes;
    const fp4 = vocab * hidden * 0.5 + vocab * (hidden / 32);
    // Affine, although the block is not: scales and offsets at 16 bits.
    assert.equal(bytes({ 'model.embed_tokens': { group_size: 64, bits: 8 } }) - bytes({}), at(8) - fp4);
    assert.equal(bytes({ 'model.embed_tokens': { bits: 8 } }) - bytes({}), at(8) - fp4);
    assert.equal(bytes({ 'model.embed_tokens': { mode: 'mxfp8' } }) - bytes({}), vocab * hidden * 0.5);
  });
  it('read a switch that names no module as none', () => {
    assert.equal(checkpointOf({ some_option: false }).bytes, checkpointOf({}).bytes);
  });
});

describe('routers in a checkpoint of MLX', () => {
  const quantization = { group_size: 64, bits: 4 };
  const reasons = (config: object) => (analyze({ ...config, quantization } as never) as Analysis).checkpoint.extras.keptByReason;
  const deepseek = {
    model_type: 'deepseek_v3',
    architectures: ['DeepseekV3ForCausalLM'],
    dtype: 'bfloat16',
    vocab_size: 1024,
    num_hidden_layers: 4,
    first_k_dense_replace: 1,
    hidden_size: 512,
    moe_intermediate_size: 128,
    n_routed_experts: 16,
    num_nextn_predict_layers: 0,
  };

  it('stay where the class of mlx-lm holds them as a bare matrix, of which the block says nothing', () => {
    assert.equal(reasons(deepseek).router, 2 * 3 * 16 * 512);
  });
  it('are quantized like any other layer where it is a linear module', () => assert.equal(reasons(qwen3Of30BA3B).router, undefined));
});

describe('MLX on experts that its classes name otherwise', () => {
  const bytes = (config: JsonObject, entries: JsonObject): number => {
    const analysis = analyze({ ...config, quantization: { bits: 4, group_size: 64, ...entries } }) as Analysis;
    assert.equal(analysis.checkpoint.basis.kind, 'exact');
    return analysis.checkpoint.bytes;
  };
  const eight = { bits: 8, group_size: 64 };

  it('finds w1, w2 and w3 of Mixtral under the names of the projections', () => {
    const mixtral = { model_type: 'mixtral', torch_dtype: 'bfloat16', hidden_size: 256, intermediate_size: 512, num_hidden_layers: 2 };
    const config = { ...mixtral, num_attention_heads: 8, num_key_value_heads: 2, num_local_experts: 4, vocab_size: 512 };
    const place = 'model.layers.0.block_sparse_moe.switch_mlp';
    const plain = bytes(config, {});
    for (const projection of ['gate_proj', 'up_proj', 'down_proj'])
      assert.equal(bytes(config, { [`${place}.${projection}`]: eight }) - plain, (4 * 256 * 512) / 2, projection);
  });
  it('takes the projections of gpt-oss out of the tensor that holds two of them', () => {
    const gptOss = { model_type: 'gpt_oss', torch_dtype: 'bfloat16', hidden_size: 256, intermediate_size: 128, num_hidden_layers: 2 };
    const config = { ...gptOss, num_attention_heads: 4, num_key_value_heads: 2, head_dim: 64, num_local_experts: 4, vocab_size: 512 };
    const place = 'model.layers.0.mlp.experts';
    const [plain, half] = [bytes(config, {}), (4 * 256 * 128) / 2];
    assert.equal(bytes(config, { [`${place}.gate_proj`]: eight }) - plain, half);
    assert.equal(bytes(config, { [`${place}.gate_proj`]: eight, [`${place}.up_proj`]: eight }) - plain, 2 * half);
    assert.equal(bytes(config, { [`${place}.down_proj`]: eight }) - plain, half);
    const mxfp4 = { bits: 4, group_size: 32, mode: 'mxfp4' };
    const scales = (4 * 128 * 256 * 4) / 64 - (4 * 128 * 256) / 32;
    assert.equal(plain - bytes(config, { [`${place}.gate_proj`]: mxfp4, [`${place}.up_proj`]: mxfp4 }), 2 * scales);
    assert.equal(bytes(config, { [`${place}.up_proj`]: false }) - plain, 4 * 128 * 256 * 2 - half - (4 * 128 * 256 * 4) / 64);
  });
});
