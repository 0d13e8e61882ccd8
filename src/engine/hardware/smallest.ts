import type { Device } from './device';
import { maxDeviceCount } from './deviceSpec';
import { fitsOn, type FitInput } from './fit';

/** Devices that hold the model alone, smallest usable memory first, then by name. Those of unknown memory are never among them. */
export function smallestThatFit(devices: readonly Device[], input: FitInput, most = Infinity): readonly Device[] {
  return devices
    .filter((device) => fitsOn(device, 1, input) === true)
    .sort((a, b) => (a.usable?.bytes ?? 0) - (b.usable?.bytes ?? 0) || (a.name < b.name ? -1 : 1))
    .slice(0, most);
}

/** The fewest devices of one kind, at most 16, that hold the model together; null: more than that, or memory unknown. */
export function smallestCount(device: Device, input: FitInput, most = maxDeviceCount): number | null {
  for (let count = 1; count <= most; count++) if (fitsOn(device, count, input) === true) return count;
  return null;
}
