import { isList, type JsonObject, type JsonValue } from '../../config/json';
import { perLayer } from '../layerTypes';
import { countOf, flagOf, listOf, objectOf, sizeOf, textOf } from './read';
import type { Shape } from './shape';

export type Mixer = 'full' | 'sliding' | 'linear' | 'stateSpace' | 'convolution' | 'parallel' | 'none';
export type FeedForward = 'dense' | 'experts' | 'none';

/** What one layer holds. */
export interface LayerPlan {
  readonly mixer: Mixer;
  readonly feedForward: FeedForward;
  /** False for a layer that reads the keys and values of an earlier one. */
  readonly keeps: boolean;
}

/** Words of layer lists that other model types use, and what they stand for. */
const words: readonly (readonly [RegExp, Mixer])[] = [
  [/^parallel/, 'parallel'],
  [/mamba|ssm|recurrent|state/, 'stateSpace'],
  [/linear|delta|kda|lightning|retention/, 'linear'],
  [/conv/, 'convolution'],
  [/sliding|local|chunk|swa|window/, 'sliding'],
  [/attention|full|global|attn|^hybrid$/, 'full'],
  [/^(moe|mlp|ffn|dense|sparse|experts?)$/, 'none'],
];
const mixerOf = (word: JsonValue | undefined): Mixer | undefined =>
  typeof word === 'string' ? words.find(([pattern]) => pattern.test(word.toLowerCase()))?.[1] : undefined;

/** The letters of Nemotron-H's hybrid_override_pattern: Mamba, attention, feed-forward, experts. */
const letters: Readonly<Record<string, LayerPlan>> = {
  M: { mixer: 'stateSpace', feedForward: 'none', keeps: true },
  '*': { mixer: 'full', feedForward: 'none', keeps: true },
  '-': { mixer: 'none', feedForward: 'dense', keeps: true },
  E: { mixer: 'none', feedForward: 'experts', keeps: true },
};

/** Every layer of the stack, from whichever of the known ways the config uses to tell layers apart. */
export function planLayers(source: JsonObject, shape: Shape): readonly LayerPlan[] {
  const pattern = textOf(source, ['hybrid_override_pattern']);
  if (pattern !== undefined && [...pattern].every((letter) => letters[letter])) {
    const plain: LayerPlan = { mixer: 'full', feedForward: 'dense', keeps: true };
    return perLayer(shape.depth, (index) => letters[pattern[index] ?? ''] ?? plain);
  }
  const mixer = mixers(source, shape.depth);
  const feedForward = feedForwards(source, shape);
  const list = listOf(source, ['layer_types', 'layers_block_type']);
  // A list that also names feed-forwards gives every layer one block only.
  const single = list?.some((word) => mixerOf(word) === 'none') ?? false;
  const shared = countOf(source, ['num_kv_shared_layers']) ?? 0;
  return perLayer(shape.depth, (index) => {
    const kind = mixer(index);
    const blocks = !single ? feedForward(index) : kind !== 'none' ? 'none' : list?.[index] === 'moe' ? 'experts' : 'dense';
    return { mixer: kind, feedForward: blocks, keeps: index < shape.depth - shared };
  });
}

function mixers(source: JsonObject, depth: number): (index: number) => Mixer {
  const list = listOf(source, ['layer_types', 'layers_block_type']);
  if (list?.some((word) => mixerOf(word) !== undefined)) return (index) => mixerOf(list[index]) ?? 'full';

  const stateSpace = hasStateSpace(source);
  const others = stateSpace ? 'stateSpace' : windowOf(source) !== undefined && !hasLinear(source) ? 'sliding' : 'linear';
  const full = fullLayers(source, depth);
  if (full) return (index) => (full(index) ? 'full' : others);

  // Which layers are which is not said: every layer then has both (Falcon-H1), which is no less than there is.
  if (stateSpace) return () => 'parallel';

  const window = windowOf(source) !== undefined;
  const local = listOf(source, ['hybrid_layer_pattern']);
  if (window && local) return (index) => (local[index] === 1 ? 'sliding' : 'full');
  const every = sizeOf(source, ['sliding_window_pattern', '_sliding_window_pattern', 'global_attn_every_n_layers']);
  if (window && every !== undefined) return (index) => ((index + 1) % every === 0 ? 'full' : 'sliding');
  // Without a list, transformers gives every layer the window when there is one (cache_utils.py, get_layer_types_and_kwargs).
  return () => (window ? 'sliding' : 'full');
}

