import type { Component } from '../modules/tree';
import type { Indices, InventoryEntry } from '../weights/inventory';
import type { KeepReason, Scheme, StoreContext } from './scheme';
import { storedEntries, type StoredEntry } from './stored';

/** Parts of a model that people keep at 16 bits, or quantize beyond what a writer does by itself. */
export const editableParts = ['attention', 'mlp', 'experts', 'router', 'embedding', 'head', 'towers'] as const;
export type EditablePart = (typeof editableParts)[number];

/** A changed keep list: what-if on top of a scheme's own rules. */
export interface KeepEdits {
  /** Left at the checkpoint's own type although the scheme would take them. */
  readonly keep?: readonly EditablePart[];
  /** Quantized although the scheme would leave them alone. */
  readonly quantize?: readonly EditablePart[];
  /** Whole layers at either end of the language model that stay at the checkpoint's own type. */
  readonly firstLayers?: number;
  readonly lastLayers?: number;
}

export const hasEdits = ({ keep = [], quantize = [], firstLayers = 0, lastLayers = 0 }: KeepEdits): boolean =>
  keep.length > 0 || quantize.length > 0 || firstLayers > 0 || lastLayers > 0;

export const partOf: Readonly<Partial<Record<Component, EditablePart>>> = {
  attention: 'attention',
  mlp: 'mlp',
  experts: 'experts',
  router: 'router',
  embedding: 'embedding',
  head: 'head',
  vision: 'towers',
  audio: 'towers',
  projector: 'towers',
};

/** Reasons of a scheme that a person can overrule: what a tensor is for, not what it is. */
const overruled: ReadonlySet<KeepReason> = new Set(['embedding', 'head', 'router', 'tower', 'outside-layers', 'not-an-expert']);

/** The scheme with a changed keep list, layers at the ends aside. */
export function editedScheme(scheme: Scheme, { keep = [], quantize = [] }: KeepEdits): Scheme {
  if (keep.length === 0 && quantize.length === 0) return scheme;
  return {
    ...scheme,
    takes(entry) {
      const reason = scheme.takes(entry);
      const part = partOf[entry.component];
      if (part === undefined || (reason !== undefined && !overruled.has(reason))) return reason;
      if (keep.includes(part)) return reason ?? 'kept-by-choice';
      return quantize.includes(part) ? undefined : reason;
    },
  };
}

/** Whether edits change what becomes of any of these tensors. */
export function hasEffect(scheme: Scheme, entries: readonly InventoryEntry[], edits: KeepEdits): boolean {
  if (((edits.firstLayers ?? 0) > 0 || (edits.lastLayers ?? 0) > 0) && depthOf(entries) > 0) return true;
  const edited = editedScheme(scheme, edits);
  return entries.some((entry) => edited.takes(entry) !== scheme.takes(entry));
}

/** Layers of the language model: those of the deepest stack whose tensors stand in no tower. */
export function depthOf(entries: readonly InventoryEntry[]): number {
  let depth = 0;
  for (const { indices, component } of entries)
    if (indices.length > 0 && partOf[component] !== 'towers') depth = Math.max(depth, endOf(indices[0] as Indices));
  return depth;
}

const endOf = (numbers: Indices): number =>
  typeof numbers === 'number' ? numbers : numbers.reduce((most, each) => Math.max(most, each + 1), 0);

/** What becomes of a tensor: its copies in the layers at the ends are kept, the others stored by the scheme. */
export function editedEntries(
  entry: InventoryEntry,
  scheme: Scheme,
  { firstLayers = 0, lastLayers = 0 }: KeepEdits,
  depth: number,
  context: StoreContext,
): readonly StoredEntry[] {
  const numbers = partOf[entry.component] === 'towers' ? undefined : entry.indices[0];
  if (numbers === undefined || firstLayers + lastLayers <= 0) return storedEntries(entry, { copies: entry.copies, scheme }, context);
  const count = typeof numbers === 'number' ? numbers : numbers.length;
  const kept =
    (inside(numbers, 0, firstLayers) + inside(numbers, Math.max(firstLayers, depth - lastLayers), depth)) * (entry.copies / count);
  return [
    ...(kept > 0 ? storedEntries(entry, { copies: kept, scheme: scheme.takes(entry) ?? 'kept-by-choice' }, context) : []),
    ...(kept < entry.copies ? storedEntries(entry, { copies: entry.copies - kept, scheme }, context) : []),
  ];
}

/** How many of the numbers lie in [from, to). */
function inside(numbers: Indices, from: number, to: number): number {
  if (typeof numbers === 'number') return Math.max(0, Math.min(numbers, to) - Math.max(0, from));
  return numbers.filter((number) => number >= from && number < to).length;
}
