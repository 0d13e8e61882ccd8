import type { JsonObject } from '../config/json';
import { isStack, isTensor, type Module, type Part, type Parts, type Stack, type StackSort, type State } from '../modules/tree';
import type { Family } from './family';

/** A layer's window by the layer's number: its tokens, null for none, undefined where the family's own stays. */
type WindowAt = (layer: number) => number | null | undefined;

const windowKeys = ['layer_types', 'sliding_window', 'attention_chunk_size'] as const;

/** Keys of the file that its class does not declare and that bound the cache all the same. */
export function undeclaredWindowKeys(family: Family, config: Readonly<Record<string, unknown>>, source: JsonObject): readonly string[] {
  if (!undeclaredWindows(family, config, source)) return [];
  return windowKeys.filter((key) => !(key in family.defaults) && (Array.isArray(source[key]) || sizeOf(source[key]) !== undefined));
}

/**
 * A family's parts with the windows of those keys: the reference reads `sliding_window`, `attention_chunk_size` and
 * `layer_types` from any config whose class does not settle the kinds of its layers itself (transformers cache_utils.py,
 * get_layer_types_and_kwargs). Weights are untouched.
 */
export function withCacheWindows(parts: Parts, family: Family, config: Readonly<Record<string, unknown>>, source: JsonObject): Parts {
  const windowAt = undeclaredWindows(family, config, source);
  return windowAt ? inside(parts, (stack) => layersWith(stack, windowAt)) : parts;
}

const sizeOf = (value: unknown): number | undefined =>
  Number.isSafeInteger(value) && (value as number) > 0 ? (value as number) : undefined;

function undeclaredWindows(family: Family, config: Readonly<Record<string, unknown>>, source: JsonObject): WindowAt | undefined {
  if (windowKeys.every((key) => source[key] === undefined)) return undefined;
  if (family.settlesLayers || 'layer_types' in family.defaults || !family.source.startsWith('transformers ')) return undefined;
  const declared = 'sliding_window' in family.defaults;
  // A class with a switch clears the window that its switch turns off.
  const off = 'use_sliding_window' in family.defaults && config['use_sliding_window'] !== true;
  const sliding = off ? undefined : sizeOf((declared ? config : source)['sliding_window']);
  const chunk = sizeOf(source['attention_chunk_size']);
  const written = source['layer_types'];
  if (Array.isArray(written)) {
    const windows: Readonly<Record<string, number | undefined>> = { sliding_attention: sliding, chunked_attention: chunk };
    return (layer) => (layer < written.length ? (windows[String(written[layer])] ?? null) : undefined);
  }
  if (sliding !== undefined) return declared ? undefined : () => sliding;
  return chunk === undefined ? undefined : () => chunk;
}

/** The same parts with every outermost stack changed: those number the layers. */
function inside(parts: Parts, change: (stack: Stack) => Stack): Parts {
  const opened = (part: Part | Parts): Part | Parts => {
    if (isTensor(part)) return part;
    if (isStack(part)) return change(part);
    return isModule(part) ? { ...part, children: inside(part.children, change) as Module['children'] } : inside(part, change);
  };
  return Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, part && opened(part)]));
}

const isModule = (part: Part | Parts): part is Module => 'children' in part;

/** Layers with their windows; equal ones part where these differ. */
function layersWith({ sorts }: Stack, windowAt: WindowAt): Stack {
  return { sorts: sorts.flatMap((sort) => (keepsState(sort.part) ? byWindow(sort, windowAt) : [sort])) };
}

function byWindow(sort: StackSort, windowAt: WindowAt): readonly StackSort[] {
  const groups = new Map<number | null | undefined, number[]>();
  for (let copy = 0; copy < sort.copies; copy++) {
    const layer = sort.indices?.[copy] ?? copy;
    const window = windowAt(layer);
    const group = groups.get(window);
    if (group) group.push(layer);
    else groups.set(window, [layer]);
  }
  const bounded = (window: number | null | undefined): Part => (window === undefined ? sort.part : boundedPart(sort.part, window));
  if (groups.size === 1) return [...groups.keys()].map((window) => ({ ...sort, part: bounded(window) }));
  return [...groups].map(([window, indices]) => ({ ...sort, copies: indices.length, indices, part: bounded(window) }));
}

const keepsState = (part: Part): boolean => {
  if (isTensor(part)) return false;
  if (isStack(part)) return part.sorts.some((sort) => keepsState(sort.part));
  return part.keeps !== undefined || Object.values(part.children).some(keepsState);
};

function boundedPart(part: Part, window: number | null): Part {
  if (!keepsState(part) || isTensor(part)) return part;
  if (isStack(part)) return { sorts: part.sorts.map((sort) => ({ ...sort, part: boundedPart(sort.part, window) })) };
  const children = Object.fromEntries(Object.entries(part.children).map(([name, child]) => [name, boundedPart(child, window)]));
  return { ...part, children, ...(part.keeps && { keeps: part.keeps.map((state) => boundedState(state, window)) }) };
}

function boundedState(state: State, window: number | null): State {
  if ('elements' in state || (window === null && state.kind !== 'sliding')) return state;
  const { elementsPerToken } = state;
  // What all heads share cannot be split among devices, as one head cannot.
  const heads = state.kind === 'latent' ? 1 : state.heads;
  const kept = heads === undefined ? { elementsPerToken } : { elementsPerToken, heads };
  return window === null ? { kind: 'attention', ...kept } : { kind: 'sliding', window, ...kept };
}
