import type { Machine } from '../run';
import type { Settings } from './settings';
import type { HeldBytes, HeldModel } from './weights';

/** What stands on one device. */
export interface Part {
  readonly before: boolean;
  readonly from: number;
  readonly to: number;
  readonly after: boolean;
}

export interface Placement {
  readonly devices: readonly Part[];
  /** Bytes of weights that no device has room for, and which stay in the host's memory. */
  readonly offloaded: number;
}

/**
 * accelerate's device map (utils/modeling.py, get_balanced_memory and infer_auto_device_map, read at 1.10): modules in order, each
 * on the first device that has room. Balanced: every device but the last may take its even share and 1.25 times a layer; the first
 * keeps room for the largest module, should something have to be loaded onto it later. Sequential: what a device has.
 *
 * @param room bytes that a device has for weights; `undefined`: not known, and then never full
 */
export function placeModules(
  { before, layers, after }: Pick<HeldModel, 'before' | 'layers' | 'after'>,
  { spread, rooms }: Pick<Settings, 'spread' | 'rooms'>,
  { count }: Pick<Machine, 'count'>,
  room: number | undefined,
): Placement {
  const modules = [before, ...layers, after].map((held: HeldBytes) => held.plain);
  if (spread === 'one') return { devices: [{ before: true, from: 0, to: layers.length, after: true }], offloaded: 0 };
  const total = modules.reduce((sum, bytes) => sum + bytes, 0);
  const layer = layers.reduce((most, held) => Math.max(most, held.plain), 0);
  const share = total / count + 1.25 * layer;
  const largest = Math.max(...modules);
  const devices: Part[] = [];
  let next = 0;
  for (let device = 0; device < count; device++) {
    const own = rooms?.[device] ?? room ?? Infinity;
    const given = spread === 'balanced' && device < count - 1 ? Math.min(share, own) : own;
    const limit = device === 0 && count > 1 ? given - largest : given;
    const from = next;
    let held = 0;
    while (next < modules.length && held + (modules[next] ?? 0) <= limit) held += modules[next++] ?? 0;
    devices.push({
      before: from === 0 && next > 0,
      from: Math.max(0, from - 1),
      to: Math.max(0, Math.min(next - 1, layers.length)),
      after: next === modules.length && from < next,
    });
  }
  return { devices, offloaded: modules.slice(next).reduce((sum, bytes) => sum + bytes, 0) };
}
