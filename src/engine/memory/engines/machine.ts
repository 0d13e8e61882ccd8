import { driverPart } from '../../hardware/allowance';
import type { Device } from '../../hardware/device';
import type { Machine } from './run';

/**
 * Devices of the catalogue as an engine sees them: the bytes that CUDA reports, which are fewer than nvidia-smi's total where
 * only that is known. A card of several parts counts as that many devices.
 *
 * @param memory bytes per device as its driver reports them, where somebody knows better than the catalogue
 */
export function machineOf(device: Device | undefined, count: number, memory?: number): Machine {
  const parts = device?.parts ?? 1;
  return { device, count: count * parts, memory: memory ?? reportedMemory(device, parts) };
}

/** The same of unequal devices, in the order in which an engine numbers them. */
export function machineOfKinds(kinds: readonly { readonly device: Device; readonly count: number }[]): Machine {
  const machines = kinds.map(({ device, count }) => machineOf(device, count));
  const [first, ...others] = machines;
  if (!first || others.length === 0) return first ?? machineOf(undefined, 0);
  return { ...first, count: machines.reduce((sum, { count }) => sum + count, 0), kinds: machines };
}

/** Bytes of every device, one after the other; `undefined` where nothing is known of it. */
export const memories = (machine: Machine): readonly (number | undefined)[] =>
  (machine.kinds ?? [machine]).flatMap(({ device, count, memory }) =>
    Array.from({ length: count }, () => memory ?? device?.usable?.bytes ?? undefined),
  );

/** Whether the memory of a machine is a rule's and no source's. */
export const isMemoryEstimated = ({ device, memory }: Machine): boolean =>
  device !== undefined && memory !== undefined && device.usable?.basis.kind === 'approximate';

function reportedMemory(device: Device | undefined, parts: number): number | undefined {
  const usable = device?.usable;
  if (!usable) return undefined;
  const kept = usable.basis.kind === 'exact' && usable.basis.reports === 'driver' ? driverPart.bytes : 0;
  return Math.floor((usable.bytes - kept) / parts);
}
