/** The devices that a person chooses targets among, as data: present targets first, then every other device with its answer. */
import { findDevice, maxDeviceCount, type Device, type Estimate } from '../../engine/index';
import type { Settings, TargetSetting } from '../../host/settings';
import { knownDevices, ownDevices } from '../../host/targets';
import { deviceText } from '../../shared/text/summary';
import type { Translate } from '../../shared/text/translate';
import { answersOf, byMemory, inGroups, memoryText, type DeviceAnswer } from './deviceAnswers';

export interface TargetChoice {
  /** As the settings name it, so that accepting the list rewrites nothing. */
  readonly target: TargetSetting;
  /** undefined: a target of the settings that names no single device. It stays until the person unmarks it. */
  readonly device: Device | undefined;
  /** Its place among the present targets; undefined for another device. */
  readonly place: number | undefined;
}

export interface ShownChoice {
  readonly choice: TargetChoice;
  readonly label: string;
  readonly description: string;
}

/** Every present target in its order, doubled and unknown ones too, then the devices that are none, by memory. */
export function targetChoices(settings: Settings): readonly TargetChoice[] {
  const [own, known] = [ownDevices(settings), knownDevices(settings)];
  const present = settings.targets.map((target, place): TargetChoice => {
    const found = findDevice(target.device, own);
    return { target, device: found.kind === 'found' ? known.find(({ name }) => name === found.device.name) : undefined, place };
  });
  const taken = new Set(present.map(({ device }) => device?.name));
  const others = byMemory(known).filter(({ name }) => !taken.has(name));
  return [...present, ...others.map((device) => ({ target: { device: device.name, count: 1 }, device, place: undefined }))];
}

/** A choice with another number of devices, within bounds; one that names no device keeps its own. */
export function withCount(choice: TargetChoice, change: number): TargetChoice {
  if (!choice.device) return choice;
  const count = Math.min(maxDeviceCount, Math.max(1, choice.target.count + change));
  return { ...choice, target: { ...choice.target, count } };
}

/**
 * Choices under the titles of their groups, each with its answer: present targets, then the others as the answers are grouped.
 * Without an estimate (no config is in front) there is no answer but the memory, and one group.
 */
export function shownChoices(
  choices: readonly TargetChoice[],
  value: Estimate | undefined,
  settings: Settings,
  t: Translate,
): readonly { readonly title: string; readonly items: readonly ShownChoice[] }[] {
  const style = settings.numbers;
  const known = choices.filter((choice): choice is TargetChoice & { device: Device } => choice.device !== undefined);
  const answers = new Map<TargetChoice, DeviceAnswer>();
  if (value) {
    const targets = known.map(({ device, target }) => ({ device, count: target.count }));
    answersOf(value, targets, t, style).forEach((answer, index) => answers.set(known[index] as TargetChoice, answer));
  }
  const show = (choice: TargetChoice): ShownChoice => ({
    choice,
    label: deviceText(choice.device?.name ?? choice.target.device, choice.target.count),
    description: choice.device
      ? (answers.get(choice)?.text ?? memoryText(choice.device, choice.target.count, t, style))
      : t('names no single device'),
  });
  const present = choices.filter(({ place }) => place !== undefined).map(show);
  const others = choices.filter(({ place }) => place === undefined);
  const grouped = value
    ? inGroups(others, (choice) => answers.get(choice)?.group ?? 'unknown', t)
    : [{ title: t('all devices'), items: others }];
  return [
    ...(present.length > 0 ? [{ title: t('targets now'), items: present }] : []),
    ...grouped.map(({ title, items }) => ({ title, items: items.map(show) })),
  ];
}

/** The targets that marked choices stand for: present ones in their order, then new ones as they are listed. */
export function targetsFrom(marked: readonly TargetChoice[]): readonly TargetSetting[] {
  return [...marked].sort((a, b) => (a.place ?? Infinity) - (b.place ?? Infinity) || 0).map(({ target }) => target);
}