const hasStateSpace = (source: JsonObject): boolean =>
  ['mamba_d_state', 'ssm_state_size', 'mamba_d_conv'].some((key) => source[key] !== undefined);
const hasLinear = (source: JsonObject): boolean => Object.keys(source).some((key) => /^(linear_|lightning)/.test(key));

/** Which layers have full attention, where the config says it by a list, or by a period and an offset. */
function fullLayers(source: JsonObject, depth: number): ((index: number) => boolean) | undefined {
  const flags = listOf(source, ['attn_type_list']);
  if (flags) return (index) => flags[index] === 1;
  const numbered = objectOf(source, ['linear_attn_config']);
  // Kimi Linear counts layers from 1.
  const fromOne = numbered && layerNumbers(numbered, ['full_attn_layers']);
  if (fromOne) return (index) => fromOne.has(index + 1);
  const chosen = layerNumbers(source, ['attn_layer_indices', 'full_attn_idxs', 'global_attn_idxs', 'full_attention_layers']);
  if (chosen) return (index) => chosen.has(index);
  const period = sizeOf(source, ['attn_layer_period', 'full_attention_interval', 'layer_group_size']);
  if (period === undefined || period > depth) return undefined;
  const offset = countOf(source, ['attn_layer_offset']) ?? period - 1;
  return (index) => index % period === offset;
}

/** Tokens of a window, where the config has one that is in use. */
export function windowOf(source: JsonObject): number | undefined {
  if (flagOf(source, ['use_sliding_window']) === false) return undefined;
  return sizeOf(source, ['sliding_window', 'attention_chunk_size', 'sliding_window_size', 'window_size']);
}

function feedForwards(source: JsonObject, { mixture, depth }: Shape): (index: number) => FeedForward {
  if (!mixture) return () => 'dense';
  const kinds = listOf(source, ['mlp_layer_types']);
  if (kinds) return (index) => (kinds[index] === 'dense' ? 'dense' : 'experts');
  const flags = listOf(source, ['moe_layer_freq']);
  if (flags) return (index) => (flags[index] === 0 ? 'dense' : 'experts');
  const chosen = layerNumbers(source, ['moe_layers_enum', 'moe_layers']);
  if (chosen) return (index) => (chosen.has(index) ? 'experts' : 'dense');
  const dense = layerNumbers(source, ['mlp_only_layers']) ?? new Set<number>();
  const first = countOf(source, ['first_k_dense_replace', 'moe_layer_start_index', 'num_dense_layers', 'n_dense_layers']) ?? 0;
  const step =
    sizeOf(source, ['decoder_sparse_step', 'interleave_moe_layer_step', 'moe_layer_freq', 'expert_layer_period', 'moe_layer_interval']) ??
    1;
  const offset = countOf(source, ['expert_layer_offset']) ?? step - 1;
  const last = countOf(source, ['moe_layer_end_index']) ?? depth;
  return (index) => (index < first || index > last || dense.has(index) || index % step !== offset ? 'dense' : 'experts');
}

/** Numbers of layers, written as a list or as text with commas. */
function layerNumbers(source: JsonObject, keys: readonly string[]): ReadonlySet<number> | undefined {
  const value = keys.map((key) => source[key]).find((entry) => entry !== undefined && entry !== null);
  if (isList(value)) return new Set(value.filter((entry): entry is number => typeof entry === 'number'));
  if (typeof value === 'string' && /^[\d, ]+$/.test(value)) return new Set(value.slice(0, 65_536).split(',').map(Number));
  return undefined;
}
