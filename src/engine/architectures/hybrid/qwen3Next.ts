import { anything, count, depth, type Config } from '../../config/keys';
import { attention, keyValueState } from '../../modules/attention';
import { embedding, linear, parameter, rmsNorm, router } from '../../modules/blocks';
import { experts, gatedMlp } from '../../modules/mlp';
import { convolutionState, depthwise, recurrentState, stateSpace } from '../../modules/stateSpace';
import { labelled, layers, repeat, type Module, type Parts } from '../../modules/tree';
import { family } from '../family';
import { decoderHeads, questionAnswering } from '../heads';
import { layerTypes } from '../layerTypes';
import { sparseLayers } from '../sparseLayers';

interface DeltaNet {
  readonly hidden: number;
  readonly keyHeads: number;
  readonly keyDim: number;
  readonly valueHeads: number;
  readonly valueDim: number;
  readonly kernel: number;
}

/** Linear attention by the gated delta rule: a matrix of keys × values per value head. Yang et al. 2024, arXiv 2412.06464. */
function gatedDeltaNet({ hidden, keyHeads, keyDim, valueHeads, valueDim, kernel }: DeltaNet): Module {
  const keys = keyHeads * keyDim;
  const values = valueHeads * valueDim;
  const convolved = 2 * keys + values;
  return stateSpace(
    {
      dt_bias: parameter(valueHeads),
      A_log: parameter(valueHeads),
      conv1d: depthwise(convolved, kernel, false),
      in_proj_qkvz: linear(hidden, 2 * keys + 2 * values),
      in_proj_ba: linear(hidden, 2 * valueHeads),
      norm: rmsNorm(valueDim),
      out_proj: linear(values, hidden),
    },
    convolutionState(convolved, kernel),
    recurrentState(valueHeads * keyDim * valueDim),
  );
}

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
  const queries = c.num_attention_heads * c.head_dim;
  const keys = c.num_key_value_heads * c.head_dim;
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
      }),
    self_attn:
      mixer === 'full_attention' &&
      attention(
        {
          // Queries and, of the same size, the gate of the output.
          q_proj: linear(c.hidden_size, 2 * queries, c.attention_bias),
          k_proj: linear(c.hidden_size, keys, c.attention_bias),
          v_proj: linear(c.hidden_size, keys, c.attention_bias),
          o_proj: linear(queries, c.hidden_size, c.attention_bias),
          q_norm: rmsNorm(c.head_dim),
          k_norm: rmsNorm(c.head_dim),
        },
        keyValueState(c.num_key_value_heads, c.head_dim),
      ),
    mlp: sparse
      ? {
          gate: router(c.hidden_size, c.num_experts),
          experts: experts(c.num_experts, c.num_experts_per_tok, gatedMlp(c.hidden_size, c.moe_intermediate_size)),
          shared_expert: gatedMlp(c.hidden_size, c.shared_expert_intermediate_size),
          shared_expert_gate: router(c.hidden_size, 1),
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
    return {
      embed_tokens: embedding(c.vocab_size, c.hidden_size),
      layers: layers(
        mixers.map((mixer, index) => `${mixer} ${sparse[index] ? 'sparse' : 'dense'}` as const),
        (sort) => decoderLayer(c, sort.startsWith('linear') ? 'linear_attention' : 'full_attention', sort.endsWith('sparse')),
      ),
      norm: rmsNorm(c.hidden_size),
    };
  },
  // Names as in vllm-project/vllm vllm/model_executor/models/qwen3_next_mtp.py.
  unloaded: (c) =>
    c.mtp_num_hidden_layers === 0
      ? {}
      : {
          mtp: {
            pre_fc_norm_embedding: rmsNorm(c.hidden_size),
            pre_fc_norm_hidden: rmsNorm(c.hidden_size),
            fc: labelled('projector', linear(2 * c.hidden_size, c.hidden_size)),
            layers: repeat(c.mtp_num_hidden_layers, () => decoderLayer(c, 'full_attention', c.num_experts > 0)),
            norm: rmsNorm(c.hidden_size),
          },
        },
  heads: { ...decoderHeads(), ForQuestionAnswering: questionAnswering('transformer') },
});
