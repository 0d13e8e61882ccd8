import type { JsonObject } from '../../config/json';
import { attention, groupedQueryAttention, keyValueState } from '../../modules/attention';
import { linear, parameter, rmsNorm, router } from '../../modules/blocks';
import { latentAttention } from '../../modules/latentAttention';
import { experts, gatedMlp, mlp } from '../../modules/mlp';
import { module, tensor, type Module, type Parts } from '../../modules/tree';
import { flagOf, objectOf, realOf, sizeOf } from './read';
import { windowOf, type LayerPlan } from './plan';
import type { Shape } from './shape';

/** Attention as grouped-query or, where the config has its ranks, latent. */
export function attentionOf(source: JsonObject, shape: Shape, plan: LayerPlan): Module {
  const { width: hidden, heads, kvHeads, headDim, latent } = shape;
  const whole = latent
    ? latentAttention({ hidden, heads, ...latent })
    : groupedQueryAttention({
        hidden,
        heads,
        kvHeads,
        headDim,
        bias: flagOf(source, ['attention_bias', 'qkv_bias', 'use_qkv_bias', 'add_qkv_bias', 'use_bias', 'bias']) ?? false,
        outBias: flagOf(source, ['attention_bias', 'use_bias', 'bias']) ?? false,
      });
  if (!plan.keeps) return attention(whole.children);
  if (plan.mixer !== 'sliding') return whole;
  return attention(whole.children, keyValueState(kvHeads, headDim, windowOf(source) ?? null));
}

/** A gated delta rule or one of its relatives: query, key, value and gate in, one projection out, a state per value head. */
export function linearAttentionOf(source: JsonObject, shape: Shape): Module {
  const nested = objectOf(source, ['linear_attn_config']) ?? {};
  const size = (keys: readonly string[]): number | undefined => sizeOf(source, keys) ?? sizeOf(nested, keys);
  const valueHeads = size(['linear_num_value_heads', 'linear_num_heads', 'num_heads']) ?? shape.heads;
  const keyHeads = size(['linear_num_key_heads']) ?? valueHeads;
  const valueDim = size(['linear_value_head_dim', 'linear_head_dim', 'head_dim']) ?? shape.headDim;
  const keyDim = size(['linear_key_head_dim']) ?? valueDim;
  const kernel = size(['linear_conv_kernel_dim', 'short_conv_kernel_size']) ?? 0;
  const keys = keyHeads * keyDim;
  const values = valueHeads * valueDim;
  const mixed = 2 * keys + values;
  return module(
    {
      in_proj_qkvz: linear(shape.width, 2 * keys + 2 * values),
      conv1d: kernel > 0 && { weight: tensor([mixed, 1, kernel], 'convolution') },
      out_proj: linear(values, shape.width),
    },
    {
      component: 'stateSpace',
      keeps: [
        { kind: 'recurrent', elements: valueHeads * valueDim * keyDim },
        { kind: 'convolution', elements: mixed * kernel },
      ],
    },
  );
}

/** Mamba: the second form where the config names its heads, else the first. Gu and Dao 2023; Dao and Gu 2024. */
export function stateSpaceOf(source: JsonObject, shape: Shape): Module {
  const heads = sizeOf(source, ['mamba_num_heads', 'mamba_n_heads', 'n_mamba_heads']);
  const headDim = sizeOf(source, ['mamba_head_dim', 'mamba_d_head', 'mamba_headdim']);
  const expand = realOf(source, ['mamba_expand', 'expand', 'expand_factor']) ?? 2;
  const stated = sizeOf(source, ['mamba_d_ssm', 'mamba_intermediate_size']);
  const inner = stated ?? (heads !== undefined && headDim !== undefined ? heads * headDim : Math.floor(expand * shape.width));
  const state = sizeOf(source, ['ssm_state_size', 'mamba_d_state', 'state_size']) ?? 16;
  const kernel = sizeOf(source, ['mamba_d_conv', 'conv_kernel']) ?? 4;
  const groups = sizeOf(source, ['mamba_n_groups', 'n_groups', 'mamba_ngroups']) ?? 1;
  const second = headDim !== undefined || sizeOf(source, ['mamba_n_groups', 'mamba_ngroups']) !== undefined;
  const rank = sizeOf(source, ['mamba_dt_rank', 'time_step_rank']) ?? Math.ceil(shape.width / 16);
  const mixed = second ? inner + 2 * groups * state : inner;
  const parts: Parts = second
    ? { in_proj: linear(shape.width, inner + mixed + (heads ?? Math.ceil(inner / 64))) }
    : {
        in_proj: linear(shape.width, 2 * inner),
        x_proj: linear(inner, rank + 2 * state),
        dt_proj: linear(rank, inner, true),
        A_log: parameter(inner, state),
      };
  return module(
    { ...parts, conv1d: { weight: tensor([mixed, 1, kernel], 'convolution') }, norm: rmsNorm(inner), out_proj: linear(inner, shape.width) },
    {
      component: 'stateSpace',
      keeps: [
        { kind: 'recurrent', elements: inner * state },
        { kind: 'convolution', elements: mixed * kernel },
      ],
    },
  );
}

/** A gated short convolution (LFM2): three ways in, a convolution along the sequence, one way out. */
export function shortConvolutionOf(source: JsonObject, { width }: Shape): Module {
  const kernel = sizeOf(source, ['conv_L_cache', 'conv_kernel_size']) ?? 3;
  return module(
    { in_proj: linear(width, 3 * width), conv: { weight: tensor([width, 1, kernel], 'convolution') }, out_proj: linear(width, width) },
    { component: 'stateSpace', keeps: [{ kind: 'convolution', elements: width * kernel }] },
  );
}

const plainMlp = (hidden: number, inner: number, bias: boolean): Module =>
  mlp({ up_proj: linear(hidden, inner, bias), down_proj: linear(inner, hidden, bias) });

/** The feed-forward of a layer: gated or plain, or routed experts with the shared ones. */
export function feedForwardOf(source: JsonObject, shape: Shape, plan: LayerPlan, gated: boolean, inner: number): Parts | Module {
  const bias = flagOf(source, ['mlp_bias', 'use_bias']) ?? false;
  const build = gated ? gatedMlp : plainMlp;
  const { width, mixture } = shape;
  if (plan.feedForward === 'dense' || !mixture) return build(width, inner, bias);
  const narrow = mixture.width ?? width;
  return {
    gate: router(width, mixture.experts),
    before_experts: narrow !== width && linear(width, narrow),
    experts: experts(mixture.experts, mixture.used, build(narrow, mixture.inner, bias)),
    after_experts: narrow !== width && linear(narrow, width),
    shared_experts: mixture.shared > 0 && build(width, mixture.shared, bias),
  };
}
