import { depth } from '../../config/keys';
import { rmsNorm } from '../../modules/blocks';
import { experts, numberedMlp } from '../../modules/mlp';
import { module, repeat, tensor } from '../../modules/tree';
import { family } from '../family';
import { decoderHeads } from '../heads';
import { usualAttention, usualBody } from '../usualDecoder';

/** Every layer has experts; norms of queries and keys span all heads. Names are those of the files. */
export const minimaxM2 = family({
  types: ['minimax_m2'],
  title: 'MiniMax-M2',
  source: 'transformers models/minimax_m2',
  defaults: {
    vocab_size: 200064,
    hidden_size: 3072,
    intermediate_size: 1536,
    num_hidden_layers: depth(62),
    num_attention_heads: 48,
    num_key_value_heads: 8,
    head_dim: 128,
    num_local_experts: 256,
    num_experts_per_tok: 8,
    max_position_embeddings: 196608,
    tie_word_embeddings: false,
  },
  aliases: { num_experts: 'num_local_experts' },
  body: (c) =>
    usualBody(
      c,
      repeat(c.num_hidden_layers, () => ({
        self_attn: usualAttention(c, {
          more: { q_norm: rmsNorm(c.num_attention_heads * c.head_dim), k_norm: rmsNorm(c.num_key_value_heads * c.head_dim) },
        }),
        block_sparse_moe: {
          // float32 in the files: copies for MLX have its scales at 32 bits (mlx-community/MiniMax-M2.1 and M2.5, to the byte).
          gate: module({ weight: tensor([c.num_local_experts, c.hidden_size], 'router', { dtype: 'float32' }) }, { component: 'router' }),
          e_score_correction_bias: tensor([c.num_local_experts], 'other', { buffer: true, dtype: 'float32' }),
          experts: experts(c.num_local_experts, c.num_experts_per_tok, numberedMlp(c.hidden_size, c.intermediate_size)),
        },
        input_layernorm: rmsNorm(c.hidden_size),
        post_attention_layernorm: rmsNorm(c.hidden_size),
      })),
    ),
  heads: decoderHeads(),
});
