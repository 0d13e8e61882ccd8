import { depth, nullableSize } from '../../config/keys';
import { embedding, layerNorm, linear } from '../../modules/blocks';
import { mlp } from '../../modules/mlp';
import { repeat } from '../../modules/tree';
import { family } from '../family';
import { decoderHeads } from '../heads';
import { headDim } from '../sharedKeys';
import { usualAttention } from '../usualDecoder';

export const starcoder2 = family({
  types: ['starcoder2'],
  title: 'StarCoder2',
  source: 'transformers models/starcoder2',
  defaults: {
    vocab_size: 49152,
    hidden_size: 3072,
    intermediate_size: 12288,
    num_hidden_layers: depth(30),
    num_attention_heads: 24,
    num_key_value_heads: 2,
    head_dim: headDim,
    sliding_window: nullableSize(null),
    use_bias: true,
    max_position_embeddings: 4096,
    tie_word_embeddings: true,
  },
  body: (c) => ({
    embed_tokens: embedding(c.vocab_size, c.hidden_size),
    layers: repeat(c.num_hidden_layers, () => ({
      self_attn: usualAttention(c, { bias: c.use_bias, window: c.sliding_window }),
      mlp: mlp({
        c_fc: linear(c.hidden_size, c.intermediate_size, c.use_bias),
        c_proj: linear(c.intermediate_size, c.hidden_size, c.use_bias),
      }),
      input_layernorm: layerNorm(c.hidden_size),
      post_attention_layernorm: layerNorm(c.hidden_size),
    })),
    norm: layerNorm(c.hidden_size),
  }),
  heads: decoderHeads(),
});
