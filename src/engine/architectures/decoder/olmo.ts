import { depth } from '../../config/keys';
import { embedding, plainNorm } from '../../modules/blocks';
import { gatedMlp } from '../../modules/mlp';
import { repeat } from '../../modules/tree';
import { family } from '../family';
import { decoderHeads } from '../heads';
import { headDim, kvHeads } from '../sharedKeys';
import { usualAttention } from '../usualDecoder';

/** Its norms have no parameters. */
export const olmo = family({
  types: ['olmo'],
  title: 'OLMo',
  source: 'transformers models/olmo',
  defaults: {
    vocab_size: 50304,
    hidden_size: 4096,
    intermediate_size: 11008,
    num_hidden_layers: depth(32),
    num_attention_heads: 32,
    num_key_value_heads: kvHeads,
    head_dim: headDim,
    attention_bias: false,
    max_position_embeddings: 2048,
    tie_word_embeddings: false,
  },
  body: (c) => ({
    embed_tokens: embedding(c.vocab_size, c.hidden_size),
    layers: repeat(c.num_hidden_layers, () => ({
      self_attn: usualAttention(c, { bias: c.attention_bias }),
      mlp: gatedMlp(c.hidden_size, c.intermediate_size),
      input_layernorm: plainNorm(),
      post_attention_layernorm: plainNorm(),
    })),
    norm: plainNorm(),
  }),
  heads: decoderHeads(),
});
