import { anything, depth } from '../../config/keys';
import { rmsNorm } from '../../modules/blocks';
import { gatedMlp } from '../../modules/mlp';
import { layers } from '../../modules/tree';
import { family } from '../family';
import { decoderHeads } from '../heads';
import { layerTypes } from '../layerTypes';
import { headDim, kvHeads } from '../sharedKeys';
import { usualAttention, usualBody } from '../usualDecoder';

/** OLMo 2 with windows in three layers of four. */
export const olmo3 = family({
  types: ['olmo3'],
  title: 'OLMo 3',
  source: 'transformers models/olmo3',
  defaults: {
    vocab_size: 50304,
    hidden_size: 4096,
    intermediate_size: 11008,
    num_hidden_layers: depth(32),
    num_attention_heads: 32,
    num_key_value_heads: kvHeads,
    head_dim: headDim,
    attention_bias: false,
    sliding_window: 4096,
    layer_types: anything<unknown>(null),
    max_position_embeddings: 2048,
    tie_word_embeddings: false,
  },
  body: (c, build) => {
    const sorts = layerTypes(
      c.layer_types,
      c.num_hidden_layers,
      ['full_attention', 'sliding_attention'],
      (index) => ((index + 1) % 4 === 0 ? 'full_attention' : 'sliding_attention'),
      build,
    );
    return usualBody(
      c,
      layers(sorts, (sort) => ({
        self_attn: usualAttention(c, {
          bias: c.attention_bias,
          window: sort === 'sliding_attention' ? c.sliding_window : null,
          more: { q_norm: rmsNorm(c.num_attention_heads * c.head_dim), k_norm: rmsNorm(c.num_key_value_heads * c.head_dim) },
        }),
        mlp: gatedMlp(c.hidden_size, c.intermediate_size),
        post_attention_layernorm: rmsNorm(c.hidden_size),
        post_feedforward_layernorm: rmsNorm(c.hidden_size),
      })),
    );
  },
  heads: decoderHeads(),
});
