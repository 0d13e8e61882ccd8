import type { Basis } from '../../basis';

/** What stays in the host's memory, and what a step that makes one token reads of it. */
export interface HostShare {
  /** Bytes over all ranks. */
  readonly weights: number;
  readonly cache: number;
  /** Bytes of weights that one step reads of one rank's part, whatever the batch; of routed experts those of one token. */
  readonly readPerStep: number;
  /** `bus`: devices read them over their link. `memory`: the processor computes with them where they are. */
  readonly over: 'bus' | 'memory';
  /** Over a bus: the least seconds that the reading takes, by link. */
  readonly seconds: Readonly<Record<string, number>>;
  readonly basis: Basis;
}

/**
 * Gigatransfers per second of a lane; 128 of 130 bits are payload (PCI Express Base Specification 3.0, 4.0 and 5.0). What protocol and
 * software leave of it is less.
 */
const links = { 'PCIe 3.0 x16': 8, 'PCIe 4.0 x16': 16, 'PCIe 5.0 x16': 32 };
const lanes = 16;
const bytesPerSecond = (gigatransfers: number): number => (lanes * gigatransfers * 1e9 * 128) / 130 / 8;

/** What a run keeps in host memory; `undefined` for one that keeps nothing there. */
export function hostShare(
  { weights, cache, readPerStep }: { readonly weights: number; readonly cache: number; readonly readPerStep: number },
  over: HostShare['over'],
): HostShare | undefined {
  if (weights <= 0 && cache <= 0) return undefined;
  const read = Math.round(readPerStep);
  const times = Object.entries(links).map(([link, rate]): [string, number] => [link, read / bytesPerSecond(rate)]);
  return {
    weights: Math.round(weights),
    cache: Math.round(cache),
    readPerStep: read,
    over,
    seconds: over === 'bus' ? Object.fromEntries(times) : {},
    basis: { kind: 'approximate', reasons: ['host-reads-estimated'] },
  };
}
