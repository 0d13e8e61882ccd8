import { anything, depth, nullableSize } from '../../config/keys';
import { rmsNorm } from '../../modules/blocks';
import { gatedMlp } from '../../modules/mlp';
import { layers } from '../../modules/tree';
import { family } from '../family';
import { decoderHeads } from '../heads';
import { layerTypes } from '../layerTypes';
import { usualAttention, usualBody } from '../usualDecoder';

export const gemma3Text = family({
  types: ['gemma3_text'],
  title: 'Gemma 3',
  source: 'transformers models/gemma3',
  defaults: {
    vocab_size: 262208,
    hidden_size: 2304,
    intermediate_size: 9216,
    num_hidden_layers: depth(26),
    num_attention_heads: 8,
    num_key_value_heads: 4,
    head_dim: 256,
    attention_bias: false,
    max_position_embeddings: 131072,
    sliding_window: nullableSize(4096),
    // Every sixth layer sees everything; older files call the interval sliding_window_pattern, newer ones list the layers.
    sliding_window_pattern: 6,
    layer_types: anything<unknown>(null),
    use_bidirectional_attention: false,
    tie_word_embeddings: true,
  },
  body: (c, build) => {
    const sorts = layerTypes(
      c.layer_types,
      c.num_hidden_layers,
      ['full_attention', 'sliding_attention'],
      (index) => ((index + 1) % c.sliding_window_pattern === 0 ? 'full_attention' : 'sliding_attention'),
      build,
    );
    // Looking both ways, a window of w tokens reaches half as far (configuration_gemma3.py).
    const window = c.sliding_window !== null && c.use_bidirectional_attention ? Math.floor(c.sliding_window / 2) + 1 : c.sliding_window;
    return usualBody(
      c,
      layers(sorts, (sort) => ({
        self_attn: usualAttention(c, {
          bias: c.attention_bias,
          window: sort === 'sliding_attention' ? window : null,
          more: { q_norm: rmsNorm(c.head_dim), k_norm: rmsNorm(c.head_dim) },
        }),
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
