import { anything, count, depth, nullableSize } from '../../config/keys';
import { linearRouter, rmsNorm, router } from '../../modules/blocks';
import { experts, gatedMlp } from '../../modules/mlp';
import { layers } from '../../modules/tree';
import { family } from '../family';
import { decoderHeads } from '../heads';
import { layerTypes } from '../layerTypes';
import { headDim } from '../sharedKeys';
import { sparseLayers } from '../sparseLayers';
import { usualAttention, usualBody } from '../usualDecoder';

export const qwen2Moe = family({
  types: ['qwen2_moe'],
  title: 'Qwen2 MoE',
  source: 'transformers models/qwen2_moe',
  defaults: {
    vocab_size: 151936,
    hidden_size: 2048,
    intermediate_size: 5632,
    num_hidden_layers: depth(24),
    num_attention_heads: 16,
    num_key_value_heads: 16,
    head_dim: headDim,
    qkv_bias: true,
    use_sliding_window: false,
    sliding_window: nullableSize(4096),
    max_window_layers: count(28),
    layer_types: anything<unknown>(null),
    decoder_sparse_step: 1,
    mlp_only_layers: anything<unknown>(null),
    num_experts: count(60),
    num_experts_per_tok: count(4),
    moe_intermediate_size: 1408,
    shared_expert_intermediate_size: count(5632),
    max_position_embeddings: 32768,
    tie_word_embeddings: false,
  },
  body: (c, build) => {
    const windowed = c.use_sliding_window;
    const attends = layerTypes(
      c.layer_types,
      c.num_hidden_layers,
      ['full_attention', 'sliding_attention'],
      (index) => (windowed && index % 2 === 0 && index < c.max_window_layers ? 'sliding_attention' : 'full_attention'),
      build,
    );
    const sparse = sparseLayers(c, c.num_experts);
    return usualBody(
      c,
      layers(
        attends.map((type, index) => `${type} ${sparse[index] ? 'sparse' : 'dense'}` as const),
        (sort) => ({
          self_attn: usualAttention(c, {
            bias: c.qkv_bias,
            outBias: false,
            window: windowed && sort.startsWith('sliding_attention') ? c.sliding_window : null,
          }),
          mlp: sort.endsWith('sparse')
            ? {
                gate: router(c.hidden_size, c.num_experts),
                experts: experts(c.num_experts, c.num_experts_per_tok, gatedMlp(c.hidden_size, c.moe_intermediate_size)),
                shared_expert: gatedMlp(c.hidden_size, c.shared_expert_intermediate_size),
                shared_expert_gate: linearRouter(c.hidden_size, 1),
              }
            : gatedMlp(c.hidden_size, c.intermediate_size),
          input_layernorm: rmsNorm(c.hidden_size),
          post_attention_layernorm: rmsNorm(c.hidden_size),
        }),
      ),
    );
  },
  heads: decoderHeads(),
});
