import { customDevice, devices, findDevice, measuredDevice, type Device, type Target } from '../engine/index';
import type { Settings } from './settings';

/** A target of the settings that names no single device. */
export interface TargetProblem {
  /** Its place among the targets of the settings. */
  readonly index: number;
  readonly name: string;
  readonly kind: 'unknown' | 'ambiguous';
  /** Names that were meant, perhaps. */
  readonly candidates: readonly string[];
}

export interface ResolvedTargets {
  readonly targets: readonly Target[];
  readonly problems: readonly TargetProblem[];
}

export const ownDevices = (settings: Settings): readonly Device[] =>
  settings.customDevices.flatMap((input) => {
    const made = customDevice(input);
    return made.kind === 'device' ? [made.device] : [];
  });

/** The person's own devices, then the catalogue's, each name once, with what start-up logs showed of them here. */
export function knownDevices(settings: Settings): readonly Device[] {
  const own = ownDevices(settings);
  const names = new Set(own.map(({ name }) => name));
  return [...own, ...devices.filter(({ name }) => !names.has(name))].map((device) => measuredDevice(device, settings.deviceProfiles));
}

/** The devices that the settings name, the person's own among them; names that fit none or several are told apart. */
export function resolveTargets(settings: Settings): ResolvedTargets {
  const own = ownDevices(settings);
  const targets: Target[] = [];
  const problems: TargetProblem[] = [];
  for (const [index, { device: name, count }] of settings.targets.entries()) {
    const found = findDevice(name, own);
    if (found.kind === 'found') targets.push({ device: measuredDevice(found.device, settings.deviceProfiles), count });
    else if (found.kind === 'ambiguous')
      problems.push({ index, name, kind: 'ambiguous', candidates: found.candidates.map((device) => device.name) });
    else problems.push({ index, name, kind: 'unknown', candidates: found.nearest });
  }
  return { targets, problems };
}
