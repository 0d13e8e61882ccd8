import { anything, depth, nullableSize } from '../../config/keys';
import { rmsNorm } from '../../modules/blocks';
import { gatedMlp } from '../../modules/mlp';
import { groupedQueryAttention } from '../../modules/attention';
import { layers } from '../../modules/tree';
import { family } from '../family';
import { decoderHeads, questionAnswering } from '../heads';
import { layerTypes } from '../layerTypes';
import { headDim } from '../sharedKeys';
import { usualBody } from '../usualDecoder';

export const smollm3 = family({
  types: ['smollm3'],
  title: 'SmolLM3',
  source: 'transformers models/smollm3',
  defaults: {
    vocab_size: 128256,
    hidden_size: 2048,
    intermediate_size: 11008,
    num_hidden_layers: depth(36),
    num_attention_heads: 16,
    // Null means as many as query heads, which is not what leaving it out means.
    num_key_value_heads: nullableSize(4, 1),
    head_dim: headDim,
    attention_bias: false,
    mlp_bias: false,
    use_sliding_window: false,
    sliding_window: nullableSize(null),
    no_rope_layers: anything<unknown>(null),
    no_rope_layer_interval: 4,
    layer_types: anything<unknown>(null),
    max_position_embeddings: 32768,
    tie_word_embeddings: true,
  },
  body: (c, build) => {
    const rotary = (index: number): boolean =>
      Array.isArray(c.no_rope_layers) ? Boolean(c.no_rope_layers[index]) : (index + 1) % c.no_rope_layer_interval !== 0;
    const attends = layerTypes(
      c.layer_types,
      c.num_hidden_layers,
      ['full_attention', 'sliding_attention'],
      (index) => (c.use_sliding_window && c.sliding_window !== null && !rotary(index) ? 'sliding_attention' : 'full_attention'),
      build,
    );
    return usualBody(
      c,
      layers(attends, (type) => ({
        self_attn: groupedQueryAttention({
          hidden: c.hidden_size,
          heads: c.num_attention_heads,
          kvHeads: c.num_key_value_heads ?? c.num_attention_heads,
          headDim: c.head_dim,
          bias: c.attention_bias,
          window: type === 'sliding_attention' ? c.sliding_window : null,
        }),
        mlp: gatedMlp(c.hidden_size, c.intermediate_size, c.mlp_bias),
        input_layernorm: rmsNorm(c.hidden_size),
        post_attention_layernorm: rmsNorm(c.hidden_size),
      })),
    );
  },
  heads: { ...decoderHeads(), ForQuestionAnswering: questionAnswering('transformer') },
});
