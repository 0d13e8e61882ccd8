/** What DeepSeek's models and those after them share, by the usual names of keys. */
import { latentAttention } from '../modules/latentAttention';
import { experts, gatedMlp } from '../modules/mlp';
import { correctedRouter } from '../modules/routers';
import { layers, type Module, type Parts, type Stack } from '../modules/tree';
import { perLayer } from './layerTypes';

export interface LatentKeys {
  readonly hidden_size: number;
  readonly num_attention_heads: number;
  readonly q_lora_rank: number | null;
  readonly kv_lora_rank: number;
  readonly qk_nope_head_dim: number;
  readonly qk_rope_head_dim: number;
  readonly v_head_dim: number;
  readonly attention_bias: boolean;
}

/** Latent attention of the sizes that the usual keys state. */
export const usualLatentAttention = (c: LatentKeys, more: Parts = {}): Module =>
  latentAttention({
    hidden: c.hidden_size,
    heads: c.num_attention_heads,
    queryRank: c.q_lora_rank,
    kvRank: c.kv_lora_rank,
    nopeDim: c.qk_nope_head_dim,
    ropeDim: c.qk_rope_head_dim,
    valueDim: c.v_head_dim,
    bias: c.attention_bias,
    more,
  });

export interface MixtureKeys {
  readonly hidden_size: number;
  readonly n_routed_experts: number;
  readonly num_experts_per_tok: number;
  readonly n_shared_experts: number | null;
  readonly moe_intermediate_size: number;
}

/** Routed experts chosen by corrected scores, and shared ones in one network (DeepSeek-V3). */
export const correctedMixture = (c: MixtureKeys): Parts => ({
  experts: experts(c.n_routed_experts, c.num_experts_per_tok, gatedMlp(c.hidden_size, c.moe_intermediate_size)),
  gate: correctedRouter(c.hidden_size, c.n_routed_experts),
  shared_experts: c.n_shared_experts !== null && gatedMlp(c.hidden_size, c.moe_intermediate_size * c.n_shared_experts),
});

/** Layers of which the first few are dense. */
export const denseFirst = (
  c: { readonly num_hidden_layers: number; readonly first_k_dense_replace: number },
  layer: (sparse: boolean) => Parts,
): Stack =>
  layers(
    perLayer(c.num_hidden_layers, (index) => index >= c.first_k_dense_replace),
    layer,
  );
