import type { Analysis } from './analysis';
import { layoutAt, type Precision } from './estimate';
import { maxLayers } from './limits';
import type { PresetOptions } from './quantization/presets/preset';
import type { StoredEntry } from './quantization/stored';
import type { Indices, Inventory, InventoryEntry } from './weights/inventory';

/** Numbered modules that are looked at together: layers 0 to 9, or one expert. */
export type Members = readonly number[];

export const countOf = (numbers: Indices): number => (typeof numbers === 'number' ? numbers : numbers.length);

/**
 * The tensors of the files at a precision by groups of numbered modules, where `layoutAt` gives all equal ones of a stack as one:
 * which layer has which type and shape. Costs one layout of a model whose stacks are cut along the groups, however deep it is.
 *
 * @param at numbers of the modules around: none for layers, [5] for the experts of layer 5
 * @param groups no number stands in two of them; stacks of more than `maxLayers` modules are not cut, and give nothing
 * @returns entries of each group, from every stack of that depth
 * @throws RangeError for a name that no preset has
 */
export function layoutOfMembers(
  analysis: Analysis,
  precision: Precision,
  options: PresetOptions,
  at: Members,
  groups: readonly Members[],
): readonly (readonly StoredEntry[])[] {
  const groupOf = new Map(groups.flatMap((members, group) => members.map((number) => [number, group] as const)));
  const inventory = cutInventory(analysis.inventory, at, groupOf);
  // Converters may renumber these: they follow the model's own layers.
  const unloaded = { ...analysis.unloaded, entries: analysis.unloaded.entries.flatMap((entry) => divided(entry, 0, (number) => number)) };
  const found: StoredEntry[][] = groups.map(() => []);
  for (const entry of layoutAt({ ...analysis, inventory, unloaded }, precision, options).entries) {
    const { indices = [] } = entry;
    const own = indices[at.length];
    // What was cut has lists of numbers.
    if (own === undefined || typeof own === 'number' || !at.every((number, level) => isOnly(indices[level], number))) continue;
    const group = groupOf.get(own[0] ?? -1);
    if (group !== undefined) found[group]?.push(entry);
  }
  return found;
}

const isOnly = (numbers: Indices | undefined, number: number): boolean =>
  numbers !== undefined && (typeof numbers === 'number' ? numbers === 1 && number === 0 : numbers.length === 1 && numbers[0] === number);

/** The same tensors, those of equal modules apart where a group begins or ends. */
function cutInventory(inventory: Inventory, at: Members, groupOf: ReadonlyMap<number, number>): Inventory {
  const entries = inventory.entries.flatMap((entry) => {
    const pieces: InventoryEntry[] = [];
    let inside: InventoryEntry | undefined = entry.indices.length > at.length ? entry : undefined;
    if (!inside) return [entry];
    for (const [level, number] of at.entries()) {
      if (!inside) break;
      const parts: readonly InventoryEntry[] = divided(inside, level, (each) => each === number);
      inside = parts.find(({ indices }) => isOnly(indices[level], number));
      pieces.push(...parts.filter((part) => part !== inside));
    }
    if (inside) pieces.push(...divided(inside, at.length, (number) => groupOf.get(number)));
    return pieces;
  });
  return { ...inventory, entries };
}

/** A tensor's copies by what `keyOf` says of their numbers at a level; whole where there are too many to look at. */
function divided(entry: InventoryEntry, level: number, keyOf: (number: number) => unknown): readonly InventoryEntry[] {
  const numbers = entry.indices[level];
  if (numbers === undefined || countOf(numbers) > maxLayers) return [entry];
  const parts = new Map<unknown, number[]>();
  for (const number of typeof numbers === 'number' ? Array.from({ length: numbers }, (_, index) => index) : numbers) {
    const key = keyOf(number);
    const part = parts.get(key);
    if (part) part.push(number);
    else parts.set(key, [number]);
  }
  const share = entry.copies / countOf(numbers);
  return [...parts.values()].map((part) => ({
    ...entry,
    indices: entry.indices.map((each, at) => (at === level ? part : each)),
    copies: share * part.length,
    activeElements: Math.round((entry.activeElements * part.length) / countOf(numbers)),
  }));
}
