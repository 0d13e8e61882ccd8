import { depth } from '../../config/keys';
import { plainMlp } from '../../modules/mlp';
import { repeat } from '../../modules/tree';
import { family } from '../family';
import { decoderHeads, questionAnswering } from '../heads';
import { headDim, kvHeads } from '../sharedKeys';
import { usualAttention, usualBody, usualLayer } from '../usualDecoder';

/** Llama with a squared ReLU, which has no gate, in its feed-forward. */
export const arcee = family({
  types: ['arcee'],
  title: 'Arcee AFM',
  source: 'transformers models/arcee',
  defaults: {
    vocab_size: 32000,
    hidden_size: 2560,
    intermediate_size: 18432,
    num_hidden_layers: depth(32),
    num_attention_heads: 32,
    num_key_value_heads: kvHeads,
    head_dim: headDim,
    attention_bias: false,
    mlp_bias: false,
    max_position_embeddings: 4096,
    tie_word_embeddings: false,
  },
  body: (c) =>
    usualBody(
      c,
      repeat(c.num_hidden_layers, () =>
        usualLayer(c, usualAttention(c, { bias: c.attention_bias }), plainMlp(c.hidden_size, c.intermediate_size, c.mlp_bias)),
      ),
    ),
  heads: { ...decoderHeads(), ForQuestionAnswering: questionAnswering('transformer') },
});
