import { depth } from '../../config/keys';
import { rmsNorm, router } from '../../modules/blocks';
import { experts, gatedMlp } from '../../modules/mlp';
import { repeat } from '../../modules/tree';
import { family } from '../family';
import { decoderHeads } from '../heads';
import { headDim, kvHeads } from '../sharedKeys';
import { usualAttention, usualBody, usualLayer } from '../usualDecoder';

/** Every layer has experts; norms of queries and keys span all heads. */
export const olmoe = family({
  types: ['olmoe'],
  title: 'OLMoE',
  source: 'transformers models/olmoe',
  defaults: {
    vocab_size: 50304,
    hidden_size: 2048,
    intermediate_size: 2048,
    num_hidden_layers: depth(16),
    num_attention_heads: 16,
    num_key_value_heads: kvHeads,
    head_dim: headDim,
    attention_bias: false,
    num_experts: 64,
    num_experts_per_tok: 8,
    max_position_embeddings: 4096,
    tie_word_embeddings: false,
  },
  aliases: { num_local_experts: 'num_experts' },
  body: (c) =>
    usualBody(
      c,
      repeat(c.num_hidden_layers, () =>
        usualLayer(
          c,
          usualAttention(c, {
            bias: c.attention_bias,
            more: {
              q_norm: rmsNorm(c.hidden_size),
              k_norm: rmsNorm(Math.floor(c.hidden_size / c.num_attention_heads) * c.num_key_value_heads),
            },
          }),
          {
            gate: router(c.hidden_size, c.num_experts),
            experts: experts(c.num_experts, c.num_experts_per_tok, gatedMlp(c.hidden_size, c.intermediate_size)),
          },
        ),
      ),
    ),
  heads: decoderHeads(),
});
