import assert from 'node:assert/strict';
import { analyze, expectedTensors, type Analysis } from '../../../../src/engine/index';
import { modelOf } from '../models';

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

/** Every tensor but the norms, at two layers: name after the layer, type and shape. */
function layerOf(quantization: object, config: object = {}): Record<string, string> {
  const analysis = modelOf({ ...tiny, ...config }, { quant_method: 'compressed-tensors', ignore: ['lm_head'], ...quantization });
  const tensors = [...expectedTensors(analysis)].filter(({ name }) => name.startsWith('model.layers.0.'));
  return Object.fromEntries(tensors.map(({ name, dtype, shape }) => [name.slice('model.layers.0.'.length), `${dtype} ${shape.join('×')}`]));
}
const tiny = {
  ...{ model_type: 'llama', architectures: ['LlamaForCausalLM'], dtype: 'bfloat16', vocab_size: 64, hidden_size: 256 },
  ...{ intermediate_size: 512, num_hidden_layers: 2, num_attention_heads: 4, num_key_value_heads: 2, head_dim: 64 },
};
const channel = { num_bits: 8, type: 'float', strategy: 'channel', symmetric: true };
const groupOf = (more: object = {}, targets: readonly string[] = ['Linear']) => ({ targets, weights: channel, ...more });
const scalesOf = (tensors: Record<string, string>, pattern: RegExp) =>
  Object.fromEntries(Object.entries(tensors).filter(([name]) => pattern.test(name)));

describe('values around the weights of compressed-tensors', () => {
  const around = (more: object, weights: object = channel) =>
    scalesOf(layerOf({ config_groups: { g: groupOf({ weights, ...more }) } }), /down_proj\.(in|out)put/);
  const values = { num_bits: 8, type: 'int', strategy: 'tensor', dynamic: false, symmetric: true };

  it('have a scale where they were measured, and a zero point where they are not symmetric', () => {
    const integers = { num_bits: 8, type: 'int', strategy: 'channel', symmetric: true };
    assert.deepEqual(around({ input_activations: values }, integers), { 'mlp.down_proj.input_scale': 'BF16 1' });
    assert.deepEqual(around({ input_activations: { ...values, symmetric: false } }, integers), {
      'mlp.down_proj.input_scale': 'BF16 1',
      'mlp.down_proj.input_zero_point': 'I8 1',
    });
  });
  it('have them on the side of the output, too', () => {
    assert.deepEqual(around({ output_activations: { ...values, type: 'float' } }), { 'mlp.down_proj.output_scale': 'BF16 1' });
  });
  it('have one for each group', () => {
    const grouped = { ...values, strategy: 'group', group_size: 128 };
    assert.deepEqual(around({ input_activations: grouped, output_activations: grouped }), {
      'mlp.down_proj.input_scale': 'BF16 4',
      'mlp.down_proj.output_scale': 'BF16 2',
    });
  });
  it('have that of the tensor alone where those of groups are found while running', () => {
    const local = { num_bits: 4, type: 'float', strategy: 'tensor_group', group_size: 16, dynamic: 'local', symmetric: true };
    assert.deepEqual(around({ input_activations: local }, { ...local, dynamic: false }), { 'mlp.down_proj.input_global_scale': 'F32 1' });
  });
  it('have none where they are scaled as they come', () => {
    for (const strategy of ['token', 'tensor']) assert.deepEqual(around({ input_activations: { ...values, strategy, dynamic: true } }), {});
  });
});

