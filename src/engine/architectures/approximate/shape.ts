import type { JsonObject } from '../../config/json';
import { maxLayers } from '../../limits';
import { countOf, depthOf, flagOf, listOf, sizeOf, textOf, type Names } from './read';

/**
 * The names that published configs give a decoder's dimensions, the usual one first. From the configuration classes of
 * transformers 5.23 and the publishers' code named in docs/architectures.md.
 */
export const names = {
  width: ['hidden_size', 'n_embd', 'd_model', 'model_dim', 'emb_dim', 'embed_dim', 'dim'],
  depth: ['num_hidden_layers', 'n_layer', 'n_layers', 'num_layers', 'decoder_layers'],
  heads: ['num_attention_heads', 'n_head', 'n_heads', 'num_heads', 'num_query_heads', 'attention_heads', 'decoder_attention_heads'],
  vocab: ['padded_vocab_size', 'vocab_size', 'n_vocab'],
  kvHeads: [
    'num_key_value_heads',
    'n_head_kv',
    'num_kv_heads',
    'n_kv_heads',
    'kv_n_heads',
    'num_query_groups',
    'multi_query_group_num',
    'num_multi_query_heads',
    'num_attention_groups',
  ],
  headDim: ['head_dim', 'kv_channels', 'attention_head_dim', 'dim_head', 'd_head', 'head_size'],
  inner: [
    'intermediate_size',
    'n_inner',
    'ffn_hidden_size',
    'ffn_dim',
    'd_ff',
    'dim_ff',
    'dff',
    'inner_hidden_size',
    'mlp_hidden_size',
    'decoder_ffn_dim',
  ],
  denseInner: ['dense_intermediate_size', 'intermediate_size_mlp'],
  experts: ['n_routed_experts', 'num_experts', 'num_local_experts', 'moe_num_experts', 'num_routed_experts', 'n_experts'],
  expertsUsed: [
    'num_experts_per_tok',
    'num_experts_per_token',
    'moe_topk',
    'moe_top_k',
    'top_k_experts',
    'moe_k',
    'num_selected_experts',
    'experts_per_token',
  ],
  expertInner: ['moe_intermediate_size', 'expert_ffn_hidden_size', 'moe_ffn_hidden_size', 'expert_hidden_size'],
  expertWidth: ['moe_latent_size', 'routed_expert_hidden_size', 'moe_hidden_size'],
  sharedExperts: ['n_shared_experts', 'num_shared_experts', 'num_shared_expert', 'moe_num_shared_experts'],
  sharedInner: [
    'shared_expert_intermediate_size',
    'shared_experts_intermediate_size',
    'moe_shared_expert_intermediate_size',
    'share_expert_dim',
    'shared_intermediate_size',
  ],
  activation: ['hidden_act', 'activation_function', 'hidden_activation', 'mlp_hidden_act', 'activation', 'afn'],
  context: [
    'max_position_embeddings',
    'n_positions',
    'max_sequence_length',
    'max_seq_len',
    'max_seq_length',
    'seq_length',
    'context_length',
    'model_max_length',
    'n_ctx',
  ],
} as const satisfies Record<string, Names>;

/** Multi-head latent attention (DeepSeek-V2): the ranks and widths that its module needs. */
export interface Latent {
  readonly queryRank: number | null;
  readonly kvRank: number;
  readonly nopeDim: number;
  readonly ropeDim: number;
  readonly valueDim: number;
}

export interface Mixture {
  readonly experts: number;
  readonly used: number;
  readonly inner: number;
  /** Width at which the experts read and write, where it is not the model's (then a projection stands on either side). */
  readonly width: number | undefined;
  /** Width of the experts that see every token, together; 0: there are none. */
  readonly shared: number;
}

/** The dimensions of a decoder, as far as its config states them. */
export interface Shape {
  readonly width: number;
  readonly depth: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly vocab: number;
  /** Undefined where the config has no such key. */
  readonly inner: number | undefined;
  readonly activation: string | undefined;
  readonly mixture: Mixture | undefined;
  readonly latent: Latent | undefined;
  readonly context: number | undefined;
}

/** What a shape lacks: usual names of keys, and the names under which something stands that is no such number. */
export interface Incomplete {
  readonly missing: readonly string[];
  readonly unusable: readonly string[];
}

const required = ['width', 'depth', 'heads', 'vocab'] as const;

