import { attention } from './attention';
import { linear, rmsNorm } from './blocks';
import type { Module, Parts } from './tree';

export interface LatentAttention {
  readonly hidden: number;
  readonly heads: number;
  /** Rank of the queries' down-projection; null: queries come from one dense projection. */
  readonly queryRank: number | null;
  /** Rank of the latent vector that stands for keys and values. */
  readonly kvRank: number;
  /** Width of a query's or key's part without positions. */
  readonly nopeDim: number;
  /** Width of its part with rotary positions; the key's is shared by all heads. */
  readonly ropeDim: number;
  readonly valueDim: number;
  /** Bias of the down-projections and of the output projection. */
  readonly bias?: boolean;
  /** Whatever else the module holds (an indexer). */
  readonly more?: Parts;
}

/**
 * Multi-head latent attention: keys and values are expanded from a latent vector of `kvRank` elements, and only that
 * vector and one rotary key of `ropeDim` elements are kept per token, for all heads together, so that a split over heads
 * does not make it smaller. DeepSeek-V2 (arXiv 2405.04434, section 2.1); transformers models/deepseek_v3 keeps both parts
 * of the cache compressed too.
 */
export function latentAttention({
  hidden,
  heads,
  queryRank,
  kvRank,
  nopeDim,
  ropeDim,
  valueDim,
  bias = false,
  more,
}: LatentAttention): Module {
  const queries = heads * (nopeDim + ropeDim);
  const parts = {
    q_proj: queryRank === null && linear(hidden, queries),
    q_a_proj: queryRank !== null && linear(hidden, queryRank, bias),
    q_a_layernorm: queryRank !== null && rmsNorm(queryRank),
    q_b_proj: queryRank !== null && linear(queryRank, queries),
    kv_a_proj_with_mqa: linear(hidden, kvRank + ropeDim, bias),
    kv_a_layernorm: rmsNorm(kvRank),
    kv_b_proj: linear(kvRank, heads * (nopeDim + valueDim)),
    o_proj: linear(heads * valueDim, hidden, bias),
  };
  return attention(more ? { ...parts, ...more } : parts, { kind: 'latent', elementsPerToken: kvRank + ropeDim, heads: 1 });
}
