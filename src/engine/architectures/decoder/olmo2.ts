import { depth } from '../../config/keys';
import { rmsNorm } from '../../modules/blocks';
import { gatedMlp } from '../../modules/mlp';
import { repeat } from '../../modules/tree';
import { family } from '../family';
import { decoderHeads } from '../heads';
import { headDim, kvHeads } from '../sharedKeys';
import { usualAttention, usualBody } from '../usualDecoder';

/** Norms stand after attention and feed-forward, and those of queries and keys span all heads. */
export const olmo2 = family({
  types: ['olmo2'],
  title: 'OLMo 2',
  source: 'transformers models/olmo2',
  defaults: {
    vocab_size: 50304,
    hidden_size: 4096,
    intermediate_size: 11008,
    num_hidden_layers: depth(32),
    num_attention_heads: 32,
    num_key_value_heads: kvHeads,
    head_dim: headDim,
    attention_bias: false,
    max_position_embeddings: 2048,
    tie_word_embeddings: false,
  },
  body: (c) =>
    usualBody(
      c,
      repeat(c.num_hidden_layers, () => ({
        self_attn: usualAttention(c, {
          bias: c.attention_bias,
          more: { q_norm: rmsNorm(c.num_attention_heads * c.head_dim), k_norm: rmsNorm(c.num_key_value_heads * c.head_dim) },
        }),
        mlp: gatedMlp(c.hidden_size, c.intermediate_size),
        post_attention_layernorm: rmsNorm(c.hidden_size),
        post_feedforward_layernorm: rmsNorm(c.hidden_size),
      })),
    ),
  heads: decoderHeads(),
});
