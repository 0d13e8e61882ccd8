import type { Component } from '../modules/tree';
import type { Inventory } from '../weights/inventory';

/** Bytes of weights that one decoding step of one sequence reads. */
export interface DecodeReads {
  readonly bytes: number;
  /** Of all bytes of the weights, what is left out: rows of the embedding that no token looks up, experts not chosen, towers. */
  readonly notRead: { readonly embedding: number; readonly experts: number; readonly towers: number };
}

const towers = ['vision', 'audio', 'projector'] as const satisfies readonly Component[];

/**
 * What the weights of a generating model cost per token, from their bytes by component. The input embedding is a lookup of one
 * row, so that its table is left out, unless the head is the same tensor; of routed experts only those count that a token uses.
 */
export function decodeReads({ entries }: Inventory, byComponent: Readonly<Partial<Record<Component, number>>>): DecodeReads {
  const shared = new Set(entries.filter(({ role, tiedTo }) => role === 'head' && tiedTo !== undefined).map(({ tiedTo }) => tiedTo));
  const expert = { all: 0, active: 0 };
  const table = { all: 0, lookedUp: 0 };
  for (const { component, name, tiedTo, elements, copies, activeElements, buffer } of entries) {
    if (tiedTo !== undefined || buffer) continue;
    const all = elements * copies;
    if (component === 'experts') {
      expert.all += all;
      expert.active += activeElements;
    } else if (component === 'embedding') {
      table.all += all;
      if (!shared.has(name)) table.lookedUp += all;
    }
  }
  const share = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);
  const notRead = {
    embedding: Math.round((byComponent.embedding ?? 0) * share(table.lookedUp, table.all)),
    experts: Math.round((byComponent.experts ?? 0) * share(expert.all - expert.active, expert.all)),
    towers: towers.reduce((sum, component) => sum + (byComponent[component] ?? 0), 0),
  };
  const total = Object.values(byComponent).reduce((sum, bytes) => sum + bytes, 0);
  return { bytes: total - notRead.embedding - notRead.experts - notRead.towers, notRead };
}

/**
 * Tokens per second that one sequence cannot exceed: every token needs the weights it uses and its cache read once (Williams et
 * al. 2009, "Roofline"; Pope et al. 2022, arXiv 2211.05102, 2.2).
 *
 * @param bandwidth bytes per second of all devices that share the model
 * @param bytesPerToken weights and cache
 */
export const decodeBound = (bandwidth: number, bytesPerToken: number): number => bandwidth / bytesPerToken;
