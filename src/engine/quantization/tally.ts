import type { Component } from '../modules/tree';
import type { Inventory, InventoryEntry } from '../weights/inventory';
import { isKept, storeTensor, type KeepReason, type Scheme, type StoreContext } from './scheme';
import { bytesOf, bytesPerStoredElement, type StoredTensor } from './storage';

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

/** Equal copies of a tensor and what is to be done with them. */
export interface Share {
  readonly copies: number;
  readonly scheme: Scheme | KeepReason;
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

/** Adds `copies` of a tensor, stored by a scheme or kept. */
export function addTensor(tally: Tally, entry: InventoryEntry, { copies, scheme }: Share, context: StoreContext): void {
  const outcome = typeof scheme === 'string' ? scheme : storeTensor(scheme, entry, context);
  if (isKept(outcome)) {
    const bytes = entry.elements * copies * (entry.dtype === 'float32' ? 4 : bytesPerStoredElement[context.kept]);
    tally.keptBytes += bytes;
    tally.keptBytesByReason[outcome] = (tally.keptBytesByReason[outcome] ?? 0) + bytes;
    tally.tensors += copies;
    addBytes(tally, entry, bytes);
    return;
  }
  const parameters = entry.elements * copies;
  tally.quantizedParameters += parameters;
  const name = (scheme as Scheme).name;
  tally.parametersByScheme.set(name, (tally.parametersByScheme.get(name) ?? 0) + parameters);
  addStored(tally, entry, outcome, copies);
}

/** Adds stored tensors, `copies` times each. */
export function addStored(tally: Tally, entry: InventoryEntry, stored: readonly StoredTensor[], copies: number): void {
  let bytes = 0;
  for (const tensor of stored) {
    const size = bytesOf(tensor) * copies;
    tally.tensors += tensor.copies * copies;
    if (tensor.text) tally.textBytes += size;
    else bytes += size;
    if (tensor.packed) tally.packedBytes += size;
  }
  addBytes(tally, entry, bytes);
}

function addBytes(tally: Tally, { component }: InventoryEntry, bytes: number): void {
  tally.bytes += bytes;
  tally.bytesByComponent[component] = (tally.bytesByComponent[component] ?? 0) + bytes;
}

/** What schemes may ask of an inventory; biases are looked up only when one does. */
export function storeContext({ entries }: Inventory, kept: StoreContext['kept']): StoreContext {
  let biased: Set<string> | undefined;
  return {
    kept,
    hasBias({ name }) {
      biased ??= new Set(entries.filter(({ role }) => role === 'bias').map((entry) => entry.name));
      return biased.has(name.endsWith('.weight') ? `${name.slice(0, -'weight'.length)}bias` : `${name}_bias`);
    },
  };
}
