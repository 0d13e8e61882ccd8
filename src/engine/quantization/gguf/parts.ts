import { matrixOf, type InventoryEntry } from '../../weights/inventory';
import { normsAfterAttention, splitsLatent } from './architectures';
import { layerNameOf } from './names';
import type { Context } from './tensors';

/** One tensor of the file that a tensor of the checkpoint becomes. */
export interface Part {
  readonly name: string;
  readonly shape: readonly number[];
}

/**
 * The tensors that one of the checkpoint becomes: renamed, experts stacked, fused projections taken apart, transposed where
 * columns must come last. `undefined` for a path that the converter does not know.
 */
export function partsOf(entry: InventoryEntry, context: Context): readonly Part[] | undefined {
  const at = entry.name.indexOf('{n}.');
  if (at < 0) return outerParts(entry, context);
  const block = blockOf(entry.name.slice(0, at));
  const [path, ending] = pathOf(entry.name.slice(at + '{n}.'.length));
  const shape = shapeOf(entry, context);
  const fused = fusedParts(path, entry, shape, context);
  const parts = fused ?? [{ name: innerName(path, entry, context), shape }];
  if (parts.some(({ name }) => name === undefined)) return undefined;
  return parts.map((part) => ({ name: `${block}.{n}.${String(part.name)}${endingOf(String(part.name), ending)}`, shape: part.shape }));
}

const blocks: Readonly<Record<string, string>> = { 'encoder.block.': 'enc.blk', 'decoder.block.': 'dec.blk' };

const blockOf = (prefix: string): string => blocks[prefix] ?? 'blk';

/** A path without `.weight` or `.bias`, and which of them it had. */
function pathOf(path: string): readonly [path: string, ending: 'weight' | 'bias' | ''] {
  if (path.endsWith('.weight')) return [path.slice(0, -'.weight'.length), 'weight'];
  if (path.endsWith('.bias')) return [path.slice(0, -'.bias'.length), 'bias'];
  if (/experts\.\w+_bias$/.test(path)) return [path.slice(0, -'_bias'.length), 'bias'];
  return [path, ''];
}

function endingOf(name: string, ending: 'weight' | 'bias' | ''): string {
  if (name === 'ssm_a' || name === 'ssm_d' || name.endsWith('.scale')) return '';
  if (name === 'exp_probs_b') return '.bias';
  if (name === 'ssm_dt' && ending === '') return '.bias';
  return ending === 'bias' ? '.bias' : '.weight';
}

function innerName(path: string, { name, indices }: InventoryEntry, { architecture }: Context): string | undefined {
  if (path === 'post_self_attn_layernorm') return 'post_attention_norm';
  if (path === 'post_attention_layernorm') return normsAfterAttention(architecture) ? 'post_attention_norm' : 'ffn_norm';
  if (path.endsWith('q_layernorm.norms.{n}')) return 'attn_q_norm';
  if (path.endsWith('k_layernorm.norms.{n}')) return 'attn_k_norm';
  // T5: the norms of a block's parts, which are numbered: attention, in the decoder attention across, feed-forward.
  if (path === 'layer.{n}.layer_norm') {
    const [, part] = indices;
    const number = typeof part === 'number' ? 0 : (part?.[0] ?? 0);
    if (number === 0) return 'attn_norm';
    return name.startsWith('decoder.') && number === 1 ? 'cross_attn_norm' : 'ffn_norm';
  }
  return layerNameOf(path);
}

/** Dimensions in the file: experts first, rows, columns last; convolutions without their dimension of one. */
function shapeOf(entry: InventoryEntry, { inventory }: Context): readonly number[] {
  const { shape, role, indices } = entry;
  if (role === 'convolution') return shape.filter((dimension, index) => dimension !== 1 || index === 0);
  const stacked = indices.slice(1).reduce<number>((product, inner) => product * (typeof inner === 'number' ? inner : inner.length), 1);
  const matrix = role === 'bias' || role === 'norm' || role === 'other' ? undefined : matrixOf(entry);
  if (matrix === undefined) return stacked > 1 ? [stacked, ...shape] : shape;
  const { matrices, rows, columns } = matrix;
  // DBRX keeps its experts side by side in two dimensions.
  const beside = entry.name.includes('.experts.mlp.') ? routedExperts(inventory.entries) : 1;
  if (beside > 1) return entry.name.endsWith('w2') ? [beside, rows, columns / beside] : [beside, rows / beside, columns];
  const all = matrices * stacked;
  return all > 1 || shape.length === 3 ? [all, rows, columns] : [rows, columns];
}