describe('the cache of compressed-tensors', () => {
  const scheme = { num_bits: 8, type: 'float', strategy: 'tensor', dynamic: false, symmetric: true };
  const cache = (more: object = {}, config: object = {}) =>
    scalesOf(layerOf({ config_groups: { g: groupOf() }, kv_cache_scheme: { ...scheme, ...more } }, config), /self_attn\.[kv]_/);
  const of = (shape: string) => ({ 'self_attn.k_scale': shape, 'self_attn.v_scale': shape });
  const own = (tensors: Record<string, string>) => scalesOf(tensors, /^self_attn\.[kv]_(scale|zero_point)$/);

  it("has scales of the model's own type, whatever stays", () => {
    assert.deepEqual(own(cache()), of('BF16 1'));
    assert.deepEqual(own(cache({}, { dtype: 'float16' })), of('F16 1'));
  });
  it('has one for each head of keys and values where the strategy says so', () => {
    assert.deepEqual(own(cache({ strategy: 'attn_head' })), of('BF16 2×1×1'));
  });
  it('has none where values are scaled as they come', () => {
    assert.deepEqual(own(cache({ dynamic: true })), {});
  });
  it('has zero points where it is not symmetric', () => {
    assert.deepEqual(own(cache({ type: 'int', symmetric: false })), {
      ...of('BF16 1'),
      ...{ 'self_attn.k_zero_point': 'I8 1', 'self_attn.v_zero_point': 'I8 1' },
    });
  });
});

describe('modules by name in compressed-tensors', () => {
  const bytes = (quantization: object): number =>
    modelOf(tiny, { quant_method: 'compressed-tensors', config_groups: { g: groupOf() }, ...quantization }).checkpoint.bytes;
  const plain = bytes({ ignore: ['lm_head'] });

  it('are whole names: a module around them, or the last part alone, names none', () => {
    for (const name of ['model.layers.0.mlp', 'gate_proj', 'mlp.gate_proj', 'model.layers'])
      assert.equal(bytes({ ignore: ['lm_head', name] }), plain, name);
  });
  it('are found by their whole name, and by an expression from its start', () => {
    const one = 512 * 256 - 2 * 512;
    assert.equal(bytes({ ignore: ['lm_head', 'model.layers.0.mlp.gate_proj'] }) - plain, one);
    assert.equal(bytes({ ignore: ['lm_head', 're:.*gate_proj'] }) - plain, 2 * one);
  });
  it('come before expressions, and those before classes, in whatever order the groups stand', () => {
    const wide = { num_bits: 8, type: 'int', strategy: 'group', group_size: 64, symmetric: true };
    const narrow = { num_bits: 4, type: 'int', strategy: 'group', group_size: 64, symmetric: true };
    const name = 'model.layers.0.mlp.down_proj';
    const found = layerOf({
      config_groups: {
        a: groupOf(),
        b: groupOf({ weights: narrow }, ['re:.*mlp.*']),
        c: groupOf({ weights: wide }, [name]),
      },
    });
    assert.equal(found['mlp.down_proj.weight_packed'], 'I32 256×128');
    assert.equal(found['mlp.up_proj.weight_packed'], 'I32 512×32');
    assert.equal(found['self_attn.q_proj.weight'], 'F8_E4M3 256×256');
  });
  it('embeddings are a class of their own, with a group of their own or that of the linear layers', () => {
    const embedding = (groups: object) => {
      const analysis = modelOf(tiny, { quant_method: 'compressed-tensors', ignore: ['lm_head'], config_groups: groups });
      assert.deepEqual(
        analysis.findings.filter(({ code }) => code.startsWith('quantization')),
        [],
      );
      return [...expectedTensors(analysis)]
        .filter(({ name }) => name.includes('embed'))
        .map(({ dtype, shape }) => `${dtype} ${shape.join('×')}`);
    };
    const integers = { num_bits: 8, type: 'int', strategy: 'channel', symmetric: true };
    const packed = ['I32 64×64', 'BF16 64×1', 'I64 2'];
    assert.deepEqual(embedding({ g: groupOf() }), ['BF16 64×256']);
    assert.deepEqual(embedding({ g: groupOf({ weights: integers }, ['Linear', 'Embedding']) }), packed);
    assert.deepEqual(embedding({ g: groupOf(), e: groupOf({ weights: integers }, ['Embedding']) }), packed);
  });
});
