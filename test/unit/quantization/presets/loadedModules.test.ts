import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { analyze, weightsAt, type Analysis, type JsonObject } from '../../../../src/engine/index';
import { linearRouter } from '../../../../src/engine/modules/blocks';
import { modelOf, qwen3Of30BA3B } from '../models';
import { storedBytes } from './stored';

const { files } = JSON.parse(readFileSync(join(import.meta.dirname, '..', '..', '..', 'fixtures', 'torchaoFiles.json'), 'utf8')) as {
  readonly files: readonly { readonly config: JsonObject; readonly bytes: number }[];
};
const of = (config: JsonObject): Analysis => analyze(config) as Analysis;

describe('what torchao saves through transformers 5', () => {
  // The type of the block as transformers saves it.
  const block = {
    quant_method: 'torchao',
    quant_type: { default: { _data: { granularity: { _data: {}, _type: 'PerRow' } }, _type: 'Int8WeightOnlyConfig', _version: 2 } },
  };
  for (const { config, bytes } of files) {
    const model = String(config['model_type']);
    it(`of ${model} is its preset: ${bytes} bytes`, () => assert.equal(weightsAt(of(config), 'torchao-int8').bytes, bytes));
    it(`of ${model} is what its block says`, () =>
      assert.equal(of({ ...config, transformers_version: '5.23.0', quantization_config: block }).checkpoint.bytes, bytes));
  }
  it('has experts at 16 bits, which version 4 quantized: a range', () => {
    const mixture = files.find(({ config }) => config['model_type'] === 'mixtral')?.config ?? {};
    const { details, basis } = weightsAt(of(mixture), 'torchao-int8');
    assert.deepEqual(basis, { kind: 'rule', reasons: ['layers-by-writer'] });
    assert.deepEqual(details?.range, [54_430_208, 103_942_656]);
    assert.equal(of({ ...mixture, transformers_version: '4.57.1', quantization_config: block }).checkpoint.bytes, 54_430_208);
  });
  it('skips sides that FP8 kernels do not multiply, in the block only where activations are FP8, too', () => {
    assert.equal(storedBytes(linearRouter(512, 8), 'torchao-float8'), 2 * 512 * 8);
    assert.equal(storedBytes(linearRouter(512, 16), 'torchao-float8'), 512 * 16 + 4 * 16);
    const at = (type: string): number => {
      const quant_type = { default: { _type: type, _data: {} } };
      const gate = {
        model_type: 'qwen2_moe',
        transformers_version: '5.23.0',
        quantization_config: { quant_method: 'torchao', quant_type },
      };
      return of(gate).checkpoint.extras.keptByReason.width ?? 0;
    };
    assert.equal(at('Float8WeightOnlyConfig'), 0);
    // The gates of shared experts have one output.
    assert.equal(at('Float8DynamicActivationFloat8WeightConfig'), 24 * 2 * 2048);
  });
});

describe('what other writers convert of a model that transformers 5 has loaded', () => {
  const tiny = (more: JsonObject): JsonObject => ({
    ...{ vocab_size: 512, hidden_size: 256, num_hidden_layers: 16, num_attention_heads: 8, num_key_value_heads: 2, head_dim: 64 },
    ...{ moe_intermediate_size: 256, intermediate_size: 512, num_experts_per_tok: 2, num_local_experts: 16 },
    ...{ tie_word_embeddings: false, dtype: 'bfloat16', ...more },
  });
  it('leaves experts alone in HQQ (hqq 0.2.8, the bytes of its state)', () => {
    const { bytes, details } = weightsAt(of(tiny({ model_type: 'qwen3_moe', decoder_sparse_step: 1 })), 'hqq-int4-g64');
    assert.deepEqual([bytes, details?.range], [104_293_184, [31_994_432, 104_293_184]]);
  });
  it('is a range for mixtures in all of them', () => {
    for (const preset of ['hqq-int4-g64', 'eetq-int8', 'torchao-int4-g128', 'bnb-nf4']) {
      const { details, bytes } = weightsAt(of(qwen3Of30BA3B), preset);
      assert.ok((details?.range?.[0] ?? bytes) < 0.6 * bytes, preset);
    }
  });
  it("is nothing of GPT-2, whose layers are Conv1D, except in bitsandbytes'", () => {
    const packed = (preset: string) => weightsAt(of({ model_type: 'gpt2' }), preset).details?.quantizedParameters;
    for (const preset of ['hqq-int4-g64', 'eetq-int8', 'torchao-int8']) assert.equal(packed(preset), 0, preset);
    assert.equal(packed('bnb-int8'), 12 * 12 * 768 * 768);
  });
  it('follows the block in EETQ, HQQ and quanto', () => {
    const mixture = {
      model_type: 'mixtral',
      num_hidden_layers: 2,
      hidden_size: 256,
      intermediate_size: 512,
      vocab_size: 512,
      dtype: 'bfloat16',
    };
    const kept = (block: object, version: string) =>
      modelOf({ ...mixture, transformers_version: version }, block).checkpoint.extras.keptByReason['fused-experts'];
    for (const block of [
      { quant_method: 'eetq', weights: 'int8' },
      { quant_method: 'hqq', quant_config: { weight_quant_params: { nbits: 4, group_size: 64 } }, skip_modules: ['lm_head'] },
      { quant_method: 'quanto', weights: 'int8' },
    ]) {
      assert.equal(kept(block, '5.23.0'), 2 * 8 * 3 * 256 * 512 * 2, block.quant_method);
      assert.equal(kept(block, '4.57.1'), undefined, block.quant_method);
    }
  });
  it('includes routers of derived classes in EETQ, not in HQQ, which asks for that very class', () => {
    assert.equal(storedBytes(linearRouter(512, 16, 'derived'), 'eetq-int8'), 512 * 16 + 2 * 16);
    assert.equal(storedBytes(linearRouter(512, 16, 'derived'), 'hqq-int4-g64'), 2 * 512 * 16);
  });
});
