import { depth, nullableSize } from '../../config/keys';
import { layerNorm, linearRouter } from '../../modules/blocks';
import { experts, numberedMlp } from '../../modules/mlp';
import { repeat } from '../../modules/tree';
import { family } from '../family';
import { decoderHeads } from '../heads';
import { headDim } from '../sharedKeys';
import { usualAttention, usualBody } from '../usualDecoder';

/** Mixtral with norms that have a bias. */
export const phimoe = family({
  types: ['phimoe'],
  title: 'Phi-3.5 MoE',
  source: 'transformers models/phimoe',
  defaults: {
    vocab_size: 32064,
    hidden_size: 4096,
    intermediate_size: 6400,
    num_hidden_layers: depth(32),
    num_attention_heads: 32,
    num_key_value_heads: 8,
    head_dim: headDim,
    attention_bias: false,
    lm_head_bias: false,
    sliding_window: nullableSize(null),
    num_local_experts: 16,
    num_experts_per_tok: 2,
    max_position_embeddings: 131072,
    tie_word_embeddings: false,
  },
  body: (c) =>
    usualBody(
      c,
      repeat(c.num_hidden_layers, () => ({
        self_attn: usualAttention(c, { bias: c.attention_bias, window: c.sliding_window }),
        block_sparse_moe: {
          gate: linearRouter(c.hidden_size, c.num_local_experts, 'derived'),
          experts: experts(c.num_local_experts, c.num_experts_per_tok, numberedMlp(c.hidden_size, c.intermediate_size)),
        },
        input_layernorm: layerNorm(c.hidden_size),
        post_attention_layernorm: layerNorm(c.hidden_size),
      })),
      layerNorm,
    ),
  heads: decoderHeads('model', 'embed_tokens', ({ lm_head_bias: bias }: { readonly lm_head_bias: boolean }) => bias),
});
