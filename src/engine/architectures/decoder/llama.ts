import { depth } from '../../config/keys';
import { rmsNorm } from '../../modules/blocks';
import { gatedMlp } from '../../modules/mlp';
import { repeat } from '../../modules/tree';
import { family } from '../family';
import { decoderHeads, questionAnswering } from '../heads';
import { headDim, kvHeads } from '../sharedKeys';
import { usualAttention, usualBody } from '../usualDecoder';

export const llama = family({
  types: ['llama'],
  title: 'Llama',
  source: 'transformers models/llama',
  defaults: {
    vocab_size: 32000,
    hidden_size: 4096,
    intermediate_size: 11008,
    num_hidden_layers: depth(32),
    num_attention_heads: 32,
    num_key_value_heads: kvHeads,
    head_dim: headDim,
    attention_bias: false,
    mlp_bias: false,
    max_position_embeddings: 2048,
    tie_word_embeddings: false,
  },
  body: (c) =>
    usualBody(
      c,
      repeat(c.num_hidden_layers, () => ({
        self_attn: usualAttention(c, { bias: c.attention_bias }),
        mlp: gatedMlp(c.hidden_size, c.intermediate_size, c.mlp_bias),
        input_layernorm: rmsNorm(c.hidden_size),
        post_attention_layernorm: rmsNorm(c.hidden_size),
      })),
    ),
  heads: { ...decoderHeads(), ForQuestionAnswering: questionAnswering('transformer') },
});
