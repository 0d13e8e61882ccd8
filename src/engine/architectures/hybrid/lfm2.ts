import { anything, count, depth, nullableReal } from '../../config/keys';
import { attention, keyValueState } from '../../modules/attention';
import { embedding, linear, rmsNorm, router } from '../../modules/blocks';
import { experts, numberedMlp } from '../../modules/mlp';
import { convolutionState, depthwise, stateSpace } from '../../modules/stateSpace';
import { layers, tensor, type Parts } from '../../modules/tree';
import { family } from '../family';
import { decoderHeads } from '../heads';
import { layerTypes } from '../layerTypes';
import { headDim } from '../sharedKeys';
import type { AttentionKeys } from '../usualDecoder';

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

interface MixerKeys extends AttentionKeys {
  readonly conv_bias: boolean;
  readonly conv_L_cache: number;
}

/** A layer of LFM2: attention or a short convolution, and a feed-forward of any kind. */
const lfm2Layer = (c: MixerKeys, type: 'full_attention' | 'conv', feedForward: Parts[string]): Parts => ({
  self_attn:
    type === 'full_attention' &&
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
    type === 'conv' &&
    stateSpace(
      {
        conv: depthwise(c.hidden_size, c.conv_L_cache, c.conv_bias),
        in_proj: linear(c.hidden_size, 3 * c.hidden_size, c.conv_bias),
        out_proj: linear(c.hidden_size, c.hidden_size, c.conv_bias),
      },
      convolutionState(c.hidden_size, c.conv_L_cache),
    ),
  feed_forward: feedForward,
  operator_norm: rmsNorm(c.hidden_size),
  ffn_norm: rmsNorm(c.hidden_size),
});

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
      layers: layers(sorts, (sort) => lfm2Layer(c, sort, numberedMlp(c.hidden_size, width))),
      embedding_norm: rmsNorm(c.hidden_size),
    };
  },
  heads: decoderHeads(),
});

/** The same with experts after the first layers. Names are those of the files. */
export const lfm2Moe = family({
  types: ['lfm2_moe'],
  title: 'LFM2 MoE',
  source: 'transformers models/lfm2_moe',
  defaults: {
    vocab_size: 65536,
    hidden_size: 2048,
    intermediate_size: 7168,
    num_hidden_layers: depth(32),
    num_attention_heads: 32,
    num_key_value_heads: 8,
    head_dim: headDim,
    conv_bias: false,
    conv_L_cache: 3,
    layer_types: anything<unknown>(null),
    num_dense_layers: count(2),
    num_experts: 32,
    num_experts_per_tok: 4,
    moe_intermediate_size: 1792,
    use_expert_bias: true,
    max_position_embeddings: 128000,
    tie_word_embeddings: true,
  },
  aliases: { tie_embedding: 'tie_word_embeddings' },
  body: (c, build) => {
    const sorts = layerTypes(c.layer_types, c.num_hidden_layers, ['full_attention', 'conv'], () => 'full_attention', build);
    return {
      embed_tokens: embedding(c.vocab_size, c.hidden_size),
      layers: layers(
        sorts.map((type, index) => `${type} ${index < c.num_dense_layers ? 'dense' : 'sparse'}` as const),
        (sort) =>
          lfm2Layer(
            c,
            sort.startsWith('conv') ? 'conv' : 'full_attention',
            sort.endsWith('dense')
              ? numberedMlp(c.hidden_size, c.intermediate_size)
              : {
                  gate: router(c.hidden_size, c.num_experts),
                  expert_bias: c.use_expert_bias && tensor([c.num_experts], 'other', { buffer: true, dtype: 'float32' }),
                  experts: experts(c.num_experts, c.num_experts_per_tok, numberedMlp(c.hidden_size, c.moe_intermediate_size)),
                },
          ),
      ),
      embedding_norm: rmsNorm(c.hidden_size),
    };
  },
  heads: decoderHeads(),
});
