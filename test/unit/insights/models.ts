import assert from 'node:assert/strict';
import {
  analyze,
  insightsFor,
  toJson,
  type Analysis,
  type Hint,
  type InsightSettings,
  type JsonObject,
  type KeyInsight,
} from '../../../src/engine/index';

export type Config = Readonly<Record<string, unknown>>;

export function analysisOf(config: Config): Analysis {
  const analysis = analyze(toJson(config) as JsonObject);
  assert.ok(analysis.kind === 'model', JSON.stringify(analysis.findings));
  return analysis;
}

export const settings: InsightSettings = { context: 8192, batch: 1, kvDtype: 'auto' };

export const insightsOf = (config: Config, at: InsightSettings = settings): readonly KeyInsight[] => insightsFor(analysisOf(config), at);

export function insightAt(config: Config, path: string, at: InsightSettings = settings): KeyInsight {
  const found = insightsOf(config, at).find((insight) => insight.path.join('.') === path);
  assert.ok(found, `no insight at ${path}`);
  return found;
}

/** The hint of a key, which must be of a kind. */
export function hintAt<K extends Hint['kind']>(config: Config, path: string, kind: K, at: InsightSettings = settings): Hint & { kind: K } {
  const { hint } = insightAt(config, path, at);
  assert.equal(hint?.kind, kind);
  return hint as Hint & { kind: K };
}

export const llama: Config = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  bos_token_id: 128000,
  hidden_size: 4096,
  intermediate_size: 14336,
  max_position_embeddings: 131072,
  num_attention_heads: 32,
  num_hidden_layers: 32,
  num_key_value_heads: 8,
  rope_scaling: { factor: 8, original_max_position_embeddings: 8192, rope_type: 'llama3' },
  tie_word_embeddings: false,
  torch_dtype: 'bfloat16',
  vocab_size: 128256,
};

export const deepseek: Config = {
  architectures: ['DeepseekV3ForCausalLM'],
  model_type: 'deepseek_v3',
  hidden_size: 7168,
  intermediate_size: 18432,
  moe_intermediate_size: 2048,
  num_hidden_layers: 61,
  num_attention_heads: 128,
  num_key_value_heads: 128,
  q_lora_rank: 1536,
  kv_lora_rank: 512,
  qk_nope_head_dim: 128,
  qk_rope_head_dim: 64,
  v_head_dim: 128,
  first_k_dense_replace: 3,
  n_routed_experts: 256,
  n_shared_experts: 1,
  num_experts_per_tok: 8,
  n_group: 8,
  num_nextn_predict_layers: 1,
  max_position_embeddings: 163840,
  rope_scaling: { factor: 40, original_max_position_embeddings: 4096, type: 'yarn' },
  tie_word_embeddings: false,
  torch_dtype: 'bfloat16',
  vocab_size: 129280,
};

/** Gemma-3-1B's text model with SigLIP's tower. */
export const gemma: Config = {
  architectures: ['Gemma3ForConditionalGeneration'],
  model_type: 'gemma3',
  torch_dtype: 'bfloat16',
  text_config: {
    model_type: 'gemma3_text',
    hidden_size: 1152,
    intermediate_size: 6912,
    num_hidden_layers: 26,
    num_attention_heads: 4,
    num_key_value_heads: 1,
    head_dim: 256,
    max_position_embeddings: 32768,
    sliding_window: 512,
    layer_types: Array.from({ length: 26 }, (_, index) => ((index + 1) % 6 === 0 ? 'full_attention' : 'sliding_attention')),
    vocab_size: 262144,
  },
  vision_config: {
    model_type: 'siglip_vision_model',
    hidden_size: 1152,
    intermediate_size: 4304,
    num_hidden_layers: 27,
    num_attention_heads: 16,
    image_size: 896,
    patch_size: 14,
    vision_use_head: false,
  },
};

export const mixtral: Config = {
  architectures: ['MixtralForCausalLM'],
  model_type: 'mixtral',
  hidden_size: 4096,
  intermediate_size: 14336,
  num_hidden_layers: 32,
  num_attention_heads: 32,
  num_key_value_heads: 8,
  num_local_experts: 8,
  num_experts_per_tok: 2,
  max_position_embeddings: 32768,
  sliding_window: null,
  torch_dtype: 'bfloat16',
  vocab_size: 32000,
};

