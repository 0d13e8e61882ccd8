import { formatNumber, smallestCount, type Estimate, type Fit } from '../../engine/index';
import { shortLabel } from '../../shared/text/precisions';
import { bestFit, deviceText, modelLine, reachText } from '../../shared/text/summary';
import type { Translate } from '../../shared/text/translate';
import type { NumberStyle } from '../../engine/index';

/** Precisions that the line goes through for a target, most precise first. */
const order = ['checkpoint', 'fp8-channel', 'awq-int4-g128'] as const;

export interface LensTexts {
  readonly model: string;
  readonly target: string;
  readonly guide: string;
}

/** The three links above the first line; their number and order never change. */
export function lensTexts(value: Estimate, stale: boolean, t: Translate, style: NumberStyle): LensTexts {
  const { analysis, weights } = value;
  const others = weights.filter(({ precision }) => precision === 'bf16' || precision === 'fp8-channel' || precision === 'awq-int4-g128');
  const line = modelLine(analysis, others, t, style);
  return {
    model: stale ? t('{0} (before this edit)', line) : line,
    target: targetText(value, t, style),
    guide: t('Why & how to shrink'),
  };
}

function targetText(value: Estimate, t: Translate, style: NumberStyle): string {
  const { analysis, fits, settings } = value;
  const first = settings.targets[0];
  if (!first) return t('Choose target hardware');
  const schemeOf = (fit: Fit): string => (fit.precision === 'checkpoint' ? analysis.checkpoint.scheme : fit.precision);
  const best = bestFit(fits, order);
  if (best) return `${deviceText(best.device, best.count)}: ${reachText(best, schemeOf(best), t, style)}`;
  const smallest = fits.filter(({ fits: holds }) => holds === false).sort((a, b) => a.total - b.total)[0];
  if (!smallest) return t('{0}: memory unknown', first.device.name);
  const target = settings.targets.find(({ device }) => device.name === smallest.device) ?? first;
  const label = shortLabel(schemeOf(smallest));
  const weights = value.weights.find(({ precision }) => precision === smallest.precision);
  const needed =
    weights &&
    smallestCount(target.device, {
      weights: weights.bytes,
      cacheAt: () => value.cache.bytes,
      context: settings.context,
      batch: settings.batch,
      modelContextLimit: analysis.contextLimit,
      precision: smallest.precision,
    });
  return needed
    ? t('{0}: {1} needs {2} of them', target.device.name, label, formatNumber(needed, 0, style))
    : t('{0}: does not fit, not even 16 of them at {1}', target.device.name, label);
}