/** A decoder's shape, or what it lacks. */
export function readShape(source: JsonObject): Shape | Incomplete {
  const pureStateSpace = source['state_size'] !== undefined && source['num_attention_heads'] === undefined;
  const stated = {
    width: sizeOf(source, names.width),
    depth: depthOf(source, names.depth) ?? listedDepth(source),
    heads: pureStateSpace ? undefined : sizeOf(source, names.heads),
    vocab: sizeOf(source, names.vocab),
  };
  const { width, depth, heads, vocab } = stated;
  const lacks = required.filter((key) => stated[key] === undefined);
  const missing = [...lacks.map((key) => (key === 'vocab' ? 'vocab_size' : names[key][0])), ...missingCounts(source)];
  if (width === undefined || depth === undefined || heads === undefined || vocab === undefined || missing.length > 0) {
    const unusable = lacks.flatMap((key) => names[key].filter((name) => source[name] !== undefined && source[name] !== null).slice(0, 1));
    return { missing, unusable: pureStateSpace ? [] : unusable };
  }
  const inner = sizeOf(source, names.inner);
  return {
    width,
    depth,
    heads,
    vocab,
    kvHeads: kvHeadsOf(source) ?? heads,
    headDim: sizeOf(source, names.headDim) ?? Math.max(1, Math.floor(width / heads)),
    inner,
    activation: textOf(source, names.activation)?.toLowerCase(),
    mixture: mixtureOf(source, width, inner),
    latent: latentOf(source),
    context: sizeOf(source, names.context),
  };
}

/** A config of a mixture that leaves out how many experts it has, or of layers that are each another size, cannot be counted. */
function missingCounts(source: JsonObject): readonly string[] {
  const experts = countOf(source, names.experts) ?? sizeOf(source, names.experts);
  const mixture = sizeOf(source, names.expertsUsed) !== undefined || sizeOf(source, names.expertInner) !== undefined;
  const missing = mixture && experts === undefined && !isDense(source) ? ['num_experts'] : [];
  return source['block_configs'] === undefined ? missing : [...missing, names.inner[0], names.kvHeads[0]];
}

const isDense = (source: JsonObject): boolean => flagOf(source, ['is_moe', 'use_moe', 'enable_moe_block']) === false;

/** As many layers as a list of their kinds has entries. */
const listedDepth = (source: JsonObject): number | undefined =>
  listOf(source, ['layer_types', 'layers_block_type'])?.length ?? textOf(source, ['hybrid_override_pattern'])?.slice(0, maxLayers).length;

/** One flag of GPT-style configs says that all heads share their keys and values, whatever else is written (Falcon). */
function kvHeadsOf(source: JsonObject): number | undefined {
  if (flagOf(source, ['multi_query']) === true && flagOf(source, ['new_decoder_architecture']) !== true) return 1;
  return sizeOf(source, names.kvHeads);
}

function mixtureOf(source: JsonObject, width: number, dense: number | undefined): Mixture | undefined {
  const experts = sizeOf(source, names.experts);
  if (experts === undefined || experts < 2 || isDense(source)) return undefined;
  const inner = sizeOf(source, names.expertInner) ?? dense ?? 4 * width;
  const count = countOf(source, names.sharedExperts) ?? sizeOf(source, names.sharedExperts);
  const each = countOf(source, names.sharedInner);
  // A width of its own already holds all shared experts; without one they are as wide as routed ones.
  const shared = each ?? inner * (count ?? 0);
  return {
    experts,
    used: Math.min(experts, sizeOf(source, names.expertsUsed) ?? 1),
    inner,
    width: sizeOf(source, names.expertWidth),
    shared: count === 0 ? 0 : shared,
  };
}

function latentOf(source: JsonObject): Latent | undefined {
  const kvRank = sizeOf(source, ['kv_lora_rank']);
  const ropeDim = sizeOf(source, ['qk_rope_head_dim']);
  const nopeDim = sizeOf(source, ['qk_nope_head_dim']);
  if (kvRank === undefined || ropeDim === undefined || nopeDim === undefined || flagOf(source, ['use_mla']) === false) return undefined;
  return {
    kvRank,
    ropeDim,
    nopeDim,
    valueDim: sizeOf(source, ['v_head_dim']) ?? nopeDim,
    queryRank: sizeOf(source, ['q_lora_rank']) ?? null,
  };
}
