import { count, depth, type Config } from '../../config/keys';
import { attention, keyValueState } from '../../modules/attention';
import { embedding, layerNorm, linear, positions } from '../../modules/blocks';
import { mlp } from '../../modules/mlp';
import { module, repeat, tensor, type Module, type Parts, type State } from '../../modules/tree';

/** Keys of BERT and of what was made from it, with BERT's defaults. */
export const bertKeys = {
  vocab_size: 30522,
  hidden_size: 768,
  num_hidden_layers: depth(12),
  num_attention_heads: 12,
  intermediate_size: 3072,
  max_position_embeddings: 512,
  type_vocab_size: count(2),
  is_decoder: false,
  add_cross_attention: false,
  tie_word_embeddings: true,
} as const;

export type BertKeys = Config<typeof bertKeys>;

/**
 * BERT's body: embeddings, layers and the pooler over the first token, which the classes that read every token lack.
 * It keeps keys and values only as a decoder, and none of an encoder's, which is no part of it.
 * Devlin et al. 2018; transformers modeling_bert.py.
 */
export function bertBody(c: BertKeys, pooler: boolean): Parts {
  const headDim = Math.floor(c.hidden_size / c.num_attention_heads);
  const all = c.num_attention_heads * headDim;
  const block = (...keeps: readonly State[]): Module =>
    attention(
      {
        self: {
          query: linear(c.hidden_size, all, true),
          key: linear(c.hidden_size, all, true),
          value: linear(c.hidden_size, all, true),
        },
        output: { dense: linear(c.hidden_size, c.hidden_size, true), LayerNorm: layerNorm(c.hidden_size) },
      },
      ...keeps,
    );
  return {
    embeddings: {
      word_embeddings: embedding(c.vocab_size, c.hidden_size),
      position_embeddings: positions(c.max_position_embeddings, c.hidden_size),
      token_type_embeddings: positions(c.type_vocab_size, c.hidden_size),
      LayerNorm: layerNorm(c.hidden_size),
    },
    encoder: {
      layer: repeat(c.num_hidden_layers, () => ({
        attention: c.is_decoder ? block(keyValueState(c.num_attention_heads, headDim)) : block(),
        crossattention: c.is_decoder && c.add_cross_attention && block(),
        intermediate: mlp({ dense: linear(c.hidden_size, c.intermediate_size, true) }),
        output: mlp({ dense: linear(c.intermediate_size, c.hidden_size, true), LayerNorm: layerNorm(c.hidden_size) }),
      })),
    },
    pooler: pooler && module({ dense: linear(c.hidden_size, c.hidden_size, true) }, { component: 'head' }),
  };
}

/** The projection onto the vocabulary whose weight shares the embedding's storage and whose bias shares `bias` beside it. */
export const tiedDecoder = (
  c: Pick<BertKeys, 'vocab_size' | 'hidden_size' | 'tie_word_embeddings'>,
  weight: string,
  bias: string,
): Module =>
  module(
    {
      weight: tensor([c.vocab_size, c.hidden_size], 'head', c.tie_word_embeddings ? { tiedTo: weight } : {}),
      bias: tensor([c.vocab_size], 'bias', c.tie_word_embeddings ? { tiedTo: bias } : {}),
    },
    { component: 'head' },
  );
