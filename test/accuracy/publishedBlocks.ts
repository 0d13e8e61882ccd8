/** Quantization configs of published checkpoints of which the tables tell less than their own config.json does. */

const layers = (count: number, modules: readonly string[]): string[] =>
  Array.from({ length: count }, (_, layer) => modules.map((module) => `model.language_model.layers.${layer}.${module}`)).flat();

/** The publisher's own FP8 files of Qwen3.5 (config.json of Qwen3.5-35B-A3B-FP8, whose list has 287 names) and of later ones. */
export const qwenFp8 = (count: number, sparse: boolean): object => {
  const routers = sparse ? ['mlp.gate', 'mlp.shared_expert_gate'] : [];
  return {
    quant_method: 'fp8',
    activation_scheme: 'dynamic',
    weight_block_size: [128, 128],
    modules_to_not_convert: [
      ...['lm_head', 'model.language_model.embed_tokens', 'model.visual', 'mtp.fc'],
      ...routers.map((module) => `mtp.layers.0.${module}`),
      ...layers(count, ['linear_attn.conv1d', 'linear_attn.in_proj_a', 'linear_attn.in_proj_b', ...routers]),
    ],
  };
};

/** Experts alone, by the rules of GPTQModel that leave out the rest. */
const expertsInGptq = {
  quant_method: 'gptq',
  bits: 4,
  group_size: 128,
  desc_act: false,
  sym: true,
  dynamic: { '-:.*attn.*': {}, '-:.*shared_expert.*': {}, '-:.*mtp.*': {}, '-:.*visual.*': {} },
};

/** Model card of nicosuter/Qwen3.8-27B-AWQ, "What is and is not quantized". */
const mixed = {
  quant_method: 'compressed-tensors',
  format: 'mixed-precision',
  ignore: ['lm_head', 're:.*visual.*', 're:.*in_proj_[ab]$', 're:.*mtp.*', 'mtp.fc'],
  config_groups: {
    group_0: {
      targets: ['Linear'],
      format: 'pack-quantized',
      weights: { num_bits: 4, type: 'int', strategy: 'group', group_size: 128, symmetric: false },
      input_activations: null,
    },
    group_1: {
      targets: ['re:.*in_proj_qkv$', 're:.*in_proj_z$'],
      format: 'float-quantized',
      weights: { num_bits: 8, type: 'float', strategy: 'block', block_structure: [128, 128], symmetric: true },
      input_activations: { num_bits: 8, type: 'float', strategy: 'group', group_size: 128, dynamic: true },
    },
  },
};

/**
 * CodeShell's layers under another name: Starcoder2 has the same ones, its fused projection of queries, keys and values apart.
 * Its own code stores them as bitsandbytes does (quantizer.py of WisdomShell/CodeShell), and its config does not say so.
 */
export const codeShellInt4 = {
  ...{ model_type: 'starcoder2', architectures: ['Starcoder2ForCausalLM'], vocab_size: 70144, hidden_size: 4096 },
  ...{ intermediate_size: 16384, num_hidden_layers: 42, num_attention_heads: 32, num_key_value_heads: 8, use_bias: true },
  tie_word_embeddings: true,
  quantization_config: { quant_method: 'bitsandbytes', load_in_4bit: true },
};

/** By the id of the table; the number of files where it says so. */
export const publishedBlocks: Readonly<Record<string, { readonly block: object; readonly shards?: number }>> = {
  'Qwen/Qwen3.8-27B-FP8': { block: qwenFp8(64, false), shards: 66 },
  'nicosuter/Qwen3.8-27B-AWQ (int4 + fp8 linear attention)': { block: mixed, shards: 6 },
  'Qwen/Qwen3.5-397B-A17B-GPTQ-Int4': { block: expertsInGptq },
};

const nvfp4 = { quant_algo: 'NVFP4', group_size: 16 };
const fp8 = { quant_algo: 'FP8' };
/**
 * Nemotron 3 Super in NVFP4, of whose layers the copy of its hf_quant_config.json says nothing: as in NVIDIA/Model-Optimizer
 * modelopt_recipes/models/Nemotron-3-Super-120B-A12B/super-nvfp4.yaml, which mirrors it, with one matrix of a shared expert at four
 * bits: that many elements fewer are published.
 */
export const superNvfp4 = {
  quantization_config: {
    ...{ quant_method: 'modelopt', quant_algo: 'MIXED_PRECISION', kv_cache_quant_algo: 'FP8' },
    quantized_layers: {
      'backbone.layers.1.mixer.shared_experts.up_proj': nvfp4,
      'backbone.layers.*.mixer.experts.*': nvfp4,
      'backbone.layers.*.mixer.shared_experts.*': fp8,
      'backbone.layers.*.mixer.in_proj': fp8,
      'backbone.layers.*.mixer.out_proj': fp8,
    },
  },
};
