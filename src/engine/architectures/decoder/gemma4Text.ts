import { isObject, type JsonObject } from '../../config/json';
import { anything, count, depth, nullableSize, type Config } from '../../config/keys';
import { attention, keyValueState } from '../../modules/attention';
import { buffer, embedding, linear, parameter, rmsNorm } from '../../modules/blocks';
import { gatedMlp } from '../../modules/mlp';
import { labelled, layers, module, tensor, type Module, type Parts } from '../../modules/tree';
import { family } from '../family';
import { decoderHeads } from '../heads';
import { layerTypes } from '../layerTypes';
import { usualBody } from '../usualDecoder';

const defaults = {
  vocab_size: 262144,
  hidden_size: 2304,
  intermediate_size: 9216,
  num_hidden_layers: depth(30),
  num_attention_heads: 8,
  num_key_value_heads: 4,
  head_dim: 256,
  // Of layers that see everything.
  global_head_dim: 512,
  num_global_key_value_heads: nullableSize(null, 1),
  // What single layers have otherwise, by number; takes the place of the two keys above.
  per_layer_config: anything<unknown>(null),
  attention_bias: false,
  attention_k_eq_v: false,
  max_position_embeddings: 131072,
  sliding_window: 512,
  layer_types: anything<unknown>(null),
  use_bidirectional_attention: anything<unknown>(null),
  // The last layers attend to what an earlier one of their kind keeps.
  num_kv_shared_layers: count(0),
  use_double_wide_mlp: false,
  vocab_size_per_layer_input: 262144,
  hidden_size_per_layer_input: count(256),
  enable_moe_block: false,
  num_experts: nullableSize(null, 1),
  top_k_experts: nullableSize(null, 1),
  moe_intermediate_size: nullableSize(null, 1),
  tie_word_embeddings: true,
};
type Keys = Config<typeof defaults>;

const kinds = ['sliding_attention', 'full_attention'] as const;

/** What tells layers apart. */
interface Sort {
  readonly isGlobal: boolean;
  readonly isShared: boolean;
  readonly headDim: number;
  readonly kvHeads: number;
}

function sortOf(c: Keys, kind: (typeof kinds)[number], index: number): Sort {
  const isGlobal = kind === 'full_attention';
  const isShared = index >= c.num_hidden_layers - c.num_kv_shared_layers;
  const own = { headDim: c.head_dim, kvHeads: c.num_key_value_heads };
  if (isObject(c.per_layer_config as JsonObject)) {
    const entry = Object.entries(c.per_layer_config as JsonObject).find(([number]) => Number(number) === index)?.[1];
    const stated = isObject(entry) ? entry : {};
    const read = (key: string, otherwise: number): number => {
      const value = stated[key];
      return typeof value === 'number' && Number.isInteger(value) && value > 0 ? value : otherwise;
    };
    return { isGlobal, isShared, headDim: read('head_dim', own.headDim), kvHeads: read('num_key_value_heads', own.kvHeads) };
  }
  const kvHeads = (isGlobal && c.attention_k_eq_v && c.num_global_key_value_heads) || own.kvHeads;
  return { isGlobal, isShared, headDim: isGlobal ? c.global_head_dim : own.headDim, kvHeads };
}

/** Values are the keys where the config says so; layers that share keep nothing and project neither. */
function attends(c: Keys, { isGlobal, isShared, headDim, kvHeads }: Sort, window: number): Module {
  const keys = !isShared && linear(c.hidden_size, kvHeads * headDim, c.attention_bias);
  const parts = {
    q_proj: linear(c.hidden_size, c.num_attention_heads * headDim, c.attention_bias),
    k_proj: keys,
    v_proj: !(isGlobal && c.attention_k_eq_v) && keys,
    o_proj: linear(c.num_attention_heads * headDim, c.hidden_size, c.attention_bias),
    q_norm: rmsNorm(headDim),
    k_norm: !isShared && rmsNorm(headDim),
  };
  return isShared ? attention(parts) : attention(parts, keyValueState(kvHeads, headDim, isGlobal ? null : window));
}

/** Experts beside the dense block of the same layer, whose outputs are summed. */
function mixture(c: Keys): Parts {
  const number = c.num_experts ?? 0;
  if (!c.enable_moe_block || number === 0) return {};
  const width = c.moe_intermediate_size ?? 0;
  const routed = { count: number, used: c.top_k_experts ?? number };
  const { hidden_size: hidden } = c;
  return {
    router: module(
      { proj: { weight: tensor([number, hidden], 'router') }, scale: parameter(hidden), per_expert_scale: parameter(number) },
      { component: 'router' },
    ),
    experts: module(
      {
        gate_up_proj: tensor([number, 2 * width, hidden], 'linear', { layout: 'expert,out,in', experts: routed }),
        down_proj: tensor([number, hidden, width], 'linear', { layout: 'expert,out,in', experts: routed }),
      },
      { component: 'experts' },
    ),
    post_feedforward_layernorm_1: rmsNorm(hidden),
    post_feedforward_layernorm_2: rmsNorm(hidden),
    pre_feedforward_layernorm_2: rmsNorm(hidden),
  };
}

/** Wide heads in the layers that see everything, and an embedding for every layer beside the usual one. */
export const gemma4Text = family({
  types: ['gemma4_text'],
  title: 'Gemma 4 text',
  source: 'transformers models/gemma4',
  settlesLayers: true,
  defaults,
  body: (c, build) => {
    const pattern = (index: number) => ((index + 1) % 6 === 0 ? 'full_attention' : 'sliding_attention') as (typeof kinds)[number];
    const types = layerTypes(c.layer_types, c.num_hidden_layers, kinds, pattern, build);
    const sorts = types.map((kind, index) => sortOf(c, index === types.length - 1 ? 'full_attention' : kind, index));
    const known = new Map(sorts.map((sort) => [JSON.stringify(sort), sort]));
    const window = c.use_bidirectional_attention === 'all' ? Math.floor(c.sliding_window / 2) + 1 : c.sliding_window;
    const beside = c.hidden_size_per_layer_input;
    const norm = () => rmsNorm(c.hidden_size);
    const stack = layers(
      sorts.map((sort) => JSON.stringify(sort)),
      (name) => {
        const sort = known.get(name) as Sort;
        return {
          self_attn: attends(c, sort, window),
          mlp: gatedMlp(c.hidden_size, c.intermediate_size * (c.use_double_wide_mlp && sort.isShared ? 2 : 1)),
          input_layernorm: norm(),
          post_attention_layernorm: norm(),
          pre_feedforward_layernorm: norm(),
          post_feedforward_layernorm: norm(),
          layer_scalar: buffer(1),
          ...(beside > 0 && {
            per_layer_input_gate: labelled('mlp', linear(c.hidden_size, beside)),
            per_layer_projection: labelled('mlp', linear(beside, c.hidden_size)),
            post_per_layer_input_norm: norm(),
          }),
          ...mixture(c),
        };
      },
    );
    return {
      ...usualBody(c, stack),
      ...(beside > 0 && {
        embed_tokens_per_layer: embedding(c.vocab_size_per_layer_input, c.num_hidden_layers * beside),
        per_layer_model_projection: linear(c.hidden_size, c.num_hidden_layers * beside),
        per_layer_projection_norm: rmsNorm(beside),
      }),
    };
  },
  heads: decoderHeads(),
});
