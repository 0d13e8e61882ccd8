import { linear } from './blocks';
import { module, type Module, type Parts, type State } from './tree';

/** Keys and values of every head: for each token, or for the last tokens of a window when there is one. */
export function keyValueState(kvHeads: number, headDim: number, window?: number | null): State {
  const elementsPerToken = 2 * kvHeads * headDim;
  return window ? { kind: 'sliding', elementsPerToken, window, heads: kvHeads } : { kind: 'attention', elementsPerToken, heads: kvHeads };
}

/** The same of a class that copies keys and values to `copies` query heads each before it keeps them. */
export const copiedState = (kvHeads: number, headDim: number, copies: number): State => ({
  kind: 'attention',
  elementsPerToken: 2 * kvHeads * copies * headDim,
  heads: kvHeads * copies,
  copies,
});

/** What an engine with a class of its own keeps in the place of copies: each head once. */
export function uncopied(state: State): State {
  if (!('copies' in state) || state.copies === undefined) return state;
  const { kind, elementsPerToken, heads, copies } = state;
  return { kind, elementsPerToken: elementsPerToken / copies, ...(heads !== undefined && { heads: heads / copies }) };
}

/** Any module that attends: its parts as the family writes them, and what it keeps. */
export const attention = (parts: Parts, ...keeps: readonly State[]): Module => module(parts, { keeps, component: 'attention' });

export interface GroupedQueryAttention {
  readonly hidden: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  /** Bias of the query, key and value projections. */
  readonly bias?: boolean;
  /** Bias of the output projection; as `bias` when left out. */
  readonly outBias?: boolean;
  /** Tokens that a query sees, itself included; all of them when left out. */
  readonly window?: number | null;
  /** Norms of queries and keys and whatever else the module holds. */
  readonly more?: Parts;
}

/**
 * Grouped-query attention with separate projections q_proj, k_proj, v_proj, o_proj (multi-head: kvHeads = heads;
 * multi-query: 1). Ainslie et al. 2023.
 */
export const groupedQueryAttention = ({
  hidden,
  heads,
  kvHeads,
  headDim,
  bias = false,
  outBias = bias,
  window,
  more = {},
}: GroupedQueryAttention): Module =>
  attention(
    {
      q_proj: linear(hidden, heads * headDim, bias),
      k_proj: linear(hidden, kvHeads * headDim, bias),
      v_proj: linear(hidden, kvHeads * headDim, bias),
      o_proj: linear(heads * headDim, hidden, outBias),
      ...more,
    },
    keyValueState(kvHeads, headDim, window),
  );