const routedExperts = (entries: readonly InventoryEntry[]): number => entries.find(({ role }) => role === 'router')?.shape[0] ?? 1;

/** Projections that the file holds apart: modify_tensors of the converter's classes. */
function fusedParts(
  path: string,
  entry: InventoryEntry,
  shape: readonly number[],
  context: Context,
): readonly { readonly name: string | undefined; readonly shape: readonly number[] }[] | undefined {
  const { heads, architecture, day } = context;
  const along = entry.role === 'bias' || shape.length < 2 ? shape.length - 1 : shape.length - 2;
  const split = (...parts: readonly (readonly [name: string, length: number])[]) =>
    parts.map(([name, length]) => ({ name, shape: shape.map((dimension, index) => (index === along ? length : dimension)) }));
  const length = shape[along] ?? 0;
  if (path === 'self_attn.W_pack') return split(['attn_q', length / 3], ['attn_k', length / 3], ['attn_v', length / 3]);
  if (path === 'attention.wqkv' && heads) {
    const keys = heads.kvHeads * heads.headDim;
    return split(['attn_q', length - 2 * keys], ['attn_k', keys], ['attn_v', keys]);
  }
  if (path === 'linear_attn.in_proj_qkvz') {
    const values = valueWidth(context.inventory.entries);
    if (values !== undefined) return split(['attn_qkv', length - values], ['attn_gate', values]);
  }
  const name = layerNameOf(path);
  if (name === 'ffn_gate_up_exps' && architecture !== 'gemma4') return split(['ffn_gate_exps', length / 2], ['ffn_up_exps', length / 2]);
  if (name === 'ffn_gate_up_shexp') {
    const [gate, up] = routedExperts(context.inventory.entries) > 1 ? ['ffn_gate_shexp', 'ffn_up_shexp'] : ['ffn_gate', 'ffn_up'];
    return split([gate as string, length / 2], [up as string, length / 2]);
  }
  if (name === 'attn_kv_b' && heads?.latent && splitsLatent(architecture) && day('splitLatent')) {
    const rank = shape[1] ?? 0;
    const { keyDim, valueDim } = heads.latent;
    return [
      { name: 'attn_k_b', shape: [heads.heads, rank, keyDim] },
      { name: 'attn_v_b', shape: [heads.heads, valueDim, rank] },
    ];
  }
  return undefined;
}

const valueWidth = (entries: readonly InventoryEntry[]): number | undefined =>
  entries.find(({ name }) => name.endsWith('linear_attn.out_proj.weight'))?.shape[1];

/** Embeddings, norms and heads outside of the layers. */
function outerParts(entry: InventoryEntry, context: Context): readonly Part[] | undefined {
  const { name, role } = entry;
  const ending = name.endsWith('.bias') ? 'bias' : 'weight';
  const named = (stem: string): readonly Part[] => [{ name: `${stem}.${ending}`, shape: usedRows(entry, context) }];
  if (role === 'embedding') return named(name.includes('embed_tokens_per_layer') ? 'per_layer_token_embd' : 'token_embd');
  if (role === 'position') return named(name.includes('token_type') ? 'token_types' : 'position_embd');
  if (role === 'head' || name === 'lm_head.bias' || name === 'embed_out.bias') return named('output');
  if (name.includes('per_layer_model_projection')) return named('per_layer_model_proj');
  if (role !== 'norm') return undefined;
  if (name.includes('per_layer_projection_norm')) return named('per_layer_proj_norm');
  if (/mbeddings\.LayerNorm|embeddings_layernorm/.test(name)) return named('token_embd_norm');
  if (name.startsWith('encoder.')) return named('enc.output_norm');
  if (name.startsWith('decoder.')) return named('dec.output_norm');
  return named('output_norm');
}

/**
 * Rows that the converter drops: those of Gemma 3 beyond its tokenizer (262208 → 262144, conversion/gemma.py), and the
 * positions that RoBERTa keeps for its padding (conversion/bert.py, _position_offset).
 */
function usedRows({ shape, name, role }: InventoryEntry, { architecture, modelType }: Context): readonly number[] {
  const [rows = 0, ...rest] = shape;
  if (architecture === 'gemma3' && role === 'embedding' && rows === 262208) return [262144, ...rest];
  const isRoberta = modelType === 'roberta' || modelType === 'xlm-roberta';
  return isRoberta && name.endsWith('position_embeddings.weight') ? [rows - 2, ...rest] : shape;
}
