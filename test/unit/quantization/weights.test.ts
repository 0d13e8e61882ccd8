import assert from 'node:assert/strict';
import fc from 'fast-check';
import { buffer, embedding, linear, lmHead, rmsNorm } from '../../../src/engine/modules/blocks';
import { module, repeat } from '../../../src/engine/modules/tree';
import { presetNames, presetOf } from '../../../src/engine/quantization/presets';
import { weights as weightsOf } from '../../../src/engine/quantization/weights';
import type { CacheDtype } from '../../../src/engine/units/dtypes';
import { countParameters } from '../../../src/engine/weights/parameters';
import { takeInventory, type Inventory } from '../../../src/engine/weights/inventory';
import { gptOssOf20B, llama2Of13B, llama31Of8B, mistralOf7B, modelOf, qwen3Of14B, qwen3Of30BA3B } from './models';

const weights = (inventory: Inventory, preset: string, dtype: CacheDtype) =>
  weightsOf({ inventory, dtype, modelType: 'test', root: {} }, presetOf(preset));

describe('weights at a precision', () => {
  it('are elements times width when nothing is quantized', () => {
    for (const config of [llama31Of8B, gptOssOf20B, qwen3Of30BA3B]) {
      const { inventory, parameters } = modelOf(config);
      assert.equal(weights(inventory, 'fp32', 'bf16').bytes, 4 * parameters.total);
      assert.equal(weights(inventory, 'bf16', 'fp32').bytes, 2 * parameters.total);
      assert.equal(weights(inventory, 'fp16', 'bf16').bitsPerWeight, 16);
    }
  });
  it('are those of FP32 for TF32, which is a way to multiply', () => {
    const { inventory } = modelOf(llama31Of8B);
    assert.equal(weights(inventory, 'tf32', 'bf16').bytes, weights(inventory, 'fp32', 'bf16').bytes);
    assert.equal(presetOf('tf32').computeDtype, 'tf32');
  });
  it('tell the file of towers apart from that of the language model', () => {
    const parts = { text_config: {}, vision_config: {} };
    const { inventory, root } = modelOf({ model_type: 'gemma3', architectures: ['Gemma3ForConditionalGeneration'], ...parts });
    const at = (preset: string) => weightsOf({ inventory, dtype: 'bf16', modelType: 'gemma3', root }, presetOf(preset));
    const [small, large] = [at('Q4_K_M'), at('Q8_0')];
    assert.ok((small.secondFile ?? 0) > 0);
    assert.equal(small.secondFile, large.secondFile);
    assert.equal(at('gptq-int4-g128').secondFile, undefined);
    assert.equal(weights(modelOf(llama31Of8B).inventory, 'Q4_K_M', 'bf16').secondFile, undefined);
  });
  it('count tied tensors once and no buffers', () => {
    const tied = takeInventory(
      module({
        embed: embedding(1000, 64),
        layers: repeat(2, () => ({ proj: linear(64, 64), norm: rmsNorm(64), inv_freq: buffer(32) })),
        lm_head: lmHead(64, 1000, 'embed.weight'),
      }),
    );
    assert.equal(weights(tied, 'bf16', 'bf16').bytes, 2 * (1000 * 64 + 2 * (64 * 64 + 64)));
    assert.equal(weights(tied, 'fp8-channel', 'bf16').bytes, 2 * 1000 * 64 + 2 * (64 * 64 + 2 * 64 + 2 * 64));
  });

  const published = [
    ['AWQ of Mistral 7B', mistralOf7B, 'awq-int4-g128', 4_150_796_288],
    ['AWQ of Llama 2 13B', llama2Of13B, 'awq-int4-g128', 7_247_882_240],
    ['FP8 per channel of Llama 3.1 8B', llama31Of8B, 'fp8-channel', 9_083_953_152],
    ['MLX 4 bit of Qwen3 14B', qwen3Of14B, 'mlx-4bit-g64', 8_307_783_680],
    ['MLX 4 bit of Llama 3.1 8B', llama31Of8B, 'mlx-4bit-g64', 4_517_404_672],
    ['NF4 with double quantization of Llama 2 13B', llama2Of13B, 'bnb-nf4-dq', 7_201_722_880],
    ['MXFP4 of gpt-oss 20B', gptOssOf20B, 'mxfp4', 13_761_264_768],
  ] as const;
  for (const [title, config, preset, bytes] of published)
    it(`${title}: ${bytes} bytes`, () => {
      const model = modelOf(config);
      const found = weights(model.inventory, preset, model.dtype.value);
      assert.equal(found.bytes, bytes);
      assert.equal(found.bitsPerWeight, (bytes * 8) / model.parameters.total);
    });

  it('keep what is left alone at the type of the checkpoint', () => {
    const { inventory } = modelOf(llama31Of8B);
    const half = weights(inventory, 'awq-int4-g128', 'bf16');
    const single = weights(inventory, 'awq-int4-g128', 'fp32');
    assert.equal(half.keptAt16Bit, 2 * (2 * 128256 * 4096 + 65 * 4096));
    assert.equal(single.keptAt16Bit, 2 * half.keptAt16Bit);
    assert.equal(single.bytes - half.bytes, half.keptAt16Bit);
    assert.deepEqual(half.keptByReason, { embedding: 2 * 128256 * 4096, head: 2 * 128256 * 4096, norm: 2 * 65 * 4096 });
  });
  it('count as kept at 16 bits nothing that the checkpoint holds in fewer, and GGUF keeps', () => {
    const { inventory } = modelOf(gptOssOf20B);
    const root = { ...gptOssOf20B, quantization_config: { quant_method: 'mxfp4' } };
    const found = weightsOf({ inventory, dtype: 'bf16', modelType: 'gpt_oss', root }, presetOf('Q4_K_M'));
    const experts = (24 * 32 * 2880 * 2880 * 3 * 17) / 32;
    assert.equal(found.keptByReason['already-packed'], experts);
    const kept = Object.values(found.keptByReason).reduce((sum, bytes) => sum + bytes, 0);
    assert.equal(found.keptAt16Bit, kept - experts);
  });
  it('say the group, and the rule where a width was kept', () => {
    const { inventory } = modelOf({ ...llama31Of8B, intermediate_size: 14304 });
    const found = weights(inventory, 'awq-int4-g128', 'bf16');
    assert.equal(found.groupSize, 128);
    assert.deepEqual(found.basis, { kind: 'rule', reasons: ['width-kept'] });
    assert.equal(found.keptByReason.width, 2 * 32 * 14304 * 4096);
    assert.deepEqual(found.keptForWidth, {
      tensor: 'model.layers.{n}.mlp.down_proj.weight',
      shape: [4096, 14304],
      kinds: 1,
      bytes: 2 * 32 * 14304 * 4096,
    });
    assert.equal(weights(modelOf(llama31Of8B).inventory, 'awq-int4-g128', 'bf16').keptForWidth, undefined);
    assert.equal(weights(modelOf(llama31Of8B).inventory, 'awq-int4-g128', 'bf16').basis.kind, 'exact');
  });
  it('are no exact ones where a group does not divide the rows, which writers refuse', () => {
    const odd = { ...llama31Of8B, hidden_size: 320, intermediate_size: 864, num_attention_heads: 5, num_key_value_heads: 5 };
    const { inventory } = modelOf(odd);
    for (const preset of ['gptq-int4-g128', 'w4a16-g128', 'autoround-int4-g128', 'w4a8-int8-g128']) {
      const { kind, reasons } = weights(inventory, preset, 'bf16').basis;
      assert.equal(kind, 'rule', preset);
      assert.ok(reasons.includes('group-splits-row'), preset);
      const even = weights(modelOf(llama31Of8B).inventory, preset, 'bf16').basis;
      assert.ok(!even.reasons.includes('group-splits-row'), preset);
    }
    assert.deepEqual(weights(inventory, 'gptq-int4-g32', 'bf16').basis, { kind: 'exact', reasons: [] });
    assert.deepEqual(weights(inventory, 'awq-int4-g128', 'bf16').basis.reasons, ['width-kept']);
  });
  it('show text of data-dependent length apart', () => {
    const { inventory } = modelOf(llama2Of13B);
    assert.equal(
      weights(inventory, 'bnb-nf4', 'fp16').textBytes,
      40 * (4 * '{"quant_type": "nf4", "blocksize": 64, "dtype": "float16", "shape": [5120, 5120]}'.length + 3 * 82),
    );
    assert.ok(weights(inventory, 'bnb-nf4-dq', 'fp16').textBytes > weights(inventory, 'bnb-nf4', 'fp16').textBytes);
    assert.equal(weights(inventory, 'bnb-int8', 'fp16').textBytes, 0);
  });
  it('sum up by component, whatever the model', () => {
    const size = fc.integer({ min: 1, max: 40 }).map((units) => units * 8);
    const shape = fc.record({ hidden: size, inner: size, vocab: size, layers: fc.integer({ min: 1, max: 5 }), tied: fc.boolean() });
    fc.assert(
      fc.property(shape, fc.constantFrom(...presetNames), ({ hidden, inner, vocab, layers, tied }, preset) => {
        const inventory = takeInventory(
          module({
            embed: embedding(vocab, hidden),
            layers: repeat(layers, () => ({ up: linear(hidden, inner, true), down: linear(inner, hidden), norm: rmsNorm(hidden) })),
            head: lmHead(hidden, vocab, tied && 'embed.weight'),
          }),
        );
        const found = weights(inventory, preset, 'bf16');
        const sum = Object.values(found.byComponent).reduce((total, bytes) => total + bytes, 0);
        assert.equal(sum, found.bytes);
        assert.ok(Number.isInteger(found.bytes));
        assert.ok(found.keptAt16Bit <= found.bytes);
        assert.ok(found.quantizedParameters <= countParameters(inventory).total);
      }),
    );
  });
  it('cost the same for 2 layers and for 2,000', () => {
    const [shallow, deep] = [2, 2000].map((num_hidden_layers) => modelOf({ ...llama31Of8B, num_hidden_layers }).inventory);
    assert.equal(shallow?.entries.length, deep?.entries.length);
  });
});
