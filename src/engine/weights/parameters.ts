import type { Component } from '../modules/tree';
import type { Inventory } from './inventory';

export interface Parameters {
  /** Unique parameters; tied ones once. */
  readonly total: number;
  /** All but the routed experts that one token does not use; embedding and head counted. */
  readonly active: number;
  /** `total` and the checkpoint's buffers. */
  readonly stored: number;
  readonly byComponent: Readonly<Partial<Record<Component, number>>>;
}

/** Counts parameters by a walk over the tensors. Exact up to 2^53. */
export function countParameters({ entries }: Inventory): Parameters {
  let total = 0;
  let active = 0;
  let stored = 0;
  const byComponent: Partial<Record<Component, number>> = {};
  for (const entry of entries) {
    if (entry.tiedTo !== undefined) continue;
    const all = entry.elements * entry.copies;
    stored += all;
    if (entry.buffer) continue;
    total += all;
    active += entry.activeElements;
    byComponent[entry.component] = (byComponent[entry.component] ?? 0) + all;
  }
  return { total, active, stored, byComponent };
}

/** [name, shape, copies], one per name and shape. */
export type TensorList = readonly (readonly [name: string, shape: readonly number[], copies: number])[];

/** Tensors as a checkpoint names them, equal names and shapes summed; tied ones stand once, under the name they share. */
export function listTensors({ entries }: Inventory, which: 'parameters' | 'buffers'): TensorList {
  const found = new Map<string, [string, readonly number[], number]>();
  for (const entry of entries) {
    if (entry.tiedTo !== undefined || entry.buffer !== (which === 'buffers')) continue;
    const key = `${entry.name} ${entry.shape.join(',')}`;
    const known = found.get(key);
    if (known) known[2] += entry.copies;
    else found.set(key, [entry.name, entry.shape, entry.copies]);
  }
  return [...found.values()];
}
