import assert from 'node:assert/strict';
import { fileTypes } from '../../../../src/engine/quantization/gguf/fileTypes';
import { isUnborn } from '../../../../src/engine/quantization/gguf/history';
import { presetOf } from '../../../../src/engine/quantization/presets';
import { weights } from '../../../../src/engine/quantization/weights';
import { llama31Of8B, modelOf } from '../models';

describe('a type of GGUF file that llama-quantize does not write', () => {
  const basisOf = (config: object, name: string) => {
    const { inventory, dtype, modelType, root } = modelOf(config);
    return weights({ inventory, dtype: dtype.value, modelType, root }, presetOf(name)).basis;
  };
  const odd = { ...llama31Of8B, hidden_size: 2080, intermediate_size: 8256, num_attention_heads: 32, num_key_value_heads: 8, head_dim: 65 };

  it('is said to be converted, if at all', () => {
    assert.ok(basisOf(llama31Of8B, 'NVFP4').reasons.includes('gguf-converted'));
    for (const name of ['Q1_0', 'MXFP4_MOE', 'Q4_K_M']) assert.ok(!basisOf(llama31Of8B, name).reasons.includes('gguf-converted'), name);
  });
  it('is refused where rows hold no whole blocks and no other type stands in', () => {
    for (const name of ['Q1_0', 'NVFP4']) {
      assert.ok(basisOf(odd, name).reasons.includes('gguf-refused'), name);
      assert.equal(basisOf(odd, name).kind, 'approximate');
      assert.ok(!basisOf(llama31Of8B, name).reasons.includes('gguf-refused'), name);
    }
    for (const name of ['Q8_0', 'Q4_K_M', 'TQ1_0', 'Q2_0', 'IQ2_XS']) assert.ok(!basisOf(odd, name).reasons.includes('gguf-refused'), name);
  });
});

describe('a type of GGUF file on a day before there was one', () => {
  const { inventory, dtype, modelType, root } = modelOf(llama31Of8B);
  const basisOf = (name: string, llamaCppDate?: string) =>
    weights({ inventory, dtype: dtype.value, modelType, root }, presetOf(name), { ...(llamaCppDate && { llamaCppDate }) }).basis;

  it('is said to be none, whatever is asked for by its name', () => {
    for (const name of ['Q4_K_M', 'Q4_K', 'Q4_K_L', 'IQ3_XXS', 'MXFP4_MOE', 'UD-Q4_K_XL', 'BF16']) {
      assert.equal(basisOf(name, '2020-01-01').kind, 'approximate', name);
      assert.ok(basisOf(name, '2020-01-01').reasons.includes('gguf-before-type'), name);
      assert.ok(!basisOf(name).reasons.includes('gguf-before-type'), name);
    }
  });
  it('is said from the day on which the type came', () => {
    const days = [
      ['Q4_K_M', '2023-08-20', '2023-08-21'],
      ['IQ3_XXS', '2024-01-29', '2024-01-30'],
      ['IQ1_M', '2024-03-25', '2024-03-26'],
      ['MXFP4_MOE', '2025-08-04', '2025-08-05'],
      ['NVFP4', '2026-03-10', '2026-03-11'],
      ['Q1_0', '2026-04-05', '2026-04-06'],
    ] as const;
    for (const [name, before, since] of days) {
      assert.ok(basisOf(name, before).reasons.includes('gguf-before-type'), name);
      assert.ok(!basisOf(name, since).reasons.includes('gguf-before-type'), name);
    }
  });
  it('is nothing for the newest llama.cpp, and every type is there by then', () => {
    for (const { name } of fileTypes) {
      assert.ok(!isUnborn(name, undefined), name);
      assert.ok(!isUnborn(name, '2026-08-01'), name);
      assert.ok(isUnborn(name, '2023-08-20'), name);
    }
  });
});
