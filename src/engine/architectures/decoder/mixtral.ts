import { depth, nullableSize, size } from '../../config/keys';
import { linear, rmsNorm, router } from '../../modules/blocks';
import { experts } from '../../modules/mlp';
import { repeat } from '../../modules/tree';
import { family } from '../family';
import { decoderHeads } from '../heads';
import { headDim } from '../sharedKeys';
import { usualAttention, usualBody } from '../usualDecoder';

export const mixtral = family({
  types: ['mixtral'],
  title: 'Mixtral',
  source: 'transformers models/mixtral',
  defaults: {
    vocab_size: 32000,
    hidden_size: 4096,
    intermediate_size: 14336,
    num_hidden_layers: depth(32),
    num_attention_heads: 32,
    num_key_value_heads: size(8),
    head_dim: headDim,
    sliding_window: nullableSize(null),
    num_local_experts: 8,
    num_experts_per_tok: 2,
    max_position_embeddings: 131072,
    tie_word_embeddings: false,
  },
  aliases: { num_experts: 'num_local_experts' },
  body: (c) =>
    usualBody(
      c,
      repeat(c.num_hidden_layers, () => ({
        self_attn: usualAttention(c, { window: c.sliding_window }),
        block_sparse_moe: {
          gate: router(c.hidden_size, c.num_local_experts),
          experts: experts(c.num_local_experts, c.num_experts_per_tok, {
            w1: linear(c.hidden_size, c.intermediate_size),
            w2: linear(c.intermediate_size, c.hidden_size),
            w3: linear(c.hidden_size, c.intermediate_size),
          }),
        },
        input_layernorm: rmsNorm(c.hidden_size),
        post_attention_layernorm: rmsNorm(c.hidden_size),
      })),
    ),
  heads: decoderHeads(),
});