export const mamba: Config = {
  architectures: ['MambaForCausalLM'],
  model_type: 'mamba',
  conv_kernel: 4,
  expand: 2,
  hidden_size: 768,
  intermediate_size: 1536,
  num_hidden_layers: 24,
  state_size: 16,
  time_step_rank: 48,
  torch_dtype: 'float32',
  vocab_size: 50280,
};

export const mamba2: Config = {
  architectures: ['Mamba2ForCausalLM'],
  model_type: 'mamba2',
  hidden_size: 4096,
  num_hidden_layers: 64,
  num_heads: 128,
  head_dim: 64,
  n_groups: 8,
  state_size: 128,
  conv_kernel: 4,
  expand: 2,
  torch_dtype: 'bfloat16',
  vocab_size: 32768,
};

export const bert: Config = {
  architectures: ['BertForMaskedLM'],
  model_type: 'bert',
  hidden_size: 768,
  intermediate_size: 3072,
  num_hidden_layers: 12,
  num_attention_heads: 12,
  max_position_embeddings: 512,
  type_vocab_size: 2,
  vocab_size: 30522,
  torch_dtype: 'float32',
};

export const whisper: Config = {
  architectures: ['WhisperForConditionalGeneration'],
  model_type: 'whisper',
  d_model: 1280,
  encoder_layers: 32,
  num_hidden_layers: 32,
  decoder_layers: 4,
  encoder_attention_heads: 20,
  decoder_attention_heads: 20,
  encoder_ffn_dim: 5120,
  decoder_ffn_dim: 5120,
  max_source_positions: 1500,
  max_target_positions: 448,
  num_mel_bins: 128,
  vocab_size: 51866,
  torch_dtype: 'float16',
};

export const gpt2: Config = {
  architectures: ['GPT2LMHeadModel'],
  model_type: 'gpt2',
  n_embd: 768,
  n_layer: 12,
  n_head: 12,
  n_positions: 1024,
  n_ctx: 1024,
  vocab_size: 50257,
};

export const dbrx: Config = {
  architectures: ['DbrxForCausalLM'],
  model_type: 'dbrx',
  d_model: 6144,
  n_heads: 48,
  n_layers: 40,
  max_seq_len: 32768,
  vocab_size: 100352,
  attn_config: { kv_n_heads: 8 },
  ffn_config: { ffn_hidden_size: 10752, moe_num_experts: 16, moe_top_k: 4 },
};

export const qwen3Next: Config = {
  architectures: ['Qwen3NextForCausalLM'],
  model_type: 'qwen3_next',
  hidden_size: 2048,
  num_hidden_layers: 48,
  full_attention_interval: 4,
  num_attention_heads: 16,
  num_key_value_heads: 2,
  head_dim: 256,
  linear_num_key_heads: 16,
  linear_num_value_heads: 32,
  linear_key_head_dim: 128,
  linear_value_head_dim: 128,
  linear_conv_kernel_dim: 4,
  num_experts: 512,
  num_experts_per_tok: 10,
  moe_intermediate_size: 512,
  shared_expert_intermediate_size: 512,
  max_position_embeddings: 262144,
  vocab_size: 151936,
  torch_dtype: 'bfloat16',
};

export const t5: Config = {
  architectures: ['T5ForConditionalGeneration'],
  model_type: 't5',
  d_model: 512,
  d_kv: 64,
  d_ff: 2048,
  num_layers: 6,
  num_decoder_layers: 6,
  num_heads: 8,
  vocab_size: 32128,
};

export const jamba: Config = {
  architectures: ['JambaForCausalLM'],
  model_type: 'jamba',
  hidden_size: 4096,
  intermediate_size: 14336,
  num_hidden_layers: 32,
  num_attention_heads: 32,
  num_key_value_heads: 8,
  attn_layer_period: 8,
  attn_layer_offset: 4,
  expert_layer_period: 2,
  expert_layer_offset: 1,
  num_experts: 16,
  num_experts_per_tok: 2,
  mamba_d_state: 16,
  mamba_d_conv: 4,
  mamba_expand: 2,
  vocab_size: 65536,
  torch_dtype: 'bfloat16',
};

export const models: readonly Config[] = [llama, deepseek, gemma, mixtral, mamba, mamba2, bert, whisper, gpt2, dbrx, qwen3Next, t5, jamba];
