import { depth } from '../../config/keys';
import { embedding, rmsNorm, router } from '../../modules/blocks';
import { groupedQueryAttention } from '../../modules/attention';
import { module, repeat, tensor } from '../../modules/tree';
import { family } from '../family';
import { decoderHeads } from '../heads';
import { headDim, kvHeads } from '../sharedKeys';

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
  body: (c) => {
    const experts = { count: c.num_local_experts, used: c.num_experts_per_tok };
    // One matrix per expert in one tensor, gate and up one above the other.
    const expertLinear = (inFeatures: number, outFeatures: number) =>
      module(
        { weight: tensor([c.num_local_experts, outFeatures, inFeatures], 'linear', { layout: 'expert,out,in', experts }) },
        { component: 'experts' },
      );
    return {
      embed_tokens: embedding(c.vocab_size, c.hidden_size),
      layers: repeat(c.num_hidden_layers, () => ({
        self_attn: groupedQueryAttention({
          hidden: c.hidden_size,
          heads: c.num_attention_heads,
          kvHeads: c.num_key_value_heads,
          headDim: c.head_dim,
          bias: c.attention_bias,
        }),
        input_layernorm: rmsNorm(c.hidden_size),
        post_attention_layernorm: rmsNorm(c.hidden_size),
        block_sparse_moe: {
          input_linear: expertLinear(c.hidden_size, 2 * c.intermediate_size),
          output_linear: expertLinear(c.intermediate_size, c.hidden_size),
          router: { layer: router(c.hidden_size, c.num_local_experts) },
        },
      })),
      norm: rmsNorm(c.hidden_size),
    };
  },
  heads: decoderHeads(),
});
