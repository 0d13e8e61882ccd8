import assert from 'node:assert/strict';
import { expectedTensors } from '../../../../src/engine/index';
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

describe('NVFP4 of ModelOpt with AWQ', () => {
  const plain = checkpointOf(block('NVFP4'));
  const awq = checkpointOf(block('NVFP4_AWQ'));

  it('counts a factor per column of every layer, of which the export folds some', () => {
    assert.equal(awq.scheme, 'nvfp4-awq');
    assert.deepEqual(awq.basis, { kind: 'approximate', reasons: ['factors-folded'] });
    assert.equal(awq.bytes - plain.bytes, 32 * 2 * (6 * 4096 + 14336));
  });
  it('is exact without', () => {
    assert.equal(plain.basis.kind, 'exact');
  });
});
