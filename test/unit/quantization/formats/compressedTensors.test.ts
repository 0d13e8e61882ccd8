import assert from 'node:assert/strict';
import { analyze, expectedTensors, type Analysis } from '../../../../src/engine/index';

/** Tensors of one layer, by what follows its module. */
function stored(weights: object, more: object = {}, config: object = {}) {
  const analysis = analyze({
    model_type: 'llama',
    architectures: ['LlamaForCausalLM'],
    dtype: 'bfloat16',
    vocab_size: 64,
    hidden_size: 256,
    intermediate_size: 512,
    num_hidden_layers: 1,
    num_attention_heads: 4,
    quantization_config: {
      quant_method: 'compressed-tensors',
      config_groups: { group_0: { targets: ['Linear'], weights: { type: 'int', symmetric: true, ...weights }, ...more } },
      ignore: ['lm_head'],
      ...config,
    },
  }) as Analysis;
  const module = 'model.layers.0.mlp.down_proj.';
  const tensors = [...expectedTensors(analysis)].filter(({ name }) => name.startsWith(module));
  return {
    scheme: analysis.checkpoint.scheme,
    tensors: Object.fromEntries(tensors.map(({ name, dtype, shape }) => [name.slice(module.length), `${dtype} ${shape.join('×')}`])),
  };
}
const int8Activations = { input_activations: { num_bits: 8, type: 'int', dynamic: true } };

describe('integers of compressed-tensors', () => {
  const group = { num_bits: 4, strategy: 'group', group_size: 128 };

  it('of 4 bits spend a byte each where the format does not pack them', () => {
    for (const format of ['int-quantized', 'naive-quantized'])
      assert.deepEqual(stored(group, {}, { format }), {
        scheme: 'w4a16-int8-g128',
        tensors: { weight: 'I8 256×512', weight_scale: 'BF16 256×4' },
      });
  });
  it('of 4 bits with integer activations are not packed, unless the format says so', () => {
    const unpacked = { scheme: 'w4a8-int8-g128', tensors: { weight: 'I8 256×512', weight_scale: 'BF16 256×4' } };
    assert.deepEqual(stored(group, int8Activations, { format: 'int-quantized' }), unpacked);
    assert.deepEqual(stored(group, int8Activations), unpacked);
    assert.deepEqual(stored(group, { ...int8Activations, format: 'int-quantized' }, { format: 'mixed-precision' }), unpacked);
    assert.equal(stored(group, int8Activations, { format: 'pack-quantized' }).tensors['weight_packed'], 'I32 256×64');
  });
  it('with activations of floats, or with none, are packed', () => {
    for (const more of [{}, { input_activations: { num_bits: 8, type: 'float', dynamic: true } }])
      assert.equal(stored(group, more).tensors['weight_packed'], 'I32 256×64');
  });
  it('have zero points of their own type, and the group of each column where their order needs it', () => {
    const found = stored({ ...group, symmetric: false, actorder: 'group' }, {}, { format: 'int-quantized' });
    assert.deepEqual(found.tensors, {
      weight: 'I8 256×512',
      weight_scale: 'BF16 256×4',
      weight_zero_point: 'I8 256×4',
      weight_g_idx: 'I32 512',
    });
  });
  it('of more than 8 bits take two bytes', () => {
    const found = stored({ num_bits: 12, strategy: 'channel' }, {}, { format: 'int-quantized' });
    assert.deepEqual(found, { scheme: 'w12a16-int16', tensors: { weight: 'I16 256×512', weight_scale: 'BF16 256×1' } });
  });
  it('of 8 bits are as before: plain with activations, packed without', () => {
    const channel = { num_bits: 8, strategy: 'channel' };
    assert.equal(stored(channel, int8Activations, { format: 'int-quantized' }).scheme, 'w8a8-int8');
    assert.equal(stored(channel, {}, { format: 'pack-quantized' }).tensors['weight_packed'], 'I32 256×128');
  });
});
