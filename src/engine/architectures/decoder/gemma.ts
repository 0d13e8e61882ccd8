import { depth } from '../../config/keys';
import { embedding, rmsNorm } from '../../modules/blocks';
import { gatedMlp } from '../../modules/mlp';
import { groupedQueryAttention } from '../../modules/attention';
import { repeat } from '../../modules/tree';
import { family } from '../family';
import { decoderHeads } from '../heads';

export const gemma = family({
  types: ['gemma'],
  title: 'Gemma',
  source: 'transformers models/gemma',
  defaults: {
    vocab_size: 256000,
    hidden_size: 3072,
    intermediate_size: 24576,
    num_hidden_layers: depth(28),
    num_attention_heads: 16,
    num_key_value_heads: 16,
    head_dim: 256,
    attention_bias: false,
    max_position_embeddings: 8192,
    tie_word_embeddings: true,
  },
  body: (c) => ({
    embed_tokens: embedding(c.vocab_size, c.hidden_size),
    layers: repeat(c.num_hidden_layers, () => ({
      self_attn: groupedQueryAttention({
        hidden: c.hidden_size,
        heads: c.num_attention_heads,
        kvHeads: c.num_key_value_heads,
        headDim: c.head_dim,
        bias: c.attention_bias,
      }),
      mlp: gatedMlp(c.hidden_size, c.intermediate_size),
      input_layernorm: rmsNorm(c.hidden_size),
      post_attention_layernorm: rmsNorm(c.hidden_size),
    })),
    norm: rmsNorm(c.hidden_size),
  }),
  heads: decoderHeads(),
});
