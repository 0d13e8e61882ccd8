import type { Component } from '../modules/tree';
import type { Inventory } from '../weights/inventory';
import type { KeepReason, StoreContext } from './scheme';
import type { StoredEntry } from './stored';

/** What a checkpoint or a would-be checkpoint holds, in bytes. */
export interface Tally {
  /** Every tensor, text of data-dependent length excepted. */
  bytes: number;
  /** Of `bytes`: tensors that keep the checkpoint's own type. */
  keptBytes: number;
  readonly keptBytesByReason: Partial<Record<KeepReason, number>>;
  /** Of `bytes`: the packed weights without their scales, zeros and indices. */
  packedBytes: number;
  /** Parameters that are stored packed. */
  quantizedParameters: number;
  /** Estimated bytes of text whose length depends on the data, on top of `bytes`. */
  textBytes: number;
  /** Tensors in the files, text included. */
  tensors: number;
  readonly bytesByComponent: Partial<Record<Component, number>>;
  /** Parameters by the name of the scheme that stores them. */
  readonly parametersByScheme: Map<string, number>;
}

export const emptyTally = (): Tally => ({
  bytes: 0,
  keptBytes: 0,
  keptBytesByReason: {},
  packedBytes: 0,
  quantizedParameters: 0,
  textBytes: 0,
  tensors: 0,
  bytesByComponent: {},
  parametersByScheme: new Map(),
});

/** Two tallies together. */
export function sumOf(a: Tally, b: Tally): Tally {
  const total = emptyTally();
  for (const { parametersByScheme, keptBytesByReason, bytesByComponent, ...figures } of [a, b]) {
    for (const key of Object.keys(figures) as (keyof typeof figures)[]) total[key] += figures[key];
    addTo(total.keptBytesByReason, keptBytesByReason);
    addTo(total.bytesByComponent, bytesByComponent);
    for (const [name, parameters] of parametersByScheme)
      total.parametersByScheme.set(name, (total.parametersByScheme.get(name) ?? 0) + parameters);
  }
  return total;
}

function addTo<K extends string>(sums: Partial<Record<K, number>>, more: Readonly<Partial<Record<K, number>>>): void {
  for (const key of Object.keys(more) as K[]) sums[key] = (sums[key] ?? 0) + (more[key] ?? 0);
}

/** Adds stored tensors. */
export function addStored(tally: Tally, entries: readonly StoredEntry[]): void {
  for (const { copies, bytes: each, component, part, parameters, scheme } of entries) {
    const bytes = each * copies;
    tally.tensors += copies;
    if (part === 'text') {
      tally.textBytes += bytes;
      continue;
    }
    tally.bytes += bytes;
    tally.bytesByComponent[component] = (tally.bytesByComponent[component] ?? 0) + bytes;
    if (typeof scheme === 'string') {
      tally.keptBytes += bytes;
      tally.keptBytesByReason[scheme] = (tally.keptBytesByReason[scheme] ?? 0) + bytes;
    } else if (part === 'weight') {
      tally.packedBytes += bytes;
      tally.quantizedParameters += parameters * copies;
      tally.parametersByScheme.set(scheme.name, (tally.parametersByScheme.get(scheme.name) ?? 0) + parameters * copies);
    }
  }
}

/**
 * What schemes may ask of an inventory; names are looked up only when one does.
 *
 * @param casts whether the writer gives a float32 tensor the type of the others
 */
export function storeContext(
  { entries }: Inventory,
  kept: StoreContext['kept'],
  casts: (name: string) => boolean = () => false,
): StoreContext {
  let biased: Set<string> | undefined;
  let shapes: Map<string, readonly number[]> | undefined;
  return {
    kept,
    typeOf: ({ name, dtype }) => (dtype === 'float32' && !casts(name) ? 'F32' : kept),
    hasBias({ name }) {
      biased ??= new Set(entries.filter(({ role }) => role === 'bias').map((entry) => entry.name));
      return biased.has(name.endsWith('.weight') ? `${name.slice(0, -'weight'.length)}bias` : `${name}_bias`);
    },
    shapeOf(name) {
      shapes ??= new Map(entries.map((entry) => [entry.name, entry.shape]));
      return shapes.get(name);
    },
  };
}
