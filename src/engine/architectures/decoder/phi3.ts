import { depth, nullableSize } from '../../config/keys';
import { linear, rmsNorm } from '../../modules/blocks';
import { mlp } from '../../modules/mlp';
import { attention, keyValueState } from '../../modules/attention';
import { repeat } from '../../modules/tree';
import { family } from '../family';
import { decoderHeads } from '../heads';
import { headDim, kvHeads } from '../sharedKeys';
import { usualBody } from '../usualDecoder';

/** Llama with its projections fused; Phi-4 too is of this type. */
export const phi3 = family({
  types: ['phi3'],
  title: 'Phi-3',
  source: 'transformers models/phi3',
  defaults: {
    vocab_size: 32064,
    hidden_size: 3072,
    intermediate_size: 8192,
    num_hidden_layers: depth(32),
    num_attention_heads: 32,
    num_key_value_heads: kvHeads,
    head_dim: headDim,
    sliding_window: nullableSize(null),
    max_position_embeddings: 4096,
    tie_word_embeddings: false,
  },
  body: (c) =>
    usualBody(
      c,
      repeat(c.num_hidden_layers, () => ({
        self_attn: attention(
          {
            o_proj: linear(c.num_attention_heads * c.head_dim, c.hidden_size),
            qkv_proj: linear(c.hidden_size, (c.num_attention_heads + 2 * c.num_key_value_heads) * c.head_dim),
          },
          keyValueState(c.num_key_value_heads, c.head_dim, c.sliding_window),
        ),
        mlp: mlp({
          gate_up_proj: linear(c.hidden_size, 2 * c.intermediate_size),
          down_proj: linear(c.intermediate_size, c.hidden_size),
        }),
        input_layernorm: rmsNorm(c.hidden_size),
        post_attention_layernorm: rmsNorm(c.hidden_size),
      })),
    ),
  heads: decoderHeads(),
});
