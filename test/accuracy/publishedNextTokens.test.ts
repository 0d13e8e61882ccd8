/**
 * Published totals of checkpoints with layers that predict further tokens: `total_size` of an index file, or elements as the
 * Hub's API counts them (no scalars). Keys are those of the published configs that decide sizes.
 */
import { equal } from 'node:assert/strict';
import { analyze, layoutAt, toJson, type Analysis, type JsonObject } from '../../src/engine/index';
import { qwenFp8 } from './publishedBlocks';

interface Published {
  readonly name: string;
  readonly source: string;
  readonly keys: object;
  readonly bytes?: number;
  readonly elements?: number;
  readonly tensors?: number;
  /** Of the elements: those beside the model. */
  readonly unloaded: number;
}

const glm = { model_type: 'glm4_moe', architectures: ['Glm4MoeForCausalLM'], torch_dtype: 'bfloat16', attention_bias: true, head_dim: 128 };
const glm45 = {
  ...{ ...glm, hidden_size: 5120, intermediate_size: 12288, num_hidden_layers: 92, num_attention_heads: 96, num_key_value_heads: 8 },
  ...{ n_routed_experts: 160, moe_intermediate_size: 1536, first_k_dense_replace: 3, use_qk_norm: true, num_nextn_predict_layers: 1 },
};
const qwen35 = {
  ...{ model_type: 'qwen3_5_moe', architectures: ['Qwen3_5MoeForConditionalGeneration'] },
  text_config: { model_type: 'qwen3_5_moe_text', dtype: 'bfloat16', mtp_num_hidden_layers: 1 },
  vision_config: { model_type: 'qwen3_5_moe', out_hidden_size: 2048 },
};

const superPattern = 'MEMEMEM*EMEMEMEM*EMEMEMEM*EMEMEMEMEM*EMEMEMEMEM*EMEMEMEMEM*EMEMEMEMEM*EMEMEMEM*EMEMEMEME';

const published: readonly Published[] = [
  {
    name: 'GLM-4.5-Air',
    source: 'Hub API, 110,468,824,832; INTELLECT-3, a fine-tune without the layer, 106,852,251,264',
    keys: { ...glm, num_nextn_predict_layers: 1 },
    elements: 110_468_824_832,
    unloaded: 110_468_824_832 - 106_852_251_264,
  },
  { name: 'GLM-4.5', source: 'Hub API', keys: glm45, elements: 358_337_791_296, unloaded: 5_539_962_272 },
  {
    name: 'GLM-4.6',
    source: 'no copies of embedding and head (vllm-project/vllm pull request 27597)',
    keys: { ...glm45, max_position_embeddings: 202_752 },
    elements: 358_337_791_296 - 2 * 151_552 * 5120,
    unloaded: 5_539_962_272 - 2 * 151_552 * 5120,
  },
  {
    name: 'Qwen3-Next-80B-A3B-Instruct',
    source: 'Hub API',
    keys: { model_type: 'qwen3_next', architectures: ['Qwen3NextForCausalLM'], torch_dtype: 'bfloat16' },
    elements: 81_324_862_720,
    unloaded: 81_324_862_720 - 79_674_391_296,
  },
  {
    name: 'DeepSeek-R1',
    source: 'a listing of its files: 91,991 tensors',
    keys: {
      ...{ model_type: 'deepseek_v3', architectures: ['DeepseekV3ForCausalLM'], torch_dtype: 'bfloat16', num_nextn_predict_layers: 1 },
      quantization_config: { quant_method: 'fp8', weight_block_size: [128, 128] },
    },
    elements: 684_531_386_000,
    tensors: 91_991,
    unloaded: 13_463_426_304,
  },
  {
    name: 'Nemotron 3 Super 120B-A12B',
    source: 'Hub API of the FP8 repository, 123,611,012,096, which leaves the corrections of scores out',
    keys: {
      ...{ model_type: 'nemotron_h', architectures: ['NemotronHForCausalLM'], torch_dtype: 'bfloat16', hidden_size: 4096 },
      ...{ num_attention_heads: 32, num_key_value_heads: 2, mamba_num_heads: 128, n_routed_experts: 512, num_experts_per_tok: 22 },
      ...{ moe_intermediate_size: 2688, moe_latent_size: 1024, moe_shared_expert_intermediate_size: 5376, num_nextn_predict_layers: 1 },
      ...{ mtp_hybrid_override_pattern: '*E', hybrid_override_pattern: superPattern },
    },
    elements: 123_611_012_096 + 41 * 512,
    unloaded: 2_942_325_248,
  },
  {
    name: 'Qwen3.5-35B-A3B-FP8',
    source: 'model.safetensors.index.json: 64,196 tensors',
    keys: { ...qwen35, quantization_config: qwenFp8(40, true) },
    bytes: 37_454_799_072,
    tensors: 64_196,
    unloaded: 844_640_768,
  },
];

const elementsOf = (entries: ReturnType<typeof layoutAt>['entries']): number =>
  entries.filter(({ shape }) => shape.length > 0).reduce((sum, { shape, copies }) => sum + shape.reduce((a, b) => a * b, copies), 0);

function analyzed(keys: object): Analysis {
  const result = analyze(toJson(keys) as JsonObject);
  if (result.kind !== 'model') throw new Error(result.kind);
  return result;
}

describe('published checkpoints with layers that predict further tokens', () => {
  for (const { name, source, keys, bytes, elements, tensors, unloaded } of published)
    it(`${name} (${source})`, () => {
      const analysis = analyzed(keys);
      const { checkpoint, parameters } = analysis;
      if (bytes !== undefined) equal(checkpoint.bytes, bytes, 'bytes');
      if (elements !== undefined) equal(elementsOf(layoutAt(analysis, 'checkpoint').entries), elements, 'elements');
      if (tensors !== undefined) equal(checkpoint.extras.tensors, tensors, 'tensors');
      const beside = analysis.unloaded.entries.reduce((sum, entry) => sum + entry.elements * entry.copies, 0);
      equal(beside, unloaded, 'elements beside the model');
      equal(checkpoint.parameters, parameters.total);
    });

  it('give the layers no memory: their class does not load them', () => {
    const withOut = analyzed({ ...glm45, num_nextn_predict_layers: 0 });
    const withThem = analyzed(glm45);
    equal(withThem.parameters.stored, withOut.parameters.stored);
    equal(withThem.checkpoint.bytes - withThem.checkpoint.extras.unloadedBytes, withOut.checkpoint.bytes);
  });
});
