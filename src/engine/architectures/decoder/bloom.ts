import { depth, nullableSize } from '../../config/keys';
import { embedding, layerNorm, linear } from '../../modules/blocks';
import { mlp } from '../../modules/mlp';
import { attention, keyValueState } from '../../modules/attention';
import { repeat } from '../../modules/tree';
import { family } from '../family';
import { decoderHeads, tokenClassification } from '../heads';

export const bloom = family({
  types: ['bloom'],
  title: 'BLOOM',
  source: 'transformers models/bloom',
  defaults: {
    vocab_size: 250880,
    hidden_size: 64,
    n_layer: depth(2),
    n_head: 8,
    // ALiBi sets no limit; published files tell the length of training.
    seq_length: nullableSize(null),
    tie_word_embeddings: true,
  },
  aliases: { n_embed: 'hidden_size', num_attention_heads: 'n_head', num_hidden_layers: 'n_layer' },
  contextKey: 'seq_length',
  body: (c) => ({
    word_embeddings: embedding(c.vocab_size, c.hidden_size),
    word_embeddings_layernorm: layerNorm(c.hidden_size),
    h: repeat(c.n_layer, () => ({
      input_layernorm: layerNorm(c.hidden_size),
      self_attention: attention(
        {
          query_key_value: linear(c.hidden_size, 3 * c.hidden_size, true),
          dense: linear(c.hidden_size, c.hidden_size, true),
        },
        keyValueState(c.n_head, Math.floor(c.hidden_size / c.n_head)),
      ),
      post_attention_layernorm: layerNorm(c.hidden_size),
      mlp: mlp({
        dense_h_to_4h: linear(c.hidden_size, 4 * c.hidden_size, true),
        dense_4h_to_h: linear(4 * c.hidden_size, c.hidden_size, true),
      }),
    })),
    ln_f: layerNorm(c.hidden_size),
  }),
  heads: { ...decoderHeads('transformer', 'word_embeddings'), ForTokenClassification: tokenClassification('transformer') },
});
