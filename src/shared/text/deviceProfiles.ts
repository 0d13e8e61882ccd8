/** What start-up logs showed of a person's own devices, in words. */
import {
  engineTitles,
  formatBytes,
  isMeasuredHere,
  type Device,
  type DeviceProfile,
  type Fit,
  type NumberStyle,
  type Target,
} from '../../engine/index';
import { versionText } from './engineTerms';
import { deviceText } from './summary';
import type { Translate } from './translate';

/** The name of a place of which something was measured on this machine. */
export const measuredText = (name: string, t: Translate): string => t('{0} (measured here)', name);

const marked = (name: string, isMeasured: boolean, t: Translate): string => (isMeasured ? measuredText(name, t) : name);

/** "RTX 4090", "2 × RTX 4090 (measured here)" where its memory is from a log of this machine. */
export const targetText = ({ device, count }: Target, t: Translate): string =>
  marked(deviceText(device.name, count), isMeasuredHere(device), t);

/** The same of what was held against a device. */
export const fitPlaceText = ({ device, count, basis }: Fit, t: Translate): string =>
  marked(deviceText(device, count), basis.reasons.includes('usable-measured-here'), t);

/** "a start-up log of vLLM 0.11.0 on one device (vllm.log, checked on 2026-03-01)". */
export function originText(
  { engine, version, ranks, log, date }: Pick<DeviceProfile, 'engine' | 'version' | 'ranks' | 'log' | 'date'>,
  t: Translate,
): string {
  const title = `${engineTitles[engine]} ${versionText(engine, version)}`;
  const run = ranks === 1 ? t('a start-up log of {0} on one device', title) : t('a start-up log of {0} on {1} devices', title, ranks);
  const from = [...(log === null ? [] : [log]), ...(date === null ? [] : [t('checked on {0}', date)])];
  return from.length === 0 ? run : `${run} (${from.join(', ')})`;
}

/** "79.19 GiB usable, 0.07 GiB outside PyTorch, 0.55 GiB of graphs (llama)". */
export function profileFigures({ memory, nonTorch, graphs }: DeviceProfile, t: Translate, style: NumberStyle): string {
  return [
    ...(memory === null ? [] : [t('{0} usable', formatBytes(memory, style))]),
    ...(nonTorch ? [t('{0} outside PyTorch', formatBytes(nonTorch.bytes, style))] : []),
    ...(graphs ? [t('{0} of graphs ({1})', formatBytes(graphs.bytes, style), graphs.model)] : []),
  ].join(', ');
}

/** A line for each log that told something of a device: what it showed, and which it is. */
export const profileLines = ({ profiles = [] }: Pick<Device, 'profiles'>, t: Translate, style: NumberStyle): readonly string[] =>
  profiles.map((profile) =>
    t('{0}, measured here: {1}, by {2}.', profile.device, profileFigures(profile, t, style), originText(profile, t)),
  );
