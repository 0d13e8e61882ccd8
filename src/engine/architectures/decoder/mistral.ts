import { anything, depth, nullableSize } from '../../config/keys';
import { embedding, rmsNorm } from '../../modules/blocks';
import { gatedMlp } from '../../modules/mlp';
import { groupedQueryAttention } from '../../modules/attention';
import { layers } from '../../modules/tree';
import { family } from '../family';
import { decoderHeads } from '../heads';
import { layerTypes } from '../layerTypes';
import { headDim } from '../sharedKeys';

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
    // Not a key of the class, but the cache follows it where a file has it.
    layer_types: anything<unknown>(null),
    max_position_embeddings: 131072,
    tie_word_embeddings: false,
  },
  body: (c, build) => {
    const attends = layerTypes(
      c.layer_types,
      c.num_hidden_layers,
      ['full_attention', 'sliding_attention'],
      () => (c.sliding_window === null ? 'full_attention' : 'sliding_attention'),
      build,
    );
    return {
      embed_tokens: embedding(c.vocab_size, c.hidden_size),
      layers: layers(attends, (type) => ({
        self_attn: groupedQueryAttention({
          hidden: c.hidden_size,
          heads: c.num_attention_heads,
          kvHeads: c.num_key_value_heads ?? c.num_attention_heads,
          headDim: c.head_dim,
          window: type === 'sliding_attention' ? c.sliding_window : null,
        }),
        mlp: gatedMlp(c.hidden_size, c.intermediate_size),
        input_layernorm: rmsNorm(c.hidden_size),
        post_attention_layernorm: rmsNorm(c.hidden_size),
      })),
      norm: rmsNorm(c.hidden_size),
    };
  },
  heads: decoderHeads(),
});
