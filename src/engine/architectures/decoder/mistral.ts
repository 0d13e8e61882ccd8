import { depth, nullableSize } from '../../config/keys';
import { rmsNorm } from '../../modules/blocks';
import { gatedMlp } from '../../modules/mlp';
import { groupedQueryAttention } from '../../modules/attention';
import { repeat } from '../../modules/tree';
import { family } from '../family';
import { decoderHeads } from '../heads';
import { headDim } from '../sharedKeys';
import { usualBody } from '../usualDecoder';

export const mistral = family({
  types: ['mistral'],
  title: 'Mistral',
  source: 'transformers models/mistral',
  defaults: {
    vocab_size: 32000,
    hidden_size: 4096,
    intermediate_size: 14336,
    num_hidden_layers: depth(32),
    num_attention_heads: 32,
    // Null means as many as query heads, which is not what leaving it out means.
    num_key_value_heads: nullableSize(8, 1),
    head_dim: headDim,
    sliding_window: nullableSize(4096),
    max_position_embeddings: 131072,
    tie_word_embeddings: false,
  },
  body: (c) =>
    usualBody(
      c,
      repeat(c.num_hidden_layers, () => ({
        self_attn: groupedQueryAttention({
          hidden: c.hidden_size,
          heads: c.num_attention_heads,
          kvHeads: c.num_key_value_heads ?? c.num_attention_heads,
          headDim: c.head_dim,
          window: c.sliding_window,
        }),
        mlp: gatedMlp(c.hidden_size, c.intermediate_size),
        input_layernorm: rmsNorm(c.hidden_size),
        post_attention_layernorm: rmsNorm(c.hidden_size),
      })),
    ),
  heads: decoderHeads(),
});
