/** Keys whose default many families compute in the same way. */
import { size } from '../config/keys';

/** Key/value heads: as many as query heads unless the file says otherwise. */
export const kvHeads = size((c: { readonly num_attention_heads: number }) => c.num_attention_heads);

/** Width of a head: the hidden size split over the heads, rounded down, unless the file says otherwise. */
export const headDim = size((c: { readonly hidden_size: number; readonly num_attention_heads: number }) =>
  Math.max(1, Math.floor(c.hidden_size / c.num_attention_heads)),
);
