import { depth } from '../../config/keys';
import { embedding, layerNorm } from '../../modules/blocks';
import { gatedMlp } from '../../modules/mlp';
import { module, repeat, tensor } from '../../modules/tree';
import { family } from '../family';
import { decoderHeads } from '../heads';
import { headDim, kvHeads } from '../sharedKeys';
import { usualAttention } from '../usualDecoder';

/** A norm with a scale for every element of every head. */
const headwiseNorm = (heads: number, headDim: number) => module({ weight: tensor([heads, headDim], 'norm') });

export const cohere = family({
  types: ['cohere'],
  title: 'Cohere',
  source: 'transformers models/cohere',
  defaults: {
    vocab_size: 256000,
    hidden_size: 8192,
    intermediate_size: 22528,
    num_hidden_layers: depth(40),
    num_attention_heads: 64,
    num_key_value_heads: kvHeads,
    head_dim: headDim,
    attention_bias: false,
    use_qk_norm: false,
    max_position_embeddings: 8192,
    tie_word_embeddings: true,
  },
  body: (c) => ({
    embed_tokens: embedding(c.vocab_size, c.hidden_size),
    layers: repeat(c.num_hidden_layers, () => ({
      self_attn: usualAttention(c, {
        bias: c.attention_bias,
        more: c.use_qk_norm
          ? { q_norm: headwiseNorm(c.num_attention_heads, c.head_dim), k_norm: headwiseNorm(c.num_key_value_heads, c.head_dim) }
          : {},
      }),
      mlp: gatedMlp(c.hidden_size, c.intermediate_size),
      input_layernorm: layerNorm(c.hidden_size, false),
    })),
    norm: layerNorm(c.hidden_size, false),
  }),
  heads: decoderHeads(),
});
