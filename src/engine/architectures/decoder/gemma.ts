import { depth } from '../../config/keys';
import { rmsNorm } from '../../modules/blocks';
import { gatedMlp } from '../../modules/mlp';
import { repeat } from '../../modules/tree';
import { family } from '../family';
import { decoderHeads } from '../heads';
import { usualAttention, usualBody } from '../usualDecoder';

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
  body: (c) =>
    usualBody(
      c,
      repeat(c.num_hidden_layers, () => ({
        self_attn: usualAttention(c, { bias: c.attention_bias }),
        mlp: gatedMlp(c.hidden_size, c.intermediate_size),
        input_layernorm: rmsNorm(c.hidden_size),
        post_attention_layernorm: rmsNorm(c.hidden_size),
      })),
    ),
  heads: decoderHeads(),
});
