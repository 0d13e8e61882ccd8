import { depth } from '../../config/keys';
import { gatedMlp } from '../../modules/mlp';
import { repeat } from '../../modules/tree';
import { family } from '../family';
import { decoderHeads, questionAnswering } from '../heads';
import { usualAttention, usualBody, usualLayer } from '../usualDecoder';

export const seedOss = family({
  types: ['seed_oss'],
  title: 'Seed-OSS',
  source: 'transformers models/seed_oss',
  defaults: {
    vocab_size: 155136,
    hidden_size: 4096,
    intermediate_size: 27648,
    num_hidden_layers: depth(64),
    num_attention_heads: 80,
    num_key_value_heads: 8,
    head_dim: 128,
    attention_bias: true,
    attention_out_bias: false,
    mlp_bias: false,
    max_position_embeddings: 524288,
    tie_word_embeddings: false,
  },
  body: (c) =>
    usualBody(
      c,
      repeat(c.num_hidden_layers, () =>
        usualLayer(
          c,
          usualAttention(c, { bias: c.attention_bias, outBias: c.attention_out_bias }),
          gatedMlp(c.hidden_size, c.intermediate_size, c.mlp_bias),
        ),
      ),
    ),
  heads: { ...decoderHeads(), ForQuestionAnswering: questionAnswering('transformer') },
});
