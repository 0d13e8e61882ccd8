import { anything, count, depth, type Config } from '../../config/keys';
import { linearRouter, rmsNorm, router } from '../../modules/blocks';
import { gatedDeltaNet } from '../../modules/gatedDeltaNet';
import { experts, gatedMlp } from '../../modules/mlp';
import { layers, type Parts } from '../../modules/tree';
import { family, type Build } from '../family';
import { decoderHeads } from '../heads';
import { layerTypes } from '../layerTypes';
import { gatedAttention } from './gatedAttention';
import { qwenNextTokens } from './qwenNextTokens';
import { usualBody } from '../usualDecoder';

const shared = {
  vocab_size: 248320,
  num_attention_heads: 16,
  head_dim: 256,
  attention_bias: false,
  linear_conv_kernel_dim: 4,
  linear_key_head_dim: 128,
  linear_value_head_dim: 128,
  linear_num_key_heads: 16,
  linear_num_value_heads: 32,
  full_attention_interval: 4,
  layer_types: anything<unknown>(null),
  max_position_embeddings: 32768,
  tie_word_embeddings: false,
  // A key of the published files, which the class does not read.
  mtp_num_hidden_layers: depth(0, 0),
};
const dense = { ...shared, hidden_size: 4096, intermediate_size: 12288, num_hidden_layers: depth(32), num_key_value_heads: 4 };
const mixture = {
  ...shared,
  hidden_size: 2048,
  num_hidden_layers: depth(40),
  num_key_value_heads: 2,
  num_experts: count(256),
  num_experts_per_tok: 8,
  moe_intermediate_size: 512,
  shared_expert_intermediate_size: count(512),
};

type Keys = Config<typeof dense> | Config<typeof mixture>;
type Mixer = 'linear_attention' | 'full_attention';

const feedForward = (c: Keys): Parts[string] =>
  'num_experts' in c
    ? {
        gate: router(c.hidden_size, c.num_experts),
        experts: experts(c.num_experts, c.num_experts_per_tok, gatedMlp(c.hidden_size, c.moe_intermediate_size)),
        shared_expert: gatedMlp(c.hidden_size, c.shared_expert_intermediate_size),
        shared_expert_gate: linearRouter(c.hidden_size, 1),
      }
    : gatedMlp(c.hidden_size, c.intermediate_size);

const decoderLayer = (c: Keys, mixer: Mixer, float32 = false): Parts => ({
  linear_attn:
    mixer === 'linear_attention' &&
    gatedDeltaNet({
      hidden: c.hidden_size,
      keyHeads: c.linear_num_key_heads,
      keyDim: c.linear_key_head_dim,
      valueHeads: c.linear_num_value_heads,
      valueDim: c.linear_value_head_dim,
      kernel: c.linear_conv_kernel_dim,
      separate: true,
      float32,
    }),
  self_attn: mixer === 'full_attention' && gatedAttention(c),
  mlp: feedForward(c),
  input_layernorm: rmsNorm(c.hidden_size),
  post_attention_layernorm: rmsNorm(c.hidden_size),
});

function body(c: Keys, build: Build): Parts {
  const { path, source } = build;
  // The publisher's own files of 3.5 keep two tensors of the recurrence at float32, those of 3.6 and of transformers do not
  // (vllm-project/vllm pull request 51836). The latter two name the special tokens in the text section, the former does not.
  const float32 = path.length > 0 && source['bos_token_id'] === undefined && source['pad_token_id'] === undefined;
  const mixers = layerTypes<Mixer>(
    c.layer_types,
    c.num_hidden_layers,
    ['linear_attention', 'full_attention'],
    (index) => ((index + 1) % c.full_attention_interval === 0 ? 'full_attention' : 'linear_attention'),
    build,
  );
  return usualBody(
    c,
    layers(mixers, (mixer) => decoderLayer(c, mixer, float32)),
  );
}

/**
 * The layers that predict further tokens in files of Qwen3.5, by the keys of its text model. Those stand beside the composite:
 * a text model by itself has been saved by transformers, which does not load them.
 */
export const qwen35NextTokens = (c: Keys): Parts =>
  qwenNextTokens(c.mtp_num_hidden_layers, c.hidden_size, () => decoderLayer(c, 'full_attention'));

const { ForCausalLM, ...others } = decoderHeads();
/** Files from which the tower was taken may still name the class of the whole. */
const heads = { ForCausalLM, ForConditionalGeneration: ForCausalLM, ...others };

export const qwen35Text = family({
  types: ['qwen3_5_text'],
  title: 'Qwen3.5 text',
  source: 'transformers models/qwen3_5',
  defaults: dense,
  body,
  heads,
});

/** Experts are stored one by one in quantized files, and together in the plain ones of the publisher. */
export const qwen35MoeText = family({
  types: ['qwen3_5_moe_text'],
  title: 'Qwen3.5 MoE text',
  source: 'transformers models/qwen3_5_moe',
  defaults: mixture,
  body,
  heads,
});
