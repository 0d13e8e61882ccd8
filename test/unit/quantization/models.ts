/** Configs of published models by their shapes; the tests put their own quantization into them. */
import { analyze, toJson, type Analysis, type JsonObject } from '../../../src/engine/index';

export const llama2Of13B = {
  model_type: 'llama',
  torch_dtype: 'float16',
  vocab_size: 32000,
  hidden_size: 5120,
  intermediate_size: 13824,
  num_hidden_layers: 40,
  num_attention_heads: 40,
};
export const llama1Of30B = { ...llama2Of13B, hidden_size: 6656, intermediate_size: 17920, num_hidden_layers: 60, num_attention_heads: 52 };
export const llama31Of8B = {
  model_type: 'llama',
  torch_dtype: 'bfloat16',
  vocab_size: 128256,
  hidden_size: 4096,
  intermediate_size: 14336,
  num_hidden_layers: 32,
  num_attention_heads: 32,
  num_key_value_heads: 8,
};
export const llama33Of70B = { ...llama31Of8B, hidden_size: 8192, intermediate_size: 28672, num_hidden_layers: 80, num_attention_heads: 64 };
export const llama32Of3B = {
  ...llama31Of8B,
  hidden_size: 3072,
  intermediate_size: 8192,
  num_hidden_layers: 28,
  num_attention_heads: 24,
  head_dim: 128,
  tie_word_embeddings: true,
};
export const mistralOf7B = { ...llama31Of8B, model_type: 'mistral', vocab_size: 32000 };
export const qwen3Of14B = {
  model_type: 'qwen3',
  torch_dtype: 'bfloat16',
  vocab_size: 151936,
  hidden_size: 5120,
  intermediate_size: 17408,
  num_hidden_layers: 40,
  num_attention_heads: 40,
  num_key_value_heads: 8,
  head_dim: 128,
  tie_word_embeddings: false,
};
/** leo-kreisman/Qwen3.5-9B-MLX-8bit, with its tower. */
export const qwen35Of9B = {
  model_type: 'qwen3_5',
  text_config: {
    model_type: 'qwen3_5_text',
    dtype: 'bfloat16',
    ...{ vocab_size: 248320, hidden_size: 4096, intermediate_size: 12288, num_hidden_layers: 32, full_attention_interval: 4 },
    ...{ num_attention_heads: 16, num_key_value_heads: 4, head_dim: 256, linear_conv_kernel_dim: 4 },
    ...{ linear_num_key_heads: 16, linear_num_value_heads: 32, linear_key_head_dim: 128, linear_value_head_dim: 128 },
  },
  vision_config: {
    model_type: 'qwen3_5',
    ...{ depth: 27, hidden_size: 1152, intermediate_size: 4304, num_heads: 16, out_hidden_size: 4096, patch_size: 16 },
    ...{ num_position_embeddings: 2304, deepstack_visual_indexes: [], spatial_merge_size: 2, temporal_patch_size: 2 },
  },
  tie_word_embeddings: false,
};
export const qwen3Of32B = { ...qwen3Of14B, intermediate_size: 25600, num_hidden_layers: 64, num_attention_heads: 64 };
export const gptOssOf20B = { model_type: 'gpt_oss', torch_dtype: 'bfloat16', num_hidden_layers: 24, num_local_experts: 32 };
export const qwen3Of30BA3B = {
  model_type: 'qwen3_moe',
  torch_dtype: 'bfloat16',
  vocab_size: 151936,
  hidden_size: 2048,
  num_hidden_layers: 48,
  num_attention_heads: 32,
  num_key_value_heads: 4,
  head_dim: 128,
  num_experts: 128,
  num_experts_per_tok: 8,
  moe_intermediate_size: 768,
};

/** The analysis of a config, quantized as `quantization_config` says. */
export function modelOf(config: object, quantization_config?: object): Analysis {
  const result = analyze(toJson({ ...config, ...(quantization_config ? { quantization_config } : {}) }) as JsonObject);
  if (result.kind !== 'model') throw new Error(result.kind);
  return result;
}
