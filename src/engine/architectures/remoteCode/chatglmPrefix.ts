import { embedding, linear } from '../../modules/blocks';
import { module, type Module } from '../../modules/tree';

export interface PrefixEncoder {
  /** Learned tokens before every sequence. */
  readonly tokens: number;
  /** Elements of their keys and values over all layers. */
  readonly width: number;
  /** Through two linear layers by way of `hidden`, from an embedding of that width or of the full one. */
  readonly projected?: { readonly hidden: number; readonly from: 'hidden' | 'width' } | undefined;
}

/** P-tuning v2's prefix (`pre_seq_len`): keys and values that are learned, and then kept for every sequence whatever its length. */
export function prefixEncoder({ tokens, width, projected }: PrefixEncoder): Module {
  const narrow = projected?.from === 'hidden' ? projected.hidden : width;
  return module(
    {
      embedding: embedding(tokens, narrow),
      trans: projected && { '0': linear(narrow, projected.hidden, true), '2': linear(projected.hidden, width, true) },
    },
    { keeps: [{ kind: 'recurrent', elements: tokens * width }] },
  );
}
