/** What most decoders of transformers share, by the usual names of keys and modules. */
import { groupedQueryAttention, type GroupedQueryAttention } from '../modules/attention';
import { embedding, rmsNorm } from '../modules/blocks';
import type { Module, Parts, Stack } from '../modules/tree';

export interface AttentionKeys {
  readonly hidden_size: number;
  readonly num_attention_heads: number;
  readonly num_key_value_heads: number;
  readonly head_dim: number;
}

/** Grouped-query attention of the sizes that the usual keys state; `more` says what else there is. */
export const usualAttention = (c: AttentionKeys, more: Partial<GroupedQueryAttention> = {}): Module =>
  groupedQueryAttention({
    hidden: c.hidden_size,
    heads: c.num_attention_heads,
    kvHeads: c.num_key_value_heads,
    headDim: c.head_dim,
    ...more,
  });

/** Norms of queries and keys, one weight per channel of a head. */
export const headNorms = (headDim: number): Parts => ({ q_norm: rmsNorm(headDim), k_norm: rmsNorm(headDim) });

/** A layer that norms what goes into its attention and into its feed-forward. */
export const usualLayer = (
  { hidden_size: hidden }: { readonly hidden_size: number },
  attends: Parts[string],
  feedForward: Parts[string],
  norm: (size: number) => Module = rmsNorm,
): Parts => ({
  self_attn: attends,
  mlp: feedForward,
  input_layernorm: norm(hidden),
  post_attention_layernorm: norm(hidden),
});

/** Embedding, layers and a last norm. */
export const usualBody = (c: { readonly vocab_size: number; readonly hidden_size: number }, layers: Stack, norm = rmsNorm): Parts => ({
  embed_tokens: embedding(c.vocab_size, c.hidden_size),
  layers,
  norm: norm(c.hidden_size),
});
