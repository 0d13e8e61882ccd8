import { findDevice } from '../../engine/index';
import type { Settings, TargetSetting } from '../../host/settings';
import { ownDevices } from '../../host/targets';

/**
 * The targets with another one in front. A device that is among them comes forward with its count; any other takes the place
 * of the one that was chosen before, so that looking around does not lengthen the list.
 */
export function chooseTarget(settings: Settings, device: string | undefined, count: number | undefined): readonly TargetSetting[] {
  const { targets } = settings;
  const own = ownDevices(settings);
  const nameOf = (name: string): string | undefined => {
    const found = findDevice(name, own);
    return found.kind === 'found' ? found.device.name : undefined;
  };
  const chosen = targets.findIndex((target) => nameOf(target.device) !== undefined);
  const before = targets[chosen];
  const others = targets.filter((_, index) => index !== chosen);
  if (device === undefined) return before ? [{ ...before, count: count ?? before.count }, ...others] : targets;
  if (before && nameOf(before.device) === device) return [{ ...before, count: count ?? before.count }, ...others];
  const listed = targets.findIndex((target) => nameOf(target.device) === device && (count === undefined || target.count === count));
  if (listed >= 0) return [targets[listed] as TargetSetting, ...targets.filter((_, index) => index !== listed)];
  return [{ device, count: count ?? before?.count ?? 1 }, ...others];
}
