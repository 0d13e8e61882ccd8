import { anything, count, depth, type Config } from '../../config/keys';
import { linearRouter, rmsNorm, router } from '../../modules/blocks';
import { gatedDeltaNet } from '../../modules/gatedDeltaNet';
import { experts, gatedMlp } from '../../modules/mlp';
import { layers, type Parts } from '../../modules/tree';
import { family } from '../family';
import { decoderHeads, questionAnswering } from '../heads';
import { layerTypes } from '../layerTypes';
import { sparseLayers } from '../sparseLayers';
import { gatedAttention } from './gatedAttention';
import { qwenNextTokens } from './qwenNextTokens';
import { usualBody } from '../usualDecoder';

const defaults = {
  vocab_size: 151936,
  hidden_size: 2048,
  intermediate_size: 5632,
  num_hidden_layers: depth(48),
  num_attention_heads: 16,
  num_key_value_heads: 2,
  head_dim: 256,
  attention_bias: false,
  linear_conv_kernel_dim: 4,
  linear_key_head_dim: 128,
  linear_value_head_dim: 128,
  linear_num_key_heads: 16,
  linear_num_value_heads: 32,
  full_attention_interval: 4,
  layer_types: anything<unknown>(null),
  decoder_sparse_step: 1,
  mlp_only_layers: anything<unknown>(null),
  num_experts: count(512),
  num_experts_per_tok: 10,
  moe_intermediate_size: 512,
  shared_expert_intermediate_size: count(512),
  max_position_embeddings: 32768,
  tie_word_embeddings: false,
  // No published config has this key, and every published checkpoint has one such layer.
  mtp_num_hidden_layers: depth(1, 0),
};

type Mixer = 'linear_attention' | 'full_attention';

function decoderLayer(c: Config<typeof defaults>, mixer: Mixer, sparse: boolean): Parts {
  return {
    linear_attn:
      mixer === 'linear_attention' &&
      gatedDeltaNet({
        hidden: c.hidden_size,
        keyHeads: c.linear_num_key_heads,
        keyDim: c.linear_key_head_dim,
        valueHeads: c.linear_num_value_heads,
        valueDim: c.linear_value_head_dim,
        kernel: c.linear_conv_kernel_dim,
        separate: false,
      }),
    self_attn: mixer === 'full_attention' && gatedAttention(c),
    mlp: sparse
      ? {
          gate: router(c.hidden_size, c.num_experts),
          experts: experts(c.num_experts, c.num_experts_per_tok, gatedMlp(c.hidden_size, c.moe_intermediate_size)),
          shared_expert: gatedMlp(c.hidden_size, c.shared_expert_intermediate_size),
          shared_expert_gate: linearRouter(c.hidden_size, 1),
        }
      : gatedMlp(c.hidden_size, c.intermediate_size),
    input_layernorm: rmsNorm(c.hidden_size),
    post_attention_layernorm: rmsNorm(c.hidden_size),
  };
}

export const qwen3Next = family({
  types: ['qwen3_next'],
  title: 'Qwen3-Next',
  source: 'transformers models/qwen3_next',
  defaults,
  body: (c, build) => {
    const mixers = layerTypes(
      c.layer_types,
      c.num_hidden_layers,
      ['linear_attention', 'full_attention'],
      (index) => ((index + 1) % c.full_attention_interval === 0 ? 'full_attention' : 'linear_attention'),
      build,
    );
    const sparse = sparseLayers(c, c.num_experts);
    return usualBody(
      c,
      layers(
        mixers.map((mixer, index) => `${mixer} ${sparse[index] ? 'sparse' : 'dense'}` as const),
        (sort) => decoderLayer(c, sort.startsWith('linear') ? 'linear_attention' : 'full_attention', sort.endsWith('sparse')),
      ),
    );
  },
  unloaded: (c) => qwenNextTokens(c.mtp_num_hidden_layers, c.hidden_size, () => decoderLayer(c, 'full_attention', c.num_experts > 0)),
  heads: { ...decoderHeads(), ForQuestionAnswering: questionAnswering('transformer') },
});
