import { anything, depth, nullableSize } from '../../config/keys';
import { rmsNorm } from '../../modules/blocks';
import { gatedMlp } from '../../modules/mlp';
import { layers } from '../../modules/tree';
import { family } from '../family';
import { decoderHeads } from '../heads';
import { layerTypes } from '../layerTypes';
import { usualAttention, usualBody } from '../usualDecoder';

/** Layers see a window and everything by turns; norms stand before and after each part. */
export const gemma2 = family({
  types: ['gemma2'],
  title: 'Gemma 2',
  source: 'transformers models/gemma2',
  defaults: {
    vocab_size: 256000,
    hidden_size: 2304,
    intermediate_size: 9216,
    num_hidden_layers: depth(26),
    num_attention_heads: 8,
    num_key_value_heads: 4,
    head_dim: 256,
    attention_bias: false,
    sliding_window: nullableSize(4096),
    layer_types: anything<unknown>(null),
    max_position_embeddings: 8192,
    tie_word_embeddings: true,
  },
  body: (c, build) => {
    const attends = layerTypes(
      c.layer_types,
      c.num_hidden_layers,
      ['full_attention', 'sliding_attention'],
      (index) => (index % 2 === 0 ? 'sliding_attention' : 'full_attention'),
      build,
    );
    return usualBody(
      c,
      layers(attends, (type) => ({
        self_attn: usualAttention(c, { bias: c.attention_bias, window: type === 'sliding_attention' ? c.sliding_window : null }),
        mlp: gatedMlp(c.hidden_size, c.intermediate_size),
        input_layernorm: rmsNorm(c.hidden_size),
        post_attention_layernorm: rmsNorm(c.hidden_size),
        pre_feedforward_layernorm: rmsNorm(c.hidden_size),
        post_feedforward_layernorm: rmsNorm(c.hidden_size),
      })),
    );
  },
  heads: decoderHeads(),
});
