import assert from 'node:assert/strict';
import { analyze, weightsAt, type Analysis, type JsonObject, type Sidecars } from '../../../../src/engine/index';
import { llama31Of8B } from '../models';

describe('a block that quantizes the cache alone', () => {
  const plain = (analyze(llama31Of8B) as Analysis).checkpoint;
  const checkpointOf = (quantization_config?: JsonObject, sidecars?: Sidecars) =>
    analyze({ ...llama31Of8B, ...(quantization_config && { quantization_config }) }, sidecars) as Analysis;
  const scheme = { num_bits: 8, type: 'float' };
  const attention = { targets: ['LlamaAttention'], weights: null, input_activations: scheme };
  const cases: Readonly<Record<string, Analysis>> = {
    'compressed-tensors without groups': checkpointOf({ quant_method: 'compressed-tensors', config_groups: {}, kv_cache_scheme: scheme }),
    'compressed-tensors with a group of activations': checkpointOf({
      quant_method: 'compressed-tensors',
      config_groups: { group_0: attention },
      kv_cache_scheme: scheme,
    }),
    'ModelOpt in the config': checkpointOf({ quant_method: 'modelopt', quant_algo: null, kv_cache_scheme: scheme }),
    'ModelOpt beside it': checkpointOf(undefined, { hfQuantConfig: { quantization: { quant_algo: null, kv_cache_quant_algo: 'FP8' } } }),
  };
  for (const [title, analysis] of Object.entries(cases))
    it(`${title}: weights stay, and at most a scale for keys and one for values comes to each layer`, () => {
      const { checkpoint, findings } = analysis;
      assert.equal(checkpoint.scheme, 'bf16');
      assert.equal(checkpoint.extras.quantizedParameters, 0);
      const scales = checkpoint.bytes - plain.bytes;
      assert.ok(scales >= 0 && scales <= 32 * 2 * 4, String(scales));
      assert.deepEqual(
        findings.filter(({ code }) => code.startsWith('quantization')),
        [],
      );
    });
});

describe('a publisher recipe on a width that falls back', () => {
  it('never names a size outside of its own range', () => {
    const analysis = analyze({
      ...llama31Of8B,
      hidden_size: 2688,
      intermediate_size: 1856,
      num_attention_heads: 21,
      num_key_value_heads: 7,
    }) as Analysis;
    for (const name of ['UD-Q4_K_XL', 'UD-Q4_K_M', 'UD-Q2_K_XL', 'UD-IQ1_S']) {
      const { bytes, details } = weightsAt(analysis, name);
      const [low, high] = details?.range ?? [Infinity, 0];
      assert.ok(low <= bytes && bytes <= high, `${name}: ${bytes} in ${low} to ${high}`);
    }
  });
});
