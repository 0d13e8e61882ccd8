import { anything, depth, nullableReal } from '../../config/keys';
import { attention, keyValueState } from '../../modules/attention';
import { embedding, linear, rmsNorm } from '../../modules/blocks';
import { mlp } from '../../modules/mlp';
import { convolutionState, depthwise, stateSpace } from '../../modules/stateSpace';
import { layers } from '../../modules/tree';
import { family } from '../family';
import { decoderHeads } from '../heads';
import { layerTypes } from '../layerTypes';
import { headDim } from '../sharedKeys';

interface FeedForwardKeys {
  readonly intermediate_size: number;
  readonly block_auto_adjust_ff_dim: boolean;
  readonly block_ffn_dim_multiplier: number | null;
  readonly block_multiple_of: number;
}

/** The width of the feed-forward: two thirds of the one stated, scaled and rounded up (modeling_lfm2.py, Lfm2MLP). */
function feedForwardSize(c: FeedForwardKeys): number {
  if (!c.block_auto_adjust_ff_dim) return c.intermediate_size;
  const adjusted = Math.floor((2 * c.intermediate_size) / 3);
  if (c.block_ffn_dim_multiplier === null) return adjusted;
  return c.block_multiple_of * Math.ceil(Math.floor(c.block_ffn_dim_multiplier * adjusted) / c.block_multiple_of);
}

/** Layers of short convolutions, some of attention. */
export const lfm2 = family({
  types: ['lfm2'],
  title: 'LFM2',
  source: 'transformers models/lfm2',
  defaults: {
    vocab_size: 65536,
    hidden_size: 2560,
    intermediate_size: 12288,
    num_hidden_layers: depth(32),
    num_attention_heads: 32,
    num_key_value_heads: 8,
    head_dim: headDim,
    conv_bias: false,
    conv_L_cache: 3,
    block_multiple_of: 256,
    block_ffn_dim_multiplier: nullableReal(1),
    block_auto_adjust_ff_dim: true,
    full_attn_idxs: anything<unknown>(null),
    layer_types: anything<unknown>(null),
    max_position_embeddings: 128000,
    tie_word_embeddings: true,
  },
  aliases: { tie_embedding: 'tie_word_embeddings', block_ff_dim: 'intermediate_size' },
  body: (c, build) => {
    const attends = Array.isArray(c.full_attn_idxs) ? new Set<unknown>(c.full_attn_idxs) : undefined;
    const sorts = layerTypes(
      c.layer_types,
      c.num_hidden_layers,
      ['full_attention', 'conv'],
      (index) => (!attends || attends.has(index) ? 'full_attention' : 'conv'),
      build,
    );
    const width = feedForwardSize(c);
    return {
      embed_tokens: embedding(c.vocab_size, c.hidden_size),
      layers: layers(sorts, (sort) => ({
        self_attn:
          sort === 'full_attention' &&
          attention(
            {
              q_proj: linear(c.hidden_size, c.num_attention_heads * c.head_dim),
              k_proj: linear(c.hidden_size, c.num_key_value_heads * c.head_dim),
              v_proj: linear(c.hidden_size, c.num_key_value_heads * c.head_dim),
              out_proj: linear(c.num_attention_heads * c.head_dim, c.hidden_size),
              q_layernorm: rmsNorm(c.head_dim),
              k_layernorm: rmsNorm(c.head_dim),
            },
            keyValueState(c.num_key_value_heads, c.head_dim),
          ),
        conv:
          sort === 'conv' &&
          stateSpace(
            {
              conv: depthwise(c.hidden_size, c.conv_L_cache, c.conv_bias),
              in_proj: linear(c.hidden_size, 3 * c.hidden_size, c.conv_bias),
              out_proj: linear(c.hidden_size, c.hidden_size, c.conv_bias),
            },
            convolutionState(c.hidden_size, c.conv_L_cache),
          ),
        feed_forward: mlp({
          w1: linear(c.hidden_size, width),
          w3: linear(c.hidden_size, width),
          w2: linear(width, c.hidden_size),
        }),
        operator_norm: rmsNorm(c.hidden_size),
        ffn_norm: rmsNorm(c.hidden_size),
      })),
      embedding_norm: rmsNorm(c.hidden_size),
    };
  },
  heads: decoderHeads(),
});
