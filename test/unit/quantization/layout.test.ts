import assert from 'node:assert/strict';
import { analyze, layoutAt, presetNames, weightsAt, type Analysis } from '../../../src/engine/index';
import { gptOssOf20B, llama31Of8B, qwen3Of30BA3B } from './models';

describe('the tensors of a layout', () => {
  const models = {
    'Llama 3.1 8B': llama31Of8B,
    'gpt-oss 20B': gptOssOf20B,
    'Qwen3 30B A3B in FP8': { ...qwen3Of30BA3B, quantization_config: { quant_method: 'fp8', weight_block_size: [128, 128] } },
  };
  for (const [title, config] of Object.entries(models)) {
    const analysis = analyze(config) as Analysis;
    it(`${title}: sum up to what is told of each preset`, () => {
      for (const name of presetNames) {
        const entries = layoutAt(analysis, name).entries.filter(({ part }) => part !== 'text');
        const bytes = entries.reduce((sum, each) => sum + each.bytes * each.copies, 0);
        assert.equal(bytes, weightsAt(analysis, name).bytes, name);
        const parameters = entries.reduce((sum, each) => sum + each.parameters * each.copies, 0);
        assert.equal(parameters, analysis.parameters.total, name);
      }
    });
    it(`${title}: sum up to the bytes of the checkpoint`, () => {
      const { entries } = layoutAt(analysis, 'checkpoint');
      const sum = entries.filter(({ part }) => part !== 'text').reduce((bytes, each) => bytes + each.bytes * each.copies, 0);
      assert.equal(sum, analysis.checkpoint.bytes);
    });
  }

  it('hold the layers that a converter writes and no class loads, as their sum does', () => {
    const glm = { model_type: 'glm4_moe', num_nextn_predict_layers: 1, num_hidden_layers: 3, n_routed_experts: 8, vocab_size: 1000 };
    const analysis = analyze(glm) as Analysis;
    const bytes = layoutAt(analysis, 'Q8_0').entries.reduce((sum, each) => sum + each.bytes * each.copies, 0);
    assert.ok(analysis.unloaded.entries.length > 0);
    assert.equal(bytes, weightsAt(analysis, 'Q8_0').bytes);
    const without = analyze({ ...glm, num_nextn_predict_layers: 0 }) as Analysis;
    assert.ok(bytes > weightsAt(without, 'Q8_0').bytes);
  });
});
