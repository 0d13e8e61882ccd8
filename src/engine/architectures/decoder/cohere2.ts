import { anything, depth, nullableSize } from '../../config/keys';
import { embedding, layerNorm } from '../../modules/blocks';
import { gatedMlp } from '../../modules/mlp';
import { layers } from '../../modules/tree';
import { family } from '../family';
import { decoderHeads } from '../heads';
import { layerTypes } from '../layerTypes';
import { headDim, kvHeads } from '../sharedKeys';
import { usualAttention } from '../usualDecoder';

export const cohere2 = family({
  types: ['cohere2'],
  title: 'Cohere2',
  source: 'transformers models/cohere2',
  defaults: {
    vocab_size: 256000,
    hidden_size: 8192,
    intermediate_size: 22528,
    num_hidden_layers: depth(40),
    num_attention_heads: 64,
    num_key_value_heads: kvHeads,
    head_dim: headDim,
    attention_bias: false,
    sliding_window: nullableSize(4096),
    layer_types: anything<unknown>(null),
    // One layer in so many attends to everything; configs written before layer_types say it this way.
    sliding_window_pattern: 4,
    max_position_embeddings: 8192,
    tie_word_embeddings: true,
  },
  body: (c, build) => {
    const attends = layerTypes(
      c.layer_types,
      c.num_hidden_layers,
      ['full_attention', 'sliding_attention'],
      (index) => ((index + 1) % c.sliding_window_pattern === 0 ? 'full_attention' : 'sliding_attention'),
      build,
    );
    return {
      embed_tokens: embedding(c.vocab_size, c.hidden_size),
      layers: layers(attends, (type) => ({
        self_attn: usualAttention(c, { bias: c.attention_bias, window: type === 'sliding_attention' ? c.sliding_window : null }),
        mlp: gatedMlp(c.hidden_size, c.intermediate_size),
        input_layernorm: layerNorm(c.hidden_size, false),
      })),
      norm: layerNorm(c.hidden_size, false),
    };
  },
  heads: decoderHeads(),
});
