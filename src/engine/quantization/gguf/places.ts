import type { Indices } from '../../weights/inventory';
import type { Since } from './history';
import { categoryOf, type Category, type MixModel, type Place } from './mix';
import type { GgufTensor } from './tensors';

/** From one layer that rules treat alike to the next: they tell every third apart (use_more_bits). */
export const placeStride = 3;

/** Layers of one tensor that every rule treats alike: where the first of them stands, and how many they are, each `placeStride` on. */
export type Places = readonly (Place & { readonly copies: number })[];

/** Equally spaced layers of one tensor: `count` from `layer` on, of which each has `stride` more of its category before it. */
interface Run {
  readonly layer: number;
  readonly count: number;
  readonly rank: number;
  readonly stride: number;
}

/** Counters of llama.cpp that several categories share. */
export const counterOf = (category: Category, day: Since): Category =>
  day('fusedAsValues') && (category === 'attn_qkv' || category === 'attn_kv_b') ? 'attn_v' : category;

/**
 * How many of its category stand before each tensor of a layer, in the order in which llama-quantize goes: by layer, within one by
 * name. Layers that follow each other are one run, so that cost grows with the sorts of layers.
 */
export function placesOf(tensors: readonly GgufTensor[], model: MixModel, day: Since): ReadonlyMap<GgufTensor, Places> {
  const groups = new Map<Category, GgufTensor[]>();
  for (const tensor of tensors) {
    if (tensor.layers === undefined || tensor.kept) continue;
    const category = counterOf(categoryOf(tensor.name), day);
    const known = groups.get(category);
    if (known) known.push(tensor);
    else groups.set(category, [tensor]);
  }
  const places = new Map<GgufTensor, Places>();
  const edges = edgesOf(model);
  for (const group of groups.values()) {
    group.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
    for (const [tensor, runs] of ranked(group))
      places.set(
        tensor,
        runs.flatMap((run) => placesIn(run, edges)),
      );
  }
  return places;
}

function ranked(group: readonly GgufTensor[]): readonly (readonly [GgufTensor, readonly Run[]])[] {
  const stacks = new Set(
    group.map(({ name, layers }) => `${name.slice(0, name.indexOf('{n}'))} ${typeof layers === 'number' ? layers : 'listed'}`),
  );
  const [only] = group;
  // All of them in every layer of one stack: the n-th of layer i has n + i · size before it.
  if (only && stacks.size === 1 && typeof only.layers === 'number') {
    const count = only.layers;
    return group.map((tensor, index) => [tensor, [{ layer: 0, count, rank: index, stride: group.length }]]);
  }
  const places = group
    .flatMap((tensor, index) => listOf(tensor).map((layer) => ({ tensor, layer, index })))
    .sort((a, b) => a.layer - b.layer || a.index - b.index);
  const found = new Map<GgufTensor, Run[]>(group.map((tensor) => [tensor, []]));
  places.forEach(({ tensor, layer }, rank) => {
    const runs = found.get(tensor) as Run[];
    const last = runs.at(-1);
    if (last && follows(last, layer, rank)) runs[runs.length - 1] = { ...last, count: last.count + 1, stride: rank - endOf(last) };
    else runs.push({ layer, count: 1, rank, stride: 1 });
  });
  return [...found];
}

const endOf = ({ rank, count, stride }: Run): number => rank + (count - 1) * stride;

const follows = (run: Run, layer: number, rank: number): boolean =>
  layer === run.layer + run.count && (run.count === 1 || rank - endOf(run) === run.stride);

/** The numbers of layers. */
export const layersOf = (layers: Indices): readonly number[] =>
  typeof layers === 'number' ? Array.from({ length: layers }, (_, index) => index) : layers;

const listOf = ({ layers }: GgufTensor): readonly number[] => (layers === undefined ? [] : layersOf(layers));

/** Layers and ranks at which some rule changes: 2, 4, a sixteenth, an eighth and seven eighths of the depth. */
const edgesOf = ({ depth, values }: MixModel): readonly number[] => [
  ...new Set([depth.ffn_down, depth.ffn_gate, depth.ffn_up, values].flatMap((n) => [2, 4, n / 16, n / 8, (7 * n) / 8].map(Math.trunc))),
];

/**
 * The layers of a run by what rules tell apart: the edges, and between them every third. However long a run is, it has at most a
 * few dozen sorts.
 */
function placesIn({ layer, count, rank, stride }: Run, edges: readonly number[]): Places {
  const within = (index: number): number => Math.min(Math.max(index, 0), count);
  const bounds = new Set([0, count]);
  for (const edge of edges) bounds.add(within(edge - layer)).add(within(Math.ceil((edge - rank) / stride)));
  const sorted = [...bounds].sort((a, b) => a - b);
  const places: (Place & { copies: number })[] = [];
  for (let part = 1; part < sorted.length; part++) {
    const from = sorted[part - 1] ?? 0;
    const to = sorted[part] ?? 0;
    for (let index = from; index < Math.min(from + placeStride, to); index++)
      places.push({ layer: layer + index, rank: rank + index * stride, copies: Math.ceil((to - index) / placeStride) });
  }
  return places;
}
