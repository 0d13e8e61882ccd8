import { gib, type Device } from './device';
import { estimateUsable } from './usableMemory';

export interface CustomDeviceInput {
  readonly name: string;
  /** As on the box, GiB. */
  readonly memoryGiB: number;
  /** What a program gets, GiB, where the owner knows it; else estimated. */
  readonly usableGiB?: number;
  /** 1e9 bytes/s. */
  readonly bandwidthGBps?: number;
}

export type CustomDevice =
  | { readonly kind: 'device'; readonly device: Device }
  | { readonly kind: 'invalid'; readonly field: keyof CustomDeviceInput; readonly found: string };

/** 16 TiB: more is a slip of the unit. */
const maxMemoryGiB = 16 * 1024;
const isSize = (value: unknown, most: number): value is number => typeof value === 'number' && value > 0 && value <= most;

/** A device that a person describes in the settings. Everything not given stays unknown. */
export function customDevice(input: CustomDeviceInput): CustomDevice {
  const { name, memoryGiB, usableGiB, bandwidthGBps } = input;
  const invalid = (field: keyof CustomDeviceInput): CustomDevice => ({ kind: 'invalid', field, found: String(input[field]).slice(0, 80) });
  if (typeof name !== 'string' || !/[\p{L}\p{N}]/u.test(name) || name.includes(':')) return invalid('name');
  if (!isSize(memoryGiB, maxMemoryGiB)) return invalid('memoryGiB');
  if (usableGiB !== undefined && !isSize(usableGiB, memoryGiB)) return invalid('usableGiB');
  if (bandwidthGBps !== undefined && !isSize(bandwidthGBps, 1e9)) return invalid('bandwidthGBps');
  const memoryBytes = Math.floor(memoryGiB * gib);
  return {
    kind: 'device',
    device: {
      name: name.trim(),
      aliases: [],
      vendor: null,
      class: 'custom',
      memoryBytes,
      usable:
        usableGiB === undefined
          ? estimateUsable(memoryBytes, 'custom')
          : { bytes: Math.floor(usableGiB * gib), basis: { kind: 'exact', source: 'settings', reports: 'owner' } },
      parts: 1,
      throughput: {},
      ...(bandwidthGBps === undefined ? {} : { bandwidth: Math.round(bandwidthGBps * 1e9) }),
      sources: ['settings'],
      confidence: 'medium',
      notes: [],
    },
  };
}
