import { isObject, type JsonObject, type JsonValue } from '../config/json';
import { engineIds, type EngineId } from '../memory/engines/ids';
import type { Device } from './device';

/** Version of the form in which profiles are kept. */
export const profileForm = 1;

/** A figure as a log printed it: bytes, and half of its last digit. */
export interface Measured {
  readonly bytes: number;
  readonly half: number;
}

/** Which log a profile is from. */
export interface ProfileSource {
  /** Its file, without folders. */
  readonly log: string | null;
  /** The day on which it was checked, "2026-03-01". */
  readonly date: string | null;
}

/** What a log showed of a machine itself, for later estimates on it. */
export interface DeviceProfile extends ProfileSource {
  readonly profile: typeof profileForm;
  /** As the catalogue calls it, else as the log does. */
  readonly device: string;
  readonly engine: EngineId;
  /** Of the engine. */
  readonly version: string;
  /** Ranks of the run: libraries take more memory where several talk to each other. */
  readonly ranks: number;
  /** Bytes per device that the engine can use: what the driver reports, or what was free. */
  readonly memory: number | null;
  readonly nonTorch: Measured | null;
  /** Graphs grow with the layers: they hold for the model that they were printed of. */
  readonly graphs: (Measured & { readonly model: string; readonly parameters: number }) | null;
}

/** A profile that was kept as JSON, or `undefined` where it is none. */
export function readProfile(value: JsonValue): DeviceProfile | undefined {
  if (!isObject(value) || value['profile'] !== profileForm) return undefined;
  const { device, version, ranks, memory, nonTorch, graphs, log, date } = value as Readonly<Record<string, JsonValue | undefined>>;
  const engine = engineIds.find((id) => id === value['engine']);
  if (typeof device !== 'string' || device === '' || device.length > 200 || engine === undefined || typeof version !== 'string')
    return undefined;
  if (!isBytes(ranks) || !(memory === null || isBytes(memory))) return undefined;
  const measured = measuredOf(nonTorch);
  const captured = measuredOf(graphs);
  if (measured === undefined || captured === undefined) return undefined;
  const of = isObject(graphs ?? null) ? (graphs as JsonObject) : {};
  const { model, parameters } = of as { readonly model?: unknown; readonly parameters?: unknown };
  if (captured && (typeof model !== 'string' || typeof parameters !== 'number')) return undefined;
  return {
    profile: profileForm,
    device,
    engine,
    version: version.slice(0, 80),
    ranks,
    memory,
    nonTorch: measured,
    graphs: captured && { ...captured, model: model as string, parameters: parameters as number },
    log: typeof log === 'string' && log !== '' ? log.slice(0, 200) : null,
    date: typeof date === 'string' && /^\d{4}-\d\d-\d\d$/.test(date) ? date : null,
  };
}

const isBytes = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= 2 ** 50;

/** null for none; `undefined` for what is no figure. */
function measuredOf(value: JsonValue | undefined): Measured | null | undefined {
  if (value === null || value === undefined) return null;
  if (!isObject(value) || !isBytes(value['bytes']) || typeof value['half'] !== 'number' || !(value['half'] >= 0)) return undefined;
  return { bytes: value['bytes'], half: value['half'] };
}

/** Whether two profiles are of the same runs, so that the later one takes the place of the earlier. */
export const isSameRun = (a: DeviceProfile, b: DeviceProfile): boolean =>
  a.device === b.device && a.engine === b.engine && sameRelease(a.version, b.version) && a.ranks === b.ranks;

/** Whether two versions are of one release: what follows a "+" names a build of it (PEP 440, local version identifiers). */
export const sameRelease = (a: string, b: string): boolean => releaseOf(a) === releaseOf(b);

const releaseOf = (version: string): string => version.replace(/^v(?=\d)/, '').replace(/\+.*$/s, '');

/**
 * A device with what logs showed of it on this machine: whatever the engine, the memory that the latest of them printed is what a
 * program gets here. Profiles of other devices are left out.
 *
 * @param profiles in the order in which they were kept
 */
export function measuredDevice(device: Device, profiles: readonly DeviceProfile[]): Device {
  const own = profiles.filter((profile) => profile.device === device.name);
  if (own.length === 0) return device;
  const latest = latestMemory(own);
  if (!latest) return { ...device, profiles: own };
  const basis = { kind: 'exact', source: latest.log ?? latest.engine, reports: 'log' } as const;
  return { ...device, usable: { bytes: latest.memory * device.parts, basis }, profiles: own };
}

/** The profile that tells what a program gets of a device here. */
export const latestMemory = (profiles: readonly DeviceProfile[]): (DeviceProfile & { readonly memory: number }) | undefined =>
  [...profiles]
    .reverse()
    .find((profile): profile is DeviceProfile & { readonly memory: number } => profile.memory !== null && profile.memory > 0);

/** Whether the usable memory of a device is what a log on this machine printed. */
export const isMeasuredHere = ({ usable }: Pick<Device, 'usable'>): boolean =>
  usable?.basis.kind === 'exact' && usable.basis.reports === 'log';

/**
 * The profile that says most of a start of an engine: of the same engine before others, then of the same version, then of as many
 * ranks, then the latest.
 */
export function bestProfile(
  profiles: readonly DeviceProfile[],
  engine: EngineId,
  version: string,
  ranks: number,
): DeviceProfile | undefined {
  const score = (profile: DeviceProfile): number =>
    profile.engine === engine ? 4 + (sameRelease(profile.version, version) ? 2 : 0) + (profile.ranks === ranks ? 1 : 0) : 0;
  return profiles.reduce<DeviceProfile | undefined>((best, each) => (best && score(best) > score(each) ? best : each), undefined);
}
