/** Figures from groups of tensors: which a key decides, how many parameters they are, and the formula of it. */
import type { Analysis } from '../analysis';
import { isStack, isTensor, type Component, type Module, type Part, type Role } from '../modules/tree';
import type { Indices, Inventory, InventoryEntry } from '../weights/inventory';
import { factor, formula, term, type Factor, type FactorName, type Formula } from './formula';
import type { Meaning } from './meanings';
import type { RecognisedKey } from './sections';

/** Trained tensors with storage of their own. */
export const isParameter = ({ tiedTo, buffer }: InventoryEntry): boolean => tiedTo === undefined && !buffer;

export const parametersOf = (entries: readonly InventoryEntry[]): number =>
  entries.reduce((sum, entry) => (isParameter(entry) ? sum + entry.elements * entry.copies : sum), 0);

/** What a key decides of the tensors of one name. */
export interface Decided {
  readonly name: string;
  readonly component: Component;
  readonly role: Role;
  /** Parameters that are there because of the key, over all copies. */
  readonly parameters: number;
  /** All copies and sorts of the name. */
  readonly entries: readonly InventoryEntry[];
  /** The tensors follow from the key as a whole; else only part of them does (keys fused with queries in one matrix). */
  readonly whole: boolean;
}

/**
 * What a key decides, from the tensors of the model and of the one with the key's value times `ratio`: what grows in
 * proportion. `undefined` where growth is not proportional, so that no part of a tensor is due to the key alone.
 */
export function proportionalTo(before: Inventory, after: Inventory, ratio: number): readonly Decided[] | undefined {
  const sizes = sizesOf(after);
  const decided: Decided[] = [];
  for (const [name, { size, entries }] of sizesOf(before)) {
    const grown = ((sizes.get(name)?.size ?? 0) - size) / (ratio - 1);
    if (grown === 0) continue;
    if (grown < 0 || grown > size || !Number.isInteger(grown)) return undefined;
    const [{ component, role }] = entries;
    decided.push({ name, component, role, parameters: grown, entries, whole: grown === size });
  }
  return decided;
}

/** Names of tensors whose size or number is another in `after`. */
export function changedNames(before: Inventory, after: Inventory): ReadonlySet<string> {
  const sizes = sizesOf(after);
  return new Set([...sizesOf(before)].flatMap(([name, { size }]) => (sizes.get(name)?.size === size ? [] : [name])));
}

interface NamedTensors {
  size: number;
  readonly entries: [InventoryEntry, ...InventoryEntry[]];
}

function sizesOf({ entries }: Inventory): ReadonlyMap<string, NamedTensors> {
  const named = new Map<string, NamedTensors>();
  for (const entry of entries) {
    if (!isParameter(entry)) continue;
    const size = entry.elements * entry.copies;
    const known = named.get(entry.name);
    if (!known) named.set(entry.name, { size, entries: [entry] });
    else {
      known.size += size;
      known.entries.push(entry);
    }
  }
  return named;
}

export const decidedParameters = (decided: readonly Decided[]): number => decided.reduce((sum, { parameters }) => sum + parameters, 0);

/** Formula of what a key decides; `undefined` where it decides parts of tensors that are no rows or columns of them. */
export function decidedFormula(decided: readonly Decided[], key: RecognisedKey): Formula | undefined {
  const parts = decided.flatMap((one): readonly (InventoryEntry | undefined)[] =>
    one.whole ? one.entries : one.entries.map((entry) => partOf(entry, shareOf(one), key)),
  );
  const told = parts.filter((part): part is InventoryEntry => part !== undefined);
  return told.length === parts.length ? tensorFormula(told, key) : undefined;
}

const shareOf = ({ parameters, entries }: Decided): number => parameters / parametersOf(entries);

/** The rows or columns that are a share of a tensor and a multiple of the key: 512 of the 576 rows of a latent and a rotary key. */
function partOf(entry: InventoryEntry, share: number, { value }: RecognisedKey): InventoryEntry | undefined {
  const { shape, elements } = entry;
  const parts = shape.map((size) => Math.round(size * share));
  const cuts = parts.flatMap((part, position) => {
    const isWhole = Math.abs(part - (shape[position] ?? 0) * share) < 1e-6;
    return isWhole && typeof value === 'number' && part > 0 && part % value === 0 ? [position] : [];
  });
  const [cut] = cuts;
  if (cut === undefined || cuts.length > 1) return undefined;
  const reduced = shape.map((size, position) => (position === cut ? (parts[position] ?? size) : size));
  return { ...entry, shape: reduced, elements: Math.round(elements * share) };
}

/** Parameters of a group of tensors as "3 matrices · 14,336 · 4,096 · 32 layers": equal shapes taken together. */
export function tensorFormula(entries: readonly InventoryEntry[], key: RecognisedKey): Formula | undefined {
  const groups = new Map<string, { entry: InventoryEntry; matrices: number }>();
  for (const entry of entries) {
    if (!isParameter(entry)) continue;
    const sort = entry.indices.map((at) => (typeof at === 'number' ? at : at.join())).join(' ');
    const group = `${[...entry.shape].sort((a, b) => a - b).join()} ${sort} ${entry.component}`;
    const known = groups.get(group);
    if (known) known.matrices++;
    else groups.set(group, { entry, matrices: 1 });
  }
  return formula(
    'parameters',
    [...groups.values()].map(({ entry, matrices }) => term(factor(matrices, 'matrices'), ...dimensions(entry, key), ...copiesOf(entry))),
  );
}

