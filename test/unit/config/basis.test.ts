import assert from 'node:assert/strict';
import { analyze, estimate, findDevice, toJson, type Analysis, type JsonObject } from '../../../src/engine/index';

const llama = { model_type: 'llama', architectures: ['LlamaForCausalLM'], torch_dtype: 'bfloat16' };
const read = (config: object): Analysis => analyze(toJson(config) as JsonObject) as Analysis;
const invalid = ({ findings }: Analysis): string[] =>
  findings.filter(({ code }) => code === 'invalid-value').map(({ path }) => path.join('.'));

describe('the basis of figures whose input cannot be right', () => {
  for (const [name, config, path] of [
    ['text in place of a flag', { model_type: 'falcon', architectures: ['FalconForCausalLM'], multi_query: 'false' }, 'multi_query'],
    ['text in place of a list of layers', { model_type: 'qwen3', architectures: ['Qwen3ForCausalLM'], layer_types: 'full' }, 'layer_types'],
    ['null in place of a size', { ...llama, hidden_size: null }, 'hidden_size'],
    ['a negative number of labels', { ...llama, architectures: ['LlamaForSequenceClassification'], num_labels: -4 }, 'num_labels'],
    ['a list in place of a computed size', { ...llama, head_dim: [64] }, 'head_dim'],
  ] as const)
    it(`is approximate with ${name}, and the finding stands at its place`, () => {
      const analysis = read(config);
      assert.deepEqual(invalid(analysis), [path]);
      assert.equal(analysis.basis.kind, 'approximate');
      assert.equal(analysis.checkpoint.basis.kind, 'approximate');
    });

  it('is that of the bytes alone where the quantization config cannot be right', () => {
    for (const [written, path] of [
      ['gptq', 'quantization_config'],
      [{ quant_method: 'gptq', bits: '4', group_size: 128 }, 'quantization_config.bits'],
    ] as const) {
      const analysis = read({ ...llama, quantization_config: written });
      assert.deepEqual(invalid(analysis), [path]);
      assert.equal(analysis.basis.kind, 'exact');
      assert.equal(analysis.checkpoint.basis.kind, 'approximate');
    }
  });

  it('is approximate when another head was counted than the file names', () => {
    const { basis } = read({ ...llama, architectures: ['LlamaForWeather'] });
    assert.deepEqual(basis, { kind: 'approximate', reasons: ['class-unknown'] });
  });

  it('reaches what is made of the figures: weights, the checkpoint and what fits', () => {
    const analysis = read({ ...llama, hidden_size: '4096' });
    const device = findDevice('RTX 4090');
    assert.equal(device.kind, 'found');
    const value = estimate(analysis, {
      context: 1024,
      batch: 1,
      kvDtype: 'auto',
      precisions: ['checkpoint', 'awq-int4-g128'],
      targets: device.kind === 'found' ? [{ device: device.device, count: 1 }] : [],
    });
    for (const { basis } of [...value.weights, ...value.fits]) assert.ok(basis.reasons.includes('invalid-values-replaced'));
  });
});
