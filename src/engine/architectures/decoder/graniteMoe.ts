import { depth } from '../../config/keys';
import { rmsNorm, router } from '../../modules/blocks';
import { module, repeat, tensor, type Parts } from '../../modules/tree';
import { family } from '../family';
import { decoderHeads } from '../heads';
import { headDim, kvHeads } from '../sharedKeys';
import { usualAttention, usualBody } from '../usualDecoder';

interface ExpertKeys {
  readonly hidden_size: number;
  readonly intermediate_size: number;
  readonly num_local_experts: number;
  readonly num_experts_per_tok: number;
}

/** Experts with one tensor for all of them, gate and up one above the other, and their router. */
export function fusedExperts(c: ExpertKeys): Parts {
  const experts = { count: c.num_local_experts, used: c.num_experts_per_tok };
  const expertLinear = (inFeatures: number, outFeatures: number) =>
    module(
      { weight: tensor([c.num_local_experts, outFeatures, inFeatures], 'linear', { layout: 'expert,out,in', experts }) },
      { component: 'experts' },
    );
  return {
    input_linear: expertLinear(c.hidden_size, 2 * c.intermediate_size),
    output_linear: expertLinear(c.intermediate_size, c.hidden_size),
    router: { layer: router(c.hidden_size, c.num_local_experts) },
  };
}

export const graniteMoe = family({
  types: ['granitemoe'],
  title: 'Granite MoE',
  source: 'transformers models/granitemoe',
  defaults: {
    vocab_size: 32000,
    hidden_size: 4096,
    intermediate_size: 11008,
    num_hidden_layers: depth(32),
    num_attention_heads: 32,
    num_key_value_heads: kvHeads,
    head_dim: headDim,
    attention_bias: false,
    num_local_experts: 8,
    num_experts_per_tok: 2,
    max_position_embeddings: 2048,
    tie_word_embeddings: false,
  },
  body: (c) =>
    usualBody(
      c,
      repeat(c.num_hidden_layers, () => ({
        self_attn: usualAttention(c, { bias: c.attention_bias }),
        input_layernorm: rmsNorm(c.hidden_size),
        post_attention_layernorm: rmsNorm(c.hidden_size),
        block_sparse_moe: fusedExperts(c),
      })),
    ),
  heads: decoderHeads(),
});
