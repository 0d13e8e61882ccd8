import assert from 'node:assert/strict';
import { analyze, type Analysis, type JsonObject } from '../../../src/engine/index';

/** The model of a config that is known to be one. */
export function modelOf(config: Readonly<Record<string, unknown>>): Analysis {
  const result = analyze(config as JsonObject);
  assert.ok(result.kind === 'model');
  return result;
}

/** Published shapes. */
export const llama8b = modelOf({
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  hidden_size: 4096,
  intermediate_size: 14336,
  num_hidden_layers: 32,
  num_attention_heads: 32,
  num_key_value_heads: 8,
  vocab_size: 128256,
  max_position_embeddings: 131072,
  tie_word_embeddings: false,
  torch_dtype: 'bfloat16',
});

export const qwen4b = modelOf({
  architectures: ['Qwen3ForCausalLM'],
  model_type: 'qwen3',
  hidden_size: 2560,
  intermediate_size: 9728,
  num_hidden_layers: 36,
  num_attention_heads: 32,
  num_key_value_heads: 8,
  head_dim: 128,
  vocab_size: 151936,
  max_position_embeddings: 40960,
  tie_word_embeddings: true,
  torch_dtype: 'bfloat16',
});

export const qwenMoe = modelOf({
  architectures: ['Qwen3MoeForCausalLM'],
  model_type: 'qwen3_moe',
  hidden_size: 2048,
  intermediate_size: 6144,
  moe_intermediate_size: 768,
  num_experts: 128,
  num_experts_per_tok: 8,
  num_hidden_layers: 48,
  num_attention_heads: 32,
  num_key_value_heads: 4,
  head_dim: 128,
  vocab_size: 151936,
  max_position_embeddings: 262144,
  tie_word_embeddings: false,
  torch_dtype: 'bfloat16',
});

export const deepseekLite = modelOf({
  architectures: ['DeepseekV2ForCausalLM'],
  model_type: 'deepseek_v2',
  hidden_size: 2048,
  intermediate_size: 10944,
  moe_intermediate_size: 1408,
  num_hidden_layers: 27,
  num_attention_heads: 16,
  num_key_value_heads: 16,
  n_routed_experts: 64,
  n_shared_experts: 2,
  num_experts_per_tok: 6,
  first_k_dense_replace: 1,
  q_lora_rank: null,
  kv_lora_rank: 512,
  qk_nope_head_dim: 128,
  qk_rope_head_dim: 64,
  v_head_dim: 128,
  vocab_size: 102400,
  max_position_embeddings: 163840,
  torch_dtype: 'bfloat16',
});

const windows = (every: number, layers: number): readonly string[] =>
  Array.from({ length: layers }, (_, index) => ((index + 1) % every === 0 ? 'full_attention' : 'sliding_attention'));

export const gptOss20b = modelOf({
  architectures: ['GptOssForCausalLM'],
  model_type: 'gpt_oss',
  hidden_size: 2880,
  intermediate_size: 2880,
  num_hidden_layers: 24,
  num_attention_heads: 64,
  num_key_value_heads: 8,
  head_dim: 64,
  num_local_experts: 32,
  num_experts_per_tok: 4,
  sliding_window: 128,
  layer_types: windows(2, 24),
  vocab_size: 201088,
  max_position_embeddings: 131072,
  quantization_config: {
    quant_method: 'mxfp4',
    modules_to_not_convert: ['model.layers.*.self_attn', 'model.layers.*.mlp.router', 'model.embed_tokens', 'lm_head'],
  },
});

export const gemma2 = modelOf({
  architectures: ['Gemma2ForCausalLM'],
  model_type: 'gemma2',
  hidden_size: 3584,
  intermediate_size: 14336,
  num_hidden_layers: 42,
  num_attention_heads: 16,
  num_key_value_heads: 8,
  head_dim: 256,
  sliding_window: 4096,
  vocab_size: 256000,
  max_position_embeddings: 8192,
  torch_dtype: 'bfloat16',
});

/** The text model of Gemma 3 27B, 12B and 4B, by layers and key/value heads. */
export const gemma3 = (layers: number, keyHeads: number, headDim: number, hidden: number): Analysis =>
  modelOf({
    architectures: ['Gemma3ForCausalLM'],
    model_type: 'gemma3_text',
    hidden_size: hidden,
    intermediate_size: 4 * hidden,
    num_hidden_layers: layers,
    num_attention_heads: 2 * keyHeads,
    num_key_value_heads: keyHeads,
    head_dim: headDim,
    sliding_window: 1024,
    layer_types: windows(6, layers),
    vocab_size: 262208,
    max_position_embeddings: 131072,
    torch_dtype: 'bfloat16',
  });

/** The text model of Qwen 3.5 27B: three layers of the gated delta rule to one of attention. */
export const qwen35 = modelOf({
  architectures: ['Qwen3_5ForCausalLM'],
  model_type: 'qwen3_5_text',
  hidden_size: 5120,
  intermediate_size: 17408,
  num_hidden_layers: 64,
  num_attention_heads: 24,
  num_key_value_heads: 4,
  head_dim: 256,
  linear_num_key_heads: 16,
  linear_num_value_heads: 48,
  linear_key_head_dim: 128,
  linear_value_head_dim: 128,
  linear_conv_kernel_dim: 4,
  layer_types: Array.from({ length: 64 }, (_, index) => ((index + 1) % 4 === 0 ? 'full_attention' : 'linear_attention')),
  mamba_ssm_dtype: 'float32',
  vocab_size: 248320,
  max_position_embeddings: 262144,
  torch_dtype: 'bfloat16',
});

/** Llama 4 Scout's attention: three layers of chunks of 8,192 tokens to one that sees everything. */
export const scout = modelOf({
  architectures: ['Llama4ForCausalLM'],
  model_type: 'llama4_text',
  hidden_size: 5120,
  intermediate_size: 8192,
  intermediate_size_mlp: 16384,
  num_hidden_layers: 48,
  num_attention_heads: 40,
  num_key_value_heads: 8,
  head_dim: 128,
  num_local_experts: 16,
  num_experts_per_tok: 1,
  attention_chunk_size: 8192,
  vocab_size: 202048,
  max_position_embeddings: 10485760,
  torch_dtype: 'bfloat16',
});
