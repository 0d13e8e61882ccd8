import assert from 'node:assert/strict';
import { analyze, findBlock, type Analysis, type JsonObject } from '../../../src/engine/index';

const text = { model_type: 'gemma3_text', hidden_size: 256, intermediate_size: 512, num_hidden_layers: 2, vocab_size: 1000 };
const vision_config = {
  hidden_size: 64,
  intermediate_size: 128,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  image_size: 56,
  patch_size: 14,
};
const composite = (text_config: JsonObject, more: JsonObject = {}): JsonObject => ({
  model_type: 'gemma3',
  architectures: ['Gemma3ForConditionalGeneration'],
  text_config,
  vision_config,
  ...more,
});
const llama = (more: JsonObject): JsonObject => ({
  model_type: 'llama',
  architectures: ['LlamaForCausalLM'],
  dtype: 'bfloat16',
  vocab_size: 64,
  hidden_size: 64,
  intermediate_size: 128,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  ...more,
});
const analysisOf = (config: JsonObject): Analysis => analyze(config) as Analysis;
const checkpointOf = (config: JsonObject) => analysisOf(config).checkpoint;

describe('where a config says how it is quantized', () => {
  const mlx = { group_size: 64, bits: 4 };
  it("MLX's block in the section of the text model, which leaves towers alone", () => {
    const found = checkpointOf(composite({ ...text, quantization: mlx }));
    assert.equal(found.scheme, 'mlx-4bit-g64');
    assert.ok((found.extras.keptByReason.tower ?? 0) > 0);
    assert.deepEqual(findBlock(composite({ ...text, quantization: mlx }))?.path, ['text_config', 'quantization']);
  });
  it("MLX's block at the top before the one in the section, and both alike without a finding", () => {
    const both = composite({ ...text, quantization: mlx }, { quantization: mlx });
    assert.deepEqual(findBlock(both)?.path, ['quantization']);
    assert.deepEqual(
      analysisOf(both).findings.filter(({ code }) => code.startsWith('quantization')),
      [],
    );
  });
  it('no section of that name which holds something else', () => {
    for (const quantization of [true, 4, {}, { enabled: true }, null])
      assert.equal(findBlock(composite({ ...text, quantization } as JsonObject)), undefined, JSON.stringify(quantization));
  });

  const groups = { group_0: { targets: ['Linear'], weights: { num_bits: 8, type: 'int', strategy: 'channel', symmetric: true } } };
  const inner = { config_groups: groups, format: 'int-quantized', ignore: ['lm_head'] };
  for (const [what, config, path] of [
    ['compression_config', { compression_config: { ...inner, quant_method: 'compressed-tensors' } }, ['compression_config']],
    ['a wrapped compression_config', { compression_config: { quantization_config: inner } }, ['compression_config', 'quantization_config']],
    [
      'one with what is said of sparse weights beside it',
      { compression_config: { quant_method: 'compressed-tensors', sparsity_config: { format: 'dense' }, quantization_config: inner } },
      ['compression_config', 'quantization_config'],
    ],
    [
      'a wrapped quantization_config',
      { quantization_config: { quant_method: 'compressed-tensors', quantization_config: inner } },
      ['quantization_config', 'quantization_config'],
    ],
  ] as const)
    it(`${what} of compressed-tensors`, () => {
      const root = llama(config as unknown as JsonObject);
      const { scheme, bytes } = checkpointOf(root);
      assert.deepEqual([scheme, findBlock(root)?.path], ['w8a16-int8', path]);
      assert.equal(bytes, checkpointOf(llama({ quantization_config: { ...inner, quant_method: 'compressed-tensors' } })).bytes);
    });
  it('what is said of sparse weights beside a wrapped block', () => {
    const sparsity_config = { format: 'sparse-24-bitmask', sparsity_structure: '2:4' };
    const float = { group_0: { targets: ['Linear'], weights: { num_bits: 8, type: 'float', strategy: 'channel', symmetric: true } } };
    const wrapped = { compression_config: { sparsity_config, quantization_config: { config_groups: float, format: 'float-quantized' } } };
    assert.equal(checkpointOf(llama(wrapped)).scheme, 'sparse24-fp8');
  });
  it('no block in a block of another method', () => {
    const gptq = { quant_method: 'gptq', bits: 4, group_size: 64, desc_act: false, quantization_config: { bits: 8 } };
    assert.equal(checkpointOf(llama({ quantization_config: gptq })).scheme, 'gptq-int4-g64');
  });
});
