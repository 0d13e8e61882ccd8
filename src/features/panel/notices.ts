import { customDevice, findDevice, isPrecision } from '../../engine/index';
import type { Settings } from '../../host/settings';
import { ownDevices } from '../../host/targets';
import type { SettingNotice } from '../../shared/panel/snapshot';
import type { Translate } from '../../shared/text/translate';

const shownCandidates = 6;

/** What the settings name and nothing answers to: devices, own devices, precisions. */
export function settingNotices(settings: Settings, t: Translate): readonly SettingNotice[] {
  const own = ownDevices(settings);
  const notices: SettingNotice[] = [];
  settings.targets.forEach(({ device }, index) => {
    const found = findDevice(device, own);
    if (found.kind === 'found') return;
    const names = found.kind === 'ambiguous' ? found.candidates.map(({ name }) => name) : found.nearest;
    notices.push({
      text:
        found.kind === 'ambiguous'
          ? t('The target "{0}" may be one of {1} devices.', device, names.length)
          : t('No device is called "{0}".', device),
      target: { index, candidates: names.slice(0, shownCandidates) },
    });
  });
  for (const input of settings.customDevices) {
    const made = customDevice(input);
    if (made.kind === 'invalid')
      notices.push({ text: t('Your device "{0}" cannot be used: {1} is {2}.', input.name, made.field, made.found), target: null });
  }
  for (const name of [settings.precision, ...settings.precisions])
    if (!isPrecision(name)) notices.push({ text: t('No precision is called "{0}".', name), target: null });
  return notices;
}
