import {
  devices,
  fitInputOf,
  hasNativeDtype,
  smallestCount,
  smallestThatFit,
  weightsAt,
  type ComputeDtype,
  type Device,
  type DeviceClass,
  type DeviceNote,
  type Estimate,
  type Precision,
  type Target,
} from '../../engine/index';
import { deviceText } from '../../shared/text/summary';

/** Sold as part of something else that a model does not decide about. */
const builtIn: ReadonlySet<DeviceClass> = new Set<DeviceClass>(['phone', 'laptop']);

/** Not on sale, a size that not all sources have, or memory that one chip of many holds a slice of a model in. */
const doubtful: ReadonlySet<DeviceNote> = new Set<DeviceNote>(['announced', 'memory-variants-unverified', 'on-chip-memory']);

/** Sources that must list a device before it is recommended: what one list alone has may be rare, or its mistake. */
const leastSources = 2;

/**
 * Devices that hold the model alone at a precision and the context of the estimate, for a recommendation: of the smallest
 * memory that is sold, the device that most sources list, then the newest. Devices are told apart by the maker's figure,
 * since usable memory of one size differs by what is measured or assumed more than by the device.
 */
export function smallestDevices(
  { analysis, settings }: Pick<Estimate, 'analysis' | 'settings'>,
  precision: Precision,
  catalogue: readonly Device[] = devices,
): readonly Device[] {
  const input = fitInputOf(analysis, settings, weightsAt(analysis, precision));
  const offered = catalogue.filter((device) => isRecommendable(device) && computes(device, input.computeDtype));
  return [...smallestThatFit(offered, input)].sort(bySize);
}

/** The smallest first, then what most sources list, then the newest. */
const bySize = (a: Device, b: Device): number =>
  (a.memoryBytes ?? 0) - (b.memoryBytes ?? 0) ||
  b.sources.length - a.sources.length ||
  (b.year ?? 0) - (a.year ?? 0) ||
  (a.name < b.name ? -1 : 1);

/** Sold in servers that link several, so that a model is split over them. */
const linked: ReadonlySet<DeviceClass> = new Set<DeviceClass>(['datacenter']);

/**
 * The fewest accelerators of one kind that hold the model together, for a model that no single device holds; of kinds that need
 * as few, the first in the order of `smallestDevices`. `undefined`: not even 16 of any do.
 */
export function smallestSeveral(
  { analysis, settings }: Pick<Estimate, 'analysis' | 'settings'>,
  precision: Precision,
  catalogue: readonly Device[] = devices,
): Target | undefined {
  const input = fitInputOf(analysis, settings, weightsAt(analysis, precision));
  const isOffered = (device: Device): boolean =>
    isRecommendable(device) && linked.has(device.class) && computes(device, input.computeDtype);
  const targets = catalogue.filter(isOffered).flatMap((device): readonly Target[] => {
    const count = smallestCount(device, input);
    return count === null ? [] : [{ device, count }];
  });
  return targets.sort((a, b) => a.count - b.count || bySize(a.device, b.device))[0];
}

/** What the table names for a precision: one device, as more would break its lines, or so many of one. */
export function smallestNames(estimate: Pick<Estimate, 'analysis' | 'settings'>, precision: Precision): readonly string[] {
  const [alone] = smallestDevices(estimate, precision);
  if (alone) return [alone.name];
  const several = smallestSeveral(estimate, precision);
  return several ? [deviceText(several.device.name, several.count)] : [];
}

const isRecommendable = ({ class: kind, notes, sources }: Device): boolean =>
  !builtIn.has(kind) && sources.length >= leastSources && !notes.some((note) => doubtful.has(note));

/** Whether a device may multiply in a precision's format; one that is known not to is no recommendation. */
const computes = (device: Device, dtype: ComputeDtype | null | undefined): boolean =>
  dtype == null || hasNativeDtype(device, dtype) !== false;
