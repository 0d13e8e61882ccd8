import { depth } from '../../config/keys';
import { embedding, layerNorm, linear } from '../../modules/blocks';
import { mlp } from '../../modules/mlp';
import { repeat } from '../../modules/tree';
import { family } from '../family';
import { decoderHeads, questionAnswering } from '../heads';
import { headDim, kvHeads } from '../sharedKeys';
import { usualAttention } from '../usualDecoder';

/** Squared ReLU, hence no gate; its norms have a bias. */
export const nemotron = family({
  types: ['nemotron'],
  title: 'Nemotron',
  source: 'transformers models/nemotron',
  defaults: {
    vocab_size: 256000,
    hidden_size: 6144,
    intermediate_size: 24576,
    num_hidden_layers: depth(32),
    num_attention_heads: 48,
    num_key_value_heads: kvHeads,
    head_dim: headDim,
    attention_bias: false,
    mlp_bias: false,
    max_position_embeddings: 4096,
    tie_word_embeddings: false,
  },
  body: (c) => ({
    embed_tokens: embedding(c.vocab_size, c.hidden_size),
    layers: repeat(c.num_hidden_layers, () => ({
      self_attn: usualAttention(c, { bias: c.attention_bias }),
      mlp: mlp({
        up_proj: linear(c.hidden_size, c.intermediate_size, c.mlp_bias),
        down_proj: linear(c.intermediate_size, c.hidden_size, c.mlp_bias),
      }),
      input_layernorm: layerNorm(c.hidden_size),
      post_attention_layernorm: layerNorm(c.hidden_size),
    })),
    norm: layerNorm(c.hidden_size),
  }),
  heads: { ...decoderHeads(), ForQuestionAnswering: questionAnswering('transformer') },
});
