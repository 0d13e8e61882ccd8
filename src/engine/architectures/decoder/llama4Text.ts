import { anything, depth, nullableSize } from '../../config/keys';
import { linearRouter, rmsNorm } from '../../modules/blocks';
import { gatedMlp } from '../../modules/mlp';
import { layers, module, tensor, type Parts } from '../../modules/tree';
import { family } from '../family';
import { decoderHeads } from '../heads';
import { layerTypes } from '../layerTypes';
import { usualAttention, usualBody } from '../usualDecoder';

interface ExpertKeys {
  readonly hidden_size: number;
  readonly intermediate_size: number;
  readonly num_local_experts: number;
  readonly num_experts_per_tok: number;
}

/** All experts of a layer in one tensor, [expert, in, out], beside one that every token passes through. */
function routedExperts(c: ExpertKeys): Parts {
  const routed = { count: c.num_local_experts, used: c.num_experts_per_tok };
  const expertMatrix = (inFeatures: number, outFeatures: number) =>
    tensor([c.num_local_experts, inFeatures, outFeatures], 'linear', { layout: 'expert,in,out', experts: routed });
  return {
    experts: module(
      {
        gate_up_proj: expertMatrix(c.hidden_size, 2 * c.intermediate_size),
        down_proj: expertMatrix(c.intermediate_size, c.hidden_size),
      },
      { component: 'experts' },
    ),
    router: linearRouter(c.hidden_size, c.num_local_experts, 'derived'),
    shared_expert: gatedMlp(c.hidden_size, c.intermediate_size),
  };
}

/** Layers that rotate attend within chunks of the context, the others to all of it. */
export const llama4Text = family({
  types: ['llama4_text'],
  title: 'Llama 4 text',
  source: 'transformers models/llama4',
  defaults: {
    vocab_size: 202048,
    hidden_size: 5120,
    intermediate_size: 8192,
    // Of layers without experts.
    intermediate_size_mlp: 16384,
    num_hidden_layers: depth(48),
    num_attention_heads: 40,
    num_key_value_heads: 8,
    head_dim: 128,
    attention_bias: false,
    attention_chunk_size: nullableSize(8192),
    no_rope_layers: anything<unknown>(null),
    no_rope_layer_interval: 4,
    layer_types: anything<unknown>(null),
    moe_layers: anything<unknown>(null),
    interleave_moe_layer_step: 1,
    num_local_experts: 16,
    num_experts_per_tok: 1,
    max_position_embeddings: 131072,
    tie_word_embeddings: false,
  },
  body: (c, build) => {
    const rotates = Array.isArray(c.no_rope_layers) && c.no_rope_layers.length > 0 ? (c.no_rope_layers as readonly unknown[]) : undefined;
    const attends = layerTypes(
      c.layer_types,
      c.num_hidden_layers,
      ['full_attention', 'chunked_attention'],
      (index) =>
        (rotates ? Boolean(rotates[index]) : (index + 1) % c.no_rope_layer_interval !== 0) ? 'chunked_attention' : 'full_attention',
      build,
    );
    const listed = Array.isArray(c.moe_layers) ? new Set<unknown>(c.moe_layers) : undefined;
    const isSparse = (index: number): boolean => (listed ? listed.has(index) : (index + 1) % c.interleave_moe_layer_step === 0);
    return usualBody(
      c,
      layers(
        attends.map((type, index) => `${type} ${isSparse(index) ? 'sparse' : 'dense'}` as const),
        (sort) => ({
          self_attn: usualAttention(c, {
            bias: c.attention_bias,
            window: sort.startsWith('chunked') ? c.attention_chunk_size : null,
          }),
          feed_forward: sort.endsWith('sparse') ? routedExperts(c) : gatedMlp(c.hidden_size, c.intermediate_size_mlp),
          input_layernorm: rmsNorm(c.hidden_size),
          post_attention_layernorm: rmsNorm(c.hidden_size),
        }),
      ),
    );
  },
  heads: decoderHeads(),
});
