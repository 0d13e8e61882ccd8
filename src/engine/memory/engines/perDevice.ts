import type { DeviceMemory, Machine } from './run';

/** What a device holds, by kind. */
export type DeviceParts = Omit<DeviceMemory, 'device' | 'total' | 'usable'>;

/** A device under the engine's name for it, with the sum of what it holds. */
export function namedDevice(device: string, usable: number | null, parts: DeviceParts): DeviceMemory {
  const { weights, cache, activations, graphs, nonTorch, buffers } = parts;
  const total = weights + cache + activations + graphs + nonTorch + buffers;
  return { device, weights, cache, activations, graphs, nonTorch, buffers, total, usable };
}

/** One of the machine's devices with what it holds. */
export const deviceOf = ({ device, memory }: Machine, parts: DeviceParts): DeviceMemory =>
  namedDevice(device?.name ?? 'GPU', memory ?? null, parts);

/** Devices of a whole start, one of each stage given: every rank of a stage holds as much, stages follow one another, replicas too. */
export function everyRank(
  stages: readonly DeviceMemory[],
  { tensor, replicas = 1 }: { readonly tensor: number; readonly replicas?: number },
): readonly DeviceMemory[] {
  const replica = stages.flatMap((stage) => repeated(stage, tensor));
  return repeated(replica, replicas).flat();
}

const repeated = <T>(value: T, count: number): readonly T[] => Array.from({ length: count }, () => value);
