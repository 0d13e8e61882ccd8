import {
  devices,
  fitInputOf,
  hasNativeDtype,
  smallestThatFit,
  weightsAt,
  type ComputeDtype,
  type Device,
  type DeviceClass,
  type DeviceNote,
  type Estimate,
  type Precision,
} from '../../engine/index';

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
  return [...smallestThatFit(offered, input)].sort(
    (a, b) =>
      (a.memoryBytes ?? 0) - (b.memoryBytes ?? 0) ||
      b.sources.length - a.sources.length ||
      (b.year ?? 0) - (a.year ?? 0) ||
      (a.name < b.name ? -1 : 1),
  );
}

/** Devices that the table names per precision: more would break its lines. */
const shown = 1;

export const smallestNames = (estimate: Pick<Estimate, 'analysis' | 'settings'>, precision: Precision): readonly string[] =>
  smallestDevices(estimate, precision)
    .slice(0, shown)
    .map(({ name }) => name);

const isRecommendable = ({ class: kind, notes, sources }: Device): boolean =>
  !builtIn.has(kind) && sources.length >= leastSources && !notes.some((note) => doubtful.has(note));

/** Whether a device may multiply in a precision's format; one that is known not to is no recommendation. */
const computes = (device: Device, dtype: ComputeDtype | null | undefined): boolean =>
  dtype == null || hasNativeDtype(device, dtype) !== false;
