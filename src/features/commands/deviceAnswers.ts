/** What devices can do for a model, in words and in groups: the answer that a person sees while choosing among them. */
import {
  estimate,
  fitInputOf,
  formatBytes,
  isMeasuredHere,
  smallestCount,
  type Device,
  type Estimate,
  type NumberStyle,
  type Target,
} from '../../engine/index';
import { shortLabel } from '../../shared/text/precisions';
import { reachText } from '../../shared/text/summary';
import type { Translate } from '../../shared/text/translate';
import { about } from '../../shared/text/weights';

/** Precisions that a device is tried at, most precise first. */
const tried = ['checkpoint', 'fp8-channel', 'awq-int4-g128'] as const;

/** Best first: as the file is, quantized, several of them, not even 16, memory unknown. */
const groups = ['fits', 'quantized', 'several', 'never', 'unknown'] as const;
export type AnswerGroup = (typeof groups)[number];

export interface DeviceAnswer {
  readonly group: AnswerGroup;
  /** "11.73 GiB usable — INT4 to 45k tokens", "7.82 GiB usable — needs 3 at BF16, 2 at INT4". */
  readonly text: string;
}

/** What each target can do for the model at the context, batch and cache type of an estimate; in the order of the targets. */
export function answersOf(value: Estimate, targets: readonly Target[], t: Translate, style: NumberStyle): readonly DeviceAnswer[] {
  const { analysis, settings } = value;
  const schemeOf = (precision: string): string => (precision === 'checkpoint' ? analysis.checkpoint.scheme : precision);
  const { fits, weights } = estimate(analysis, { ...settings, precisions: tried, targets });
  const inputs = weights.map((each) => fitInputOf(analysis, settings, each));
  return targets.map(({ device, count }, index): DeviceAnswer => {
    const memory = memoryText(device, count, t, style);
    if (device.usable === null) return { group: 'unknown', text: memory };
    // One fit per precision, target by target.
    const best = fits.slice(index * tried.length, (index + 1) * tried.length).find((fit) => fit.fits === true);
    if (best) {
      const sign = about(weights.find(({ precision }) => precision === best.precision)?.basis ?? analysis.basis);
      const group = best.precision === 'checkpoint' ? 'fits' : 'quantized';
      return { group, text: `${memory} — ${reachText(best, schemeOf(best.precision), t, style, sign)}` };
    }
    const needed = inputs.flatMap((input) => {
      const several = smallestCount(device, input);
      return several === null ? [] : [{ several, label: shortLabel(schemeOf(input.precision)) }];
    });
    const [first, ...smaller] = needed;
    if (!first) return { group: 'never', text: `${memory} — ${t('not even 16 of them')}` };
    const fewest = smaller.filter(({ several }) => several < first.several).at(-1);
    const text = fewest
      ? t('needs {0} at {1}, {2} at {3}', first.several, first.label, fewest.several, fewest.label)
      : t('needs {0} at {1}', first.several, first.label);
    return { group: 'several', text: `${memory} — ${text}` };
  });
}

/** "23.52 GiB usable", of all of them together; "23.61 GiB measured here" where a log of this machine told it. */
export function memoryText(device: Device, count: number, t: Translate, style: NumberStyle): string {
  if (!device.usable) return t('memory unknown');
  const bytes = formatBytes(device.usable.bytes * count, style);
  return isMeasuredHere(device) ? t('{0} measured here', bytes) : t('{0} usable', bytes);
}

/** Whatever has an answer, under the titles of the groups, best first; the order within a group is kept. */
export function inGroups<T>(
  items: readonly T[],
  groupOf: (item: T) => AnswerGroup,
  t: Translate,
): readonly { readonly title: string; readonly items: readonly T[] }[] {
  const titles: Readonly<Record<AnswerGroup, string>> = {
    fits: t('fits as it is'),
    quantized: t('fits quantized'),
    several: t('needs several'),
    never: t('does not fit'),
    unknown: t('memory unknown'),
  };
  return groups
    .map((group) => ({ title: titles[group], items: items.filter((item) => groupOf(item) === group) }))
    .filter((group) => group.items.length > 0);
}

/** Devices by usable memory; those of unknown memory first. */
export const byMemory = (devices: readonly Device[]): readonly Device[] =>
  [...devices].sort((a, b) => (a.usable?.bytes ?? 0) - (b.usable?.bytes ?? 0));