/** Meanings that a dimension is told by, in order of preference. */
const dimensionNames = [
  ['vocabulary', 'vocabulary'],
  ['hiddenSize', 'hiddenSize'],
  ['intermediateSize', 'intermediateSize'],
  ['expertWidth', 'intermediateSize'],
  ['sharedExpertWidth', 'intermediateSize'],
  ['ssmWidth', 'intermediateSize'],
  ['kvRank', 'latentRank'],
  ['queryRank', 'latentRank'],
] as const satisfies readonly (readonly [Meaning, FactorName])[];

function dimensions({ shape, role, component }: InventoryEntry, { section, side }: RecognisedKey): readonly Factor[] {
  const rows = role === 'embedding' || role === 'head' || role === 'bias';
  // A rank of attention, and the norm over it, may be as wide as a feed-forward is.
  const ofAttention = component === 'attention' || component === 'norm';
  const used = new Set<FactorName>([...(rows ? [] : (['vocabulary'] as const)), ...(ofAttention ? (['intermediateSize'] as const) : [])]);
  return shape.map((value, position) => {
    if (position === 0 && shape.length > 2 && component === 'experts') return factor(value, 'experts');
    const name = dimensionNames.find(([meaning, as]) => !used.has(as) && section.value(meaning, side) === value)?.[1];
    if (name === undefined) return factor(value, 'width');
    used.add(name);
    return factor(value, name);
  });
}

/** Layers, and experts inside of them. */
function copiesOf({ indices, copies, component }: InventoryEntry): readonly Factor[] {
  const [layers] = indices.map((at) => (typeof at === 'number' ? at : at.length));
  if (layers === undefined || layers === 0) return [];
  return [factor(layers, 'layers'), factor(copies / layers, component === 'experts' ? 'experts' : 'matrices')];
}

/** Layers of equal size. */
export interface LayerSort {
  readonly copies: number;
  /** Parameters of one of them. */
  readonly parameters: number;
  /** Number of the last of them, from 0. */
  readonly last: number;
}

/** Numbered layers under one name ("model.layers"), most frequent sort first. */
export interface LayerStack {
  readonly name: string;
  readonly layers: number;
  readonly parameters: number;
  readonly sorts: readonly LayerSort[];
}

/** The outermost stacks of a model: experts inside of layers are no stack of their own. */
export function layerStacks({ model, inventory }: Pick<Analysis, 'model' | 'inventory'>): readonly LayerStack[] {
  const stacks = new Map<string, Map<Indices, { copies: number; all: number }>>();
  for (const name of stackNames(model.tree)) stacks.set(name, new Map());
  for (const entry of inventory.entries) {
    const [at] = entry.indices;
    const sorts = at === undefined ? undefined : stacks.get(entry.name.slice(0, entry.name.indexOf('{n}') - 1));
    if (at === undefined || !sorts) continue;
    const sort = sorts.get(at) ?? { copies: typeof at === 'number' ? at : at.length, all: 0 };
    sorts.set(at, sort);
    if (isParameter(entry)) sort.all += entry.elements * entry.copies;
  }
  return [...stacks].map(([name, sorts]) => {
    const all = [...sorts];
    return {
      name,
      layers: all.reduce((sum, [, { copies }]) => sum + copies, 0),
      parameters: all.reduce((sum, [, one]) => sum + one.all, 0),
      sorts: equalSizes(
        all.map(([at, { copies, all: parameters }]) => ({
          copies,
          parameters: parameters / copies,
          last: typeof at === 'number' ? at - 1 : (at.at(-1) ?? 0),
        })),
      ),
    };
  });
}

/** Sorts of one size taken together, most frequent first: layers that differ in their window only are equal here. */
export function equalSizes(sorts: readonly LayerSort[]): readonly LayerSort[] {
  const bySize = new Map<number, LayerSort>();
  for (const sort of sorts) {
    const known = bySize.get(sort.parameters);
    bySize.set(sort.parameters, known ? { ...sort, copies: known.copies + sort.copies, last: Math.max(known.last, sort.last) } : sort);
  }
  return [...bySize.values()].sort((a, b) => b.copies - a.copies);
}

function stackNames(tree: Module): readonly string[] {
  const names: string[] = [];
  const walk = (part: Part, path: string): void => {
    if (isTensor(part)) return;
    if (isStack(part)) {
      if (part.sorts.length > 0) names.push(path);
      return;
    }
    for (const [name, child] of Object.entries(part.children)) walk(child, path === '' ? name : `${path}.${name}`);
  };
  walk(tree, '');
  return names;
}

/** Names of the modules that attend, towers among them, with the numbers of layers as {n}. */
export function attentionModules({ model }: Pick<Analysis, 'model'>): readonly string[] {
  const names = new Set<string>();
  const walk = (part: Part, path: string): void => {
    if (isTensor(part)) return;
    if (isStack(part)) {
      for (const sort of part.sorts) walk(sort.part, `${path}.{n}`);
      return;
    }
    if (part.component === 'attention') {
      names.add(path);
      return;
    }
    for (const [name, child] of Object.entries(part.children))
      walk(child, path === '' ? name : `${path}.${/^\d/.test(name) ? '{n}' : name}`);
  };
  walk(model.tree, '');
  return [...names];
}
