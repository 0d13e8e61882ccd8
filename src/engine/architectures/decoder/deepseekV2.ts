import { count, depth, nullableSize } from '../../config/keys';
import { rmsNorm, router } from '../../modules/blocks';
import { experts, gatedMlp } from '../../modules/mlp';
import { denseFirst, usualLatentAttention } from '../deepseekParts';
import { family } from '../family';
import { decoderHeads } from '../heads';
import { usualBody } from '../usualDecoder';

export const deepseekV2 = family({
  types: ['deepseek_v2'],
  title: 'DeepSeek-V2',
  source: 'transformers models/deepseek_v2',
  defaults: {
    vocab_size: 102400,
    hidden_size: 4096,
    intermediate_size: 11008,
    num_hidden_layers: depth(32),
    num_attention_heads: 32,
    q_lora_rank: nullableSize(1536, 1),
    kv_lora_rank: 512,
    qk_nope_head_dim: 128,
    qk_rope_head_dim: 64,
    v_head_dim: 128,
    attention_bias: false,
    mlp_bias: false,
    first_k_dense_replace: count(0),
    n_routed_experts: 64,
    num_experts_per_tok: nullableSize(null, 1),
    n_shared_experts: nullableSize(2),
    moe_intermediate_size: 1407,
    max_position_embeddings: 2048,
    tie_word_embeddings: false,
  },
  aliases: { num_experts: 'n_routed_experts' },
  body: (c, build) => {
    // The config class has no default here and the model does not run without one: until it is known, all experts count as used.
    if (c.num_experts_per_tok === null)
      build.report({
        code: 'assumption',
        severity: 'warning',
        path: [...build.path, 'model_type'],
        values: { assumption: `num_experts_per_tok=${c.n_routed_experts}` },
      });
    return usualBody(
      c,
      denseFirst(c, (sparse) => ({
        self_attn: usualLatentAttention(c),
        mlp: sparse
          ? {
              experts: experts(
                c.n_routed_experts,
                c.num_experts_per_tok ?? c.n_routed_experts,
                gatedMlp(c.hidden_size, c.moe_intermediate_size),
              ),
              gate: router(c.hidden_size, c.n_routed_experts),
              shared_experts:
                c.n_shared_experts !== null && gatedMlp(c.hidden_size, c.moe_intermediate_size * c.n_shared_experts, c.mlp_bias),
            }
          : gatedMlp(c.hidden_size, c.intermediate_size, c.mlp_bias),
        input_layernorm: rmsNorm(c.hidden_size),
        post_attention_layernorm: rmsNorm(c.hidden_size),
      })),
    );
  },
  heads: decoderHeads(),
});
