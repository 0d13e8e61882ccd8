import type { FileType } from './fileTypes';
import { blockSize, type GgmlType } from './ggmlTypes';
import type { Since } from './history';

/** What llama.cpp's rules tell apart, by name (tensor_get_category in src/llama-quant.cpp). */
export type Category =
  | 'output'
  | 'token_embd'
  | 'attn_q'
  | 'attn_k'
  | 'attn_v'
  | 'attn_qkv'
  | 'attn_kv_b'
  | 'attn_output'
  | 'ffn_up'
  | 'ffn_gate'
  | 'ffn_down'
  | 'other';

/** Whole names of tensors outside of the layers, and parts of names inside, in the order in which llama.cpp tries them. */
const whole: Readonly<Record<string, Category>> = {
  'output.weight': 'output',
  'token_embd.weight': 'token_embd',
  'per_layer_token_embd.weight': 'token_embd',
};
const parts: readonly (readonly [part: string, category: Category])[] = [
  ['attn_qkv.weight', 'attn_qkv'],
  ['attn_kv_b.weight', 'attn_kv_b'],
  ['attn_v.weight', 'attn_v'],
  ['attn_k.weight', 'attn_k'],
  ['attn_q.weight', 'attn_q'],
  ['attn_output.weight', 'attn_output'],
  ['ffn_up', 'ffn_up'],
  ['ffn_gate', 'ffn_gate'],
  ['ffn_down', 'ffn_down'],
];

export const categoryOf = (name: string): Category => whole[name] ?? parts.find(([part]) => name.includes(part))?.[1] ?? 'other';

/** The model as the rules see it. */
export interface MixModel {
  readonly falcon: boolean;
  readonly gemma: boolean;
  readonly seventyBillion: boolean;
  /** Query heads per key/value head. */
  readonly groupedQueries: number;
  /** Experts of a layer; 0 without. */
  readonly experts: number;
  /** No output of its own: the embedding serves as one. */
  readonly tied: boolean;
  /** Layers as the rules count them for each projection of the feed-forward block. */
  readonly depth: Readonly<Record<'ffn_down' | 'ffn_gate' | 'ffn_up', number>>;
  /** Tensors that the rules count as values (attn_v and, fused, attn_qkv and attn_kv_b). */
  readonly values: number;
}

export interface MixOptions {
  readonly fileType: FileType;
  readonly imatrix: boolean;
  readonly day: Since;
}

/** Where a tensor stands: in which layer, and how many of its category stand before it. */
export interface Place {
  readonly layer: number;
  readonly rank: number;
}

/** Whether a file type gives tensors of a category different types by layer. */
export const dependsOnPlace = (category: Category, { name }: FileType): boolean =>
  category === 'ffn_gate' || category === 'ffn_up'
    ? name === 'IQ3_XS'
    : category === 'ffn_down' || category === 'attn_v' || category === 'attn_qkv' || category === 'attn_kv_b';

const seventh = (layers: number): number => Math.trunc((7 * layers) / 8);
const eighth = (layers: number): number => Math.trunc(layers / 8);

/** use_more_bits: the first and last eighth, and every third between. */
const hasMoreBits = (layer: number, layers: number): boolean =>
  layer < eighth(layers) || layer >= seventh(layers) || (layer - eighth(layers)) % 3 === 2;

const lowBits: ReadonlySet<string> = new Set(['IQ1_S', 'IQ1_M', 'IQ2_XXS', 'IQ2_XS', 'IQ2_S', 'IQ2_M']);

/**
 * The type of a tensor in a mix, before its width is looked at: llama_tensor_get_type_impl of ggml-org/llama.cpp
 * src/llama-quant.cpp at 007dbbf3fd, and at the day's version for older files.
 */
