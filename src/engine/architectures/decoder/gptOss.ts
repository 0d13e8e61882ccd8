import { anything, depth, nullableSize, size } from '../../config/keys';
import { parameter, rmsNorm, router } from '../../modules/blocks';
import { layers, module, tensor } from '../../modules/tree';
import { family } from '../family';
import { decoderHeads } from '../heads';
import { layerTypes } from '../layerTypes';
import { usualAttention, usualBody } from '../usualDecoder';

/**
 * Experts as the model holds them, [expert, in, out]. The published checkpoints hold the same matrices as MXFP4 blocks and
 * scales, which their quantization_config says.
 */
export const gptOss = family({
  types: ['gpt_oss'],
  title: 'gpt-oss',
  source: 'transformers models/gpt_oss',
  defaults: {
    vocab_size: 201088,
    hidden_size: 2880,
    intermediate_size: 2880,
    num_hidden_layers: depth(36),
    num_attention_heads: 64,
    num_key_value_heads: size(8),
    head_dim: 64,
    attention_bias: true,
    sliding_window: nullableSize(128),
    layer_types: anything<unknown>(null),
    num_local_experts: 128,
    num_experts_per_tok: 4,
    max_position_embeddings: 131072,
    tie_word_embeddings: false,
  },
  aliases: { num_experts: 'num_local_experts' },
  body: (c, build) => {
    const attends = layerTypes(
      c.layer_types,
      c.num_hidden_layers,
      ['full_attention', 'sliding_attention'],
      (index) => (index % 2 === 0 ? 'sliding_attention' : 'full_attention'),
      build,
    );
    const routed = { count: c.num_local_experts, used: c.num_experts_per_tok };
    const expertMatrix = (inFeatures: number, outFeatures: number) =>
      tensor([c.num_local_experts, inFeatures, outFeatures], 'linear', { layout: 'expert,in,out', experts: routed });
    const expertBias = (features: number) => tensor([c.num_local_experts, features], 'bias', { experts: routed });
    return usualBody(
      c,
      layers(attends, (type) => ({
        self_attn: usualAttention(c, {
          bias: c.attention_bias,
          window: type === 'sliding_attention' ? c.sliding_window : null,
          more: { sinks: parameter(c.num_attention_heads) },
        }),
        mlp: {
          router: router(c.hidden_size, c.num_local_experts, true),
          experts: module(
            {
              gate_up_proj: expertMatrix(c.hidden_size, 2 * c.intermediate_size),
              gate_up_proj_bias: expertBias(2 * c.intermediate_size),
              down_proj: expertMatrix(c.intermediate_size, c.hidden_size),
              down_proj_bias: expertBias(c.hidden_size),
            },
            { component: 'experts' },
          ),
        },
        input_layernorm: rmsNorm(c.hidden_size),
        post_attention_layernorm: rmsNorm(c.hidden_size),
      })),
    );
  },
  heads: decoderHeads(),
});
