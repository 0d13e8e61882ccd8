import { attention, keyValueState } from '../../modules/attention';
import { linear, rmsNorm } from '../../modules/blocks';
import type { Module } from '../../modules/tree';

export interface GatedAttentionKeys {
  readonly hidden_size: number;
  readonly num_attention_heads: number;
  readonly num_key_value_heads: number;
  readonly head_dim: number;
  readonly attention_bias: boolean;
}

/** Attention of Qwen3-Next and Qwen3.5, whose output a gate multiplies: one projection gives queries and gate. */
export function gatedAttention(c: GatedAttentionKeys): Module {
  const queries = c.num_attention_heads * c.head_dim;
  const keys = c.num_key_value_heads * c.head_dim;
  return attention(
    {
      q_proj: linear(c.hidden_size, 2 * queries, c.attention_bias),
      k_proj: linear(c.hidden_size, keys, c.attention_bias),
      v_proj: linear(c.hidden_size, keys, c.attention_bias),
      o_proj: linear(queries, c.hidden_size, c.attention_bias),
      q_norm: rmsNorm(c.head_dim),
      k_norm: rmsNorm(c.head_dim),
    },
    keyValueState(c.num_key_value_heads, c.head_dim),
  );
}