export function mixedType(
  category: Category,
  tensor: { readonly columns: number; readonly matrices: number },
  place: Place,
  model: MixModel,
  options: MixOptions,
): GgmlType {
  const { fileType, day } = options;
  const { name, base } = fileType;
  const tiedAsOutput = model.tied && (day('tiedAsOutput') || (model.gemma && day('gemmaTied')));
  if (category === 'output' || (category === 'token_embd' && tiedAsOutput)) return outputType(tensor.columns, model, fileType);
  if (name === 'MXFP4_MOE') return tensor.matrices > 1 ? 'MXFP4' : 'Q8_0';
  if (category === 'token_embd') return embeddingType(fileType);
  if (lowBits.has(name)) return lowBitType(category, place, model, options);
  const values = day('fusedAsValues') && (category === 'attn_qkv' || category === 'attn_kv_b') ? 'attn_v' : category;
  switch (values) {
    case 'attn_v':
      return valueType(place, model, options);
    case 'attn_k':
      if (model.experts === 8) return 'Q8_0';
      return name === 'IQ3_XS' ? 'IQ3_XXS' : name === 'IQ3_XXS' ? 'IQ2_S' : base;
    case 'attn_q':
      return name === 'IQ3_XS' ? 'IQ3_XXS' : name === 'IQ3_XXS' ? 'IQ2_S' : base;
    case 'ffn_down':
      return downType(tensor, place, model, options);
    case 'attn_output':
      return attentionOutputType(model, options);
    case 'attn_qkv':
      return ({ Q3_K_M: 'Q4_K', Q3_K_L: 'Q4_K', IQ3_M: 'Q4_K', Q4_K_M: 'Q5_K', Q5_K_M: 'Q6_K' } as Record<string, GgmlType>)[name] ?? base;
    case 'ffn_gate':
    case 'ffn_up': {
      if (name === 'Q2_K' && !day('mixesByDepth') && tensor.matrices === 1) return 'Q3_K';
      const index = indexOf(place, model);
      const depth = model.depth[values];
      return name === 'IQ3_XS' && index >= eighth(depth) && index < seventh(depth) ? 'IQ3_XXS' : base;
    }
    default:
      return base;
  }
}

function outputType(columns: number, { falcon }: MixModel, { name, base }: FileType): GgmlType {
  if (name === 'MXFP4_MOE' || falcon || columns % blockSize(base) !== 0) return 'Q8_0';
  if (lowBits.has(name) || name === 'IQ3_XXS') return 'Q5_K';
  return base === 'Q8_0' ? base : 'Q6_K';
}

function embeddingType({ name, base }: FileType): GgmlType {
  if (['IQ1_S', 'IQ1_M', 'IQ2_XXS', 'IQ2_XS'].includes(name)) return 'Q2_K';
  if (['IQ2_S', 'IQ2_M', 'IQ3_XXS'].includes(name)) return 'IQ3_S';
  return ['TQ1_0', 'TQ2_0', 'Q2_0'].includes(name) ? 'Q4_K' : base;
}

function lowBitType(category: Category, { rank }: Place, model: MixModel, { fileType: { name, base }, day }: MixOptions): GgmlType {
  const better: GgmlType = name === 'IQ2_S' || name === 'IQ2_M' ? 'IQ3_S' : 'Q2_K';
  const isValues = category === 'attn_v' || (day('fusedAsValues') && (category === 'attn_qkv' || category === 'attn_kv_b'));
  if (isValues) return model.groupedQueries >= 4 || model.experts >= 4 ? 'Q4_K' : better;
  if (category === 'attn_k') return model.experts === 8 ? 'Q4_K' : base;
  if (category === 'ffn_down') return rank < eighth(model.depth.ffn_down) ? better : base;
  if (category !== 'attn_output') return base;
  if (model.experts === 8) return 'Q5_K';
  return name === 'IQ1_S' || name === 'IQ1_M' ? 'IQ2_XXS' : better === 'IQ3_S' ? better : base;
}

function valueType({ rank }: Place, model: MixModel, options: MixOptions): GgmlType {
  const chosen = valueTypeOf(rank, model, options);
  const lifted = model.seventyBillion && (chosen === 'Q3_K' || chosen === 'Q4_K') ? 'Q5_K' : chosen;
  return model.experts === 8 && options.day('experts') ? 'Q8_0' : lifted;
}

function valueTypeOf(rank: number, { groupedQueries, values }: MixModel, { fileType: { name, base }, imatrix, day }: MixOptions): GgmlType {
  const grouped = groupedQueries >= 4;
  switch (name) {
    case 'Q2_K':
      return grouped && day('groupedValues') ? 'Q4_K' : 'Q3_K';
    case 'Q2_K_S':
      return grouped && day('groupedValues') ? 'Q4_K' : base;
    case 'IQ3_XXS':
      return grouped ? 'Q4_K' : imatrix ? 'IQ3_XXS' : 'IQ3_S';
    case 'IQ3_XS':
      return grouped && day('smallIq3Values') ? 'Q4_K' : base;
    case 'IQ3_S':
      return grouped ? 'Q4_K' : base;
    case 'IQ3_M':
      return 'Q4_K';
    case 'Q3_K_M':
      return rank < 2 ? 'Q5_K' : 'Q4_K';
    case 'Q3_K_L':
      return 'Q5_K';
    case 'IQ4_NL':
    case 'IQ4_XS':
      return grouped ? 'Q5_K' : base;
    case 'Q4_K_M':
    case 'Q5_K_M':
      return hasMoreBits(rank, values) ? 'Q6_K' : base;
    case 'Q4_K_S':
      return rank < 4 ? 'Q5_K' : base;
    default:
      return base;
  }
}

/** layer_info: a running count, or with experts the layer's number. */
const indexOf = ({ layer, rank }: Place, { experts }: MixModel): number => (experts > 1 ? layer : rank);

