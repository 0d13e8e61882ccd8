import { customDevice, isPrecision } from '../../engine/index';
import type { Settings } from '../../host/settings';
import { resolveTargets } from '../../host/targets';
import { readEngine } from '../../shared/engineRun';
import type { SettingNotice } from '../../shared/panel/snapshot';
import { engineProblemText } from '../../shared/text/engineTerms';
import type { Translate } from '../../shared/text/translate';

const shownCandidates = 6;

/** What the settings name and nothing answers to: devices, own devices, precisions, an engine and its flags. */
export function settingNotices(settings: Settings, t: Translate): readonly SettingNotice[] {
  const notices: SettingNotice[] = resolveTargets(settings).problems.map(({ index, name, kind, candidates }) => ({
    text:
      kind === 'ambiguous'
        ? t('The target "{0}" may be one of {1} devices.', name, candidates.length)
        : t('No device is called "{0}".', name),
    target: { index, candidates: candidates.slice(0, shownCandidates) },
  }));
  for (const input of settings.customDevices) {
    const made = customDevice(input);
    if (made.kind === 'invalid')
      notices.push({ text: t('Your device "{0}" cannot be used: {1} is {2}.', input.name, made.field, made.found), target: null });
  }
  for (const name of [settings.precision, ...settings.precisions])
    if (!isPrecision(name)) notices.push({ text: t('No precision is called "{0}".', name), target: null });
  const choice = readEngine(settings);
  if (choice.kind === 'wrong') notices.push({ text: engineProblemText(choice.problem, t, settings.numbers), target: null });
  return notices;
}
