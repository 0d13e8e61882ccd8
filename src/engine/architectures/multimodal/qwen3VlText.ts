import { anything, count, depth } from '../../config/keys';
import { router } from '../../modules/blocks';
import { gatedMlp } from '../../modules/mlp';
import { layers, module, repeat, tensor } from '../../modules/tree';
import { family } from '../family';
import { bareModel } from '../heads';
import { headDim, kvHeads } from '../sharedKeys';
import { sparseLayers } from '../sparseLayers';
import { headNorms, usualAttention, usualBody, usualLayer } from '../usualDecoder';

/** The language model inside Qwen3-VL: Qwen3 with positions in three dimensions. */
export const qwen3VlText = family({
  types: ['qwen3_vl_text'],
  title: 'Qwen3-VL text',
  source: 'transformers models/qwen3_vl',
  defaults: {
    vocab_size: 151936,
    hidden_size: 4096,
    intermediate_size: 22016,
    num_hidden_layers: depth(32),
    num_attention_heads: 32,
    num_key_value_heads: 32,
    head_dim: 128,
    attention_bias: false,
    max_position_embeddings: 128000,
  },
  body: (c) =>
    usualBody(
      c,
      repeat(c.num_hidden_layers, () =>
        usualLayer(
          c,
          usualAttention(c, { bias: c.attention_bias, more: headNorms(c.head_dim) }),
          gatedMlp(c.hidden_size, c.intermediate_size),
        ),
      ),
    ),
  heads: { Model: bareModel },
});

/**
 * All experts of a layer in one tensor, [expert, in, out] in the published files, which the library turns round as it loads
 * them (conversion_mapping.py, qwen3_vl_moe).
 */
export const qwen3VlMoeText = family({
  types: ['qwen3_vl_moe_text'],
  title: 'Qwen3-VL MoE text',
  source: 'transformers models/qwen3_vl_moe',
  defaults: {
    vocab_size: 151936,
    hidden_size: 2048,
    intermediate_size: 5632,
    num_hidden_layers: depth(24),
    num_attention_heads: 16,
    num_key_value_heads: kvHeads,
    head_dim: headDim,
    attention_bias: false,
    decoder_sparse_step: 1,
    mlp_only_layers: anything<unknown>(null),
    num_local_experts: count(60),
    num_experts_per_tok: 4,
    moe_intermediate_size: 1408,
    max_position_embeddings: 128000,
  },
  aliases: { num_experts: 'num_local_experts' },
  body: (c) => {
    const routed = { count: c.num_local_experts, used: c.num_experts_per_tok };
    const expertMatrix = (inFeatures: number, outFeatures: number) =>
      tensor([c.num_local_experts, inFeatures, outFeatures], 'linear', { layout: 'expert,in,out', experts: routed });
    return usualBody(
      c,
      layers(sparseLayers(c, c.num_local_experts), (sparse) =>
        usualLayer(
          c,
          usualAttention(c, { bias: c.attention_bias, more: headNorms(c.head_dim) }),
          sparse
            ? {
                gate: router(c.hidden_size, c.num_local_experts),
                experts: module(
                  {
                    gate_up_proj: expertMatrix(c.hidden_size, 2 * c.moe_intermediate_size),
                    down_proj: expertMatrix(c.moe_intermediate_size, c.hidden_size),
                  },
                  { component: 'experts' },
                ),
              }
            : gatedMlp(c.hidden_size, c.intermediate_size),
        ),
      ),
    );
  },
  heads: { Model: bareModel },
});
