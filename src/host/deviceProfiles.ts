import { isSameRun, type DeviceProfile } from '../engine/index';
import { readSettings, writeWhereKept } from './settings';

/** What start-up logs showed of machines, as the settings keep it. */
export const keptProfiles = (): readonly DeviceProfile[] => readSettings().deviceProfiles;

/** Keeps a profile in place of another of the same runs. */
export const keepProfile = (profile: DeviceProfile): Promise<void> => writeProfiles([...without(profile), profile]);

/** Forgets a profile. */
export const removeProfile = (profile: DeviceProfile): Promise<void> => writeProfiles(without(profile));

const without = (profile: DeviceProfile): readonly DeviceProfile[] => keptProfiles().filter((each) => !isSameRun(each, profile));

const writeProfiles = (profiles: readonly DeviceProfile[]): Promise<void> =>
  writeWhereKept('deviceProfiles', profiles.length === 0 ? undefined : profiles);
