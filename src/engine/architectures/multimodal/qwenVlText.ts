import { anything, depth, nullableSize } from '../../config/keys';
import { groupedQueryAttention } from '../../modules/attention';
import { rmsNorm } from '../../modules/blocks';
import { gatedMlp } from '../../modules/mlp';
import { layers } from '../../modules/tree';
import { family } from '../family';
import { bareModel } from '../heads';
import { layerTypes } from '../layerTypes';
import { usualBody } from '../usualDecoder';

/** The language model inside Qwen2-VL and Qwen2.5-VL: Qwen2 with positions in three dimensions. */
export const qwenVlText = family({
  types: ['qwen2_vl_text', 'qwen2_5_vl_text'],
  title: 'Qwen2-VL text',
  source: 'transformers models/qwen2_vl',
  defaults: {
    vocab_size: 152064,
    hidden_size: 8192,
    intermediate_size: 29568,
    num_hidden_layers: depth(80),
    num_attention_heads: 64,
    num_key_value_heads: nullableSize(8, 1),
    use_sliding_window: false,
    sliding_window: nullableSize(4096),
    max_window_layers: nullableSize(80),
    layer_types: anything<unknown>(null),
    max_position_embeddings: 32768,
    tie_word_embeddings: false,
  },
  body: (c, build) => {
    const window = c.use_sliding_window ? c.sliding_window : null;
    const sorts = layerTypes(
      c.layer_types,
      c.num_hidden_layers,
      ['full_attention', 'sliding_attention'],
      (index) => (window !== null && index >= (c.max_window_layers ?? 0) ? 'sliding_attention' : 'full_attention'),
      build,
    );
    return usualBody(
      c,
      layers(sorts, (sort) => ({
        self_attn: groupedQueryAttention({
          hidden: c.hidden_size,
          heads: c.num_attention_heads,
          kvHeads: c.num_key_value_heads ?? c.num_attention_heads,
          headDim: Math.floor(c.hidden_size / c.num_attention_heads),
          bias: true,
          outBias: false,
          window: sort === 'sliding_attention' ? window : null,
        }),
        mlp: gatedMlp(c.hidden_size, c.intermediate_size),
        input_layernorm: rmsNorm(c.hidden_size),
        post_attention_layernorm: rmsNorm(c.hidden_size),
      })),
    );
  },
  heads: { Model: bareModel },
});
