import { anything, count, depth, nullableSize } from '../../config/keys';
import { rmsNorm, router } from '../../modules/blocks';
import { experts, gatedMlp } from '../../modules/mlp';
import { layers } from '../../modules/tree';
import { family } from '../family';
import { decoderHeads, questionAnswering } from '../heads';
import { headDim } from '../sharedKeys';
import { sparseLayers } from '../sparseLayers';
import { usualAttention, usualBody } from '../usualDecoder';

export const qwen3Moe = family({
  types: ['qwen3_moe'],
  title: 'Qwen3 MoE',
  source: 'transformers models/qwen3_moe',
  defaults: {
    vocab_size: 151936,
    hidden_size: 2048,
    intermediate_size: 6144,
    num_hidden_layers: depth(24),
    num_attention_heads: 32,
    num_key_value_heads: 4,
    head_dim: headDim,
    attention_bias: false,
    use_sliding_window: false,
    sliding_window: nullableSize(4096),
    decoder_sparse_step: 1,
    mlp_only_layers: anything<unknown>(null),
    num_experts: count(128),
    num_experts_per_tok: 8,
    moe_intermediate_size: 768,
    max_position_embeddings: 32768,
    tie_word_embeddings: false,
  },
  aliases: { num_local_experts: 'num_experts' },
  body: (c) =>
    usualBody(
      c,
      layers(sparseLayers(c, c.num_experts), (sparse) => ({
        self_attn: usualAttention(c, {
          bias: c.attention_bias,
          window: c.use_sliding_window ? c.sliding_window : null,
          more: { q_norm: rmsNorm(c.head_dim), k_norm: rmsNorm(c.head_dim) },
        }),
        mlp: sparse
          ? {
              experts: experts(c.num_experts, c.num_experts_per_tok, gatedMlp(c.hidden_size, c.moe_intermediate_size)),
              gate: router(c.hidden_size, c.num_experts),
            }
          : gatedMlp(c.hidden_size, c.intermediate_size),
        input_layernorm: rmsNorm(c.hidden_size),
        post_attention_layernorm: rmsNorm(c.hidden_size),
      })),
    ),
  heads: { ...decoderHeads(), ForQuestionAnswering: questionAnswering('transformer') },
});
