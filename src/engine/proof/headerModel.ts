import type { TypeSums } from './found';
import { typeSums } from './found';
import { ggufFileType } from './ggufFileTypes';
import type { GgufHeader } from './ggufHeader';
import type { GgufMetadata, GgufValue } from './ggufMetadata';
import type { SafetensorsHeader } from './safetensorsHeader';
import { elementsOf } from './tensors';

/** What a checkpoint's headers say of the model, where there is no config. */
export interface HeaderModel {
  readonly container: 'gguf' | 'safetensors';
  /** As the file calls it: `general.name`. */
  readonly name?: string;
  /** `general.architecture`: llama.cpp's name. */
  readonly architecture?: string;
  /** The file type that the metadata names: llama.cpp's name. */
  readonly fileType?: string;
  /** Parts of the checkpoint that are not there: all else is of the others. */
  readonly partsMissing: number;
  readonly tensors: number;
  /** Elements of all tensors. */
  readonly elements: number;
  /**
   * Parameters; exact where tensors say what they hold. null for packed weights in safetensors, whose elements are words of
   * several weights, and where parts of the checkpoint are not there.
   */
  readonly parameters: number | null;
  /** Bytes of all tensors, without header and padding. */
  readonly bytes: number;
  readonly types: TypeSums;
  readonly contextLimit: number | null;
  readonly cache: HeaderCache | null;
}

/** The cache of keys and values, by the metadata. */
export interface HeaderCache {
  /** Growth by one token of one sequence, at F16 (llama.cpp's default), while no window is full. */
  readonly bytesPerToken: number;
  /** Layers that keep keys and values. */
  readonly layers: number;
  /** Tokens that layers with sliding attention keep; null where there is none. */
  readonly window: number | null;
}

/** Types whose elements are weights; others pack several, or are scales of such. */
const wholeTypes: ReadonlySet<string> = new Set(['F64', 'F32', 'F16', 'BF16']);

/**
 * A summary of the headers of one checkpoint: of one file, or of its parts.
 * @param partsMissing how many of its parts are not among them
 */
export function modelFromHeader(headers: readonly (GgufHeader | SafetensorsHeader)[], partsMissing = 0): HeaderModel {
  const { sums: types, add } = typeSums();
  let [tensors, elements, tables, bytes] = [0, 0, 0, 0];
  for (const header of headers)
    for (const { name, dtype, shape, bytes: own } of header.tensors.values()) {
      add(dtype, own);
      tensors++;
      elements += elementsOf(shape);
      bytes += own;
      if (isTable(name)) tables += elementsOf(shape);
    }
  const [first] = headers;
  const sums = { partsMissing, tensors, elements, bytes, types };
  if (first?.kind !== 'gguf')
    return {
      container: 'safetensors',
      ...sums,
      parameters: partsMissing === 0 && Object.keys(types).every((dtype) => wholeTypes.has(dtype)) ? elements : null,
      contextLimit: null,
      cache: null,
    };
  const { metadata } = first;
  const text = (key: string): string | undefined => {
    const value = metadata.get(key);
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const architecture = text('general.architecture');
  const name = text('general.name');
  const number = metadata.get('general.file_type');
  const fileType = typeof number === 'number' ? ggufFileType(number) : undefined;
  const read = numbersOf(metadata, architecture);
  return {
    container: 'gguf',
    ...(name !== undefined && { name }),
    ...(architecture !== undefined && { architecture }),
    ...(fileType !== undefined && { fileType }),
    ...sums,
    parameters: partsMissing === 0 ? elements - tables : null,
    contextLimit: read('context_length') ?? null,
    cache: cacheOf(read, metadata, architecture),
  };
}

/** Tables of rotary positions that llama.cpp's converter computes. */
const isTable = (name: string): boolean => /^rope_(freqs|factors_long|factors_short)\.weight$/.test(name);

type Read = (key: string) => number | undefined;

/** Numbers of an architecture's own keys: whole, not negative. */
const numbersOf =
  (metadata: GgufMetadata, architecture = ''): Read =>
  (key) =>
    whole(metadata.get(`${architecture}.${key}`));

const whole = (value: GgufValue | undefined): number | undefined =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;

/**
 * Keys and values per token as llama.cpp keeps them: for each layer with attention, key/value heads × (width of a key + width
 * of a value). Latent attention keeps one head's key and no value (ggml-org/llama.cpp #19067); layers that predict further
 * tokens and those that share another's cache keep none. Keys: gguf-py/gguf/constants.py, Keys.Attention; defaults:
 * src/llama-model.cpp, load_hparams.
 */
function cacheOf(read: Read, metadata: GgufMetadata, architecture = ''): HeaderCache | null {
  const blocks = read('block_count');
  const heads = metadata.get(`${architecture}.attention.head_count`);
  if (blocks === undefined || blocks > maxBlocks || heads === undefined) return null;
  const headsAt = atLayer(heads);
  const kvHeadsAt = atLayer(metadata.get(`${architecture}.attention.head_count_kv`) ?? heads);
  const width = read('embedding_length') ?? 0;
  const latent = (read('attention.key_length_mla') ?? 0) > 0;
  const layers = Math.max(0, blocks - (read('nextn_predict_layers') ?? 0) - (read('attention.shared_kv_layers') ?? 0));
  let [elements, kept] = [0, 0];
  for (let layer = 0; layer < layers; layer++) {
    const kvHeads = kvHeadsAt(layer);
    const usual = headsAt(layer) > 0 ? Math.floor(width / headsAt(layer)) : 0;
    const key = read('attention.key_length') ?? usual;
    const value = latent ? 0 : (read('attention.value_length') ?? usual);
    if (kvHeads === 0) continue;
    kept++;
    elements += kvHeads * (key + value);
  }
  const window = read('attention.sliding_window') ?? 0;
  return { bytesPerToken: elements * 2, layers: kept, window: window > 0 ? window : null };
}

/** Blocks that are counted one by one; published models have some hundred. */
const maxBlocks = 10_000;

/** A number that is the same in every layer, or a list with one for each. */
function atLayer(value: GgufValue): (layer: number) => number {
  if (Array.isArray(value)) return (layer) => whole(value[layer] as number) ?? 0;
  const one = whole(value) ?? 0;
  return () => one;
}