function downType(
  { matrices }: { readonly matrices: number },
  place: Place,
  model: MixModel,
  { fileType: { name, base }, imatrix, day }: MixOptions,
): GgmlType {
  const { falcon, experts } = model;
  const layers = model.depth.ffn_down;
  const byDepth = day('mixesByDepth');
  // Experts had names of their own, which the rules did not match.
  if (!byDepth && matrices > 1) return base;
  const index = indexOf(place, model);
  const more = hasMoreBits(index, layers);
  const early = index < eighth(layers);
  const first = byDepth ? index < Math.trunc(layers / 16) : index < 2;
  switch (name) {
    case 'Q2_K':
      return 'Q3_K';
    case 'Q2_K_S':
      return early ? 'Q4_K' : base;
    case 'IQ3_XXS':
      return imatrix ? base : early ? 'Q4_K' : 'Q3_K';
    case 'Q3_K_M':
      return first ? 'Q5_K' : !falcon || more ? 'Q4_K' : 'Q3_K';
    case 'IQ3_M':
      return early || (experts === 8 && more) ? 'Q4_K' : base;
    case 'Q3_K_L':
      return falcon ? 'Q4_K' : 'Q5_K';
    case 'Q4_K_M':
      if (falcon) return first ? 'Q6_K' : more ? 'Q5_K' : 'Q4_K';
      return more ? 'Q6_K' : base;
    case 'IQ4_NL':
    case 'IQ4_XS':
      return early && !imatrix ? 'Q5_K' : base;
    case 'Q5_K_M':
      return more ? 'Q6_K' : base;
    case 'Q4_K_S':
      return !falcon && (byDepth ? early : index < 4) ? 'Q5_K' : base;
    case 'Q4_0':
    case 'Q5_0':
      if (!imatrix || !early || !day('legacyWithMatrix')) return base;
      return name === 'Q4_0' ? 'Q4_1' : 'Q5_1';
    default:
      return base;
  }
}

const fiveBitsOfEightExperts: ReadonlySet<string> = new Set([
  'Q2_K',
  'Q3_K_S',
  'Q3_K_M',
  'Q4_K_S',
  'Q4_K_M',
  'IQ3_XXS',
  'IQ3_XS',
  'IQ3_S',
  'IQ3_M',
  'IQ4_NL',
  'IQ4_XS',
]);

function attentionOutputType({ falcon, experts }: MixModel, { fileType: { name, base }, day }: MixOptions): GgmlType {
  if (falcon) return name === 'Q3_K_L' ? 'Q4_K' : base;
  if (experts === 8 && day('eightExpertsOutput')) return fiveBitsOfEightExperts.has(name) ? 'Q5_K' : base;
  const types: Readonly<Record<string, GgmlType>> = { Q2_K: 'Q3_K', IQ3_XXS: 'IQ3_S', Q3_K_M: 'Q4_K', Q3_K_L: 'Q5_K', IQ3_M: 'Q4_K' };
  return types[name] ?? base;
}

/** Whether llama-quantize gives up: no block of the type fits the row, and it has no other for it (tensor_type_fallback throws). */
export const isRefused = (type: GgmlType, columns: number, day: Since): boolean =>
  columns % blockSize(type) !== 0 && fallback(type, day) === undefined;

/**
 * The type that a row's width allows: tensor_type_fallback of src/llama-quant.cpp.
 * @returns F16 where no block fits.
 */
export function fittingType(type: GgmlType, columns: number, day: Since): GgmlType {
  if (columns % blockSize(type) === 0) return type;
  const narrower = fallback(type, day);
  return narrower !== undefined && columns % blockSize(narrower) === 0 ? narrower : 'F16';
}

function fallback(type: GgmlType, day: Since): GgmlType | undefined {
  switch (type) {
    case 'IQ1_S':
    case 'IQ1_M':
    case 'IQ2_XXS':
    case 'IQ2_XS':
    case 'IQ2_S':
    case 'IQ3_XXS':
    case 'IQ3_S':
    case 'IQ4_XS':
      return 'IQ4_NL';
    case 'Q2_K':
      return day('nonLinearFallback') && !day('fusedAsValues') ? 'IQ4_NL' : 'Q4_0';
    case 'Q3_K':
      if (!day('nonLinearFallback')) return 'Q4_1';
      return day('fusedAsValues') ? 'Q4_0' : 'IQ4_NL';
    case 'TQ1_0':
    case 'TQ2_0':
    case 'Q2_0':
      return 'Q4_0';
    case 'Q4_K':
      return 'Q5_0';
    case 'Q5_K':
      return 'Q5_1';
    case 'Q6_K':
      return 'Q8_0';
    default:
      return undefined;
  }
}
