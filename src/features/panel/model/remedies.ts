import { cacheDtypeOf, bytesPerElement, maxDeviceCount, type Device, type Fit, type Precision } from '../../../engine/index';
import type { Changes, Remedy } from '../../../shared/panel/snapshot';
import { targetText } from '../../../shared/text/deviceProfiles';
import { about } from './basis';
import { fitUnder, pairOfBytes, writers, type View } from './view';
import { precisionLabel } from './weightFigures';

/**
 * The smallest changes that would make the model fit, each of one kind and alone: the widest of the smaller precisions, an
 * 8-bit cache, fewer sequences, a shorter context, more devices, another of the targets. When no change is enough by itself,
 * the narrowest precision on as many devices as it needs.
 */
export function remediesOf(view: View): readonly Remedy[] {
  const { fit, target, estimate } = view;
  if (!target || fit?.fits !== false) return [];
  const found = [
    narrowerPrecision(view),
    smallerCache(view),
    fewerSequences(view),
    shorterContext(view),
    moreDevices(view, target.device, target.count + 1),
    ...otherTargets(view),
  ];
  const remedies = found.filter((remedy) => remedy !== undefined);
  if (remedies.length > 0) return remedies;
  const narrowest = [...estimate.weights].sort((a, b) => a.bytes - b.bytes)[0];
  const both =
    narrowest && narrowest.precision !== view.weights.precision ? moreDevices(view, target.device, 1, narrowest.precision) : undefined;
  return both ? [both] : [];
}

const remedy = (text: string, fit: Fit, changes: Changes, { analysis, t, style }: View): Remedy => ({
  text,
  effect: fit.usable === null ? '' : about(analysis.basis, pairOfBytes(fit.total, fit.usable, t, style)),
  changes,
});

function narrowerPrecision(view: View): Remedy | undefined {
  const { estimate, weights, target, t } = view;
  if (!target) return undefined;
  const smaller = estimate.weights.filter(({ bytes }) => bytes < weights.bytes).sort((a, b) => b.bytes - a.bytes);
  for (const candidate of smaller) {
    const fit = fitUnder(view, target, {}, candidate.precision);
    if (fit.fits) return remedy(precisionLabel(candidate, t), fit, { precision: candidate.precision }, view);
  }
  return undefined;
}

function smallerCache(view: View): Remedy | undefined {
  const { estimate, target, analysis, t } = view;
  if (!target || bytesPerElement[cacheDtypeOf(analysis, estimate.settings.kvDtype)] <= 1) return undefined;
  const fit = fitUnder(view, target, { kvDtype: 'fp8' });
  return fit.fits ? remedy(t('FP8 KV cache'), fit, { kvDtype: 'fp8' }, view) : undefined;
}

function fewerSequences(view: View): Remedy | undefined {
  const { fit, target, t, style, estimate } = view;
  const batch = fit?.maxBatch ?? 0;
  if (!target || batch < 1 || batch >= estimate.settings.batch) return undefined;
  const text = t('batch {0}', writers(style).whole(batch));
  return remedy(text, fitUnder(view, target, { batch }), { batch }, view);
}

/** Shorter ones are no remedy: no conversation has room in them. */
const leastContext = 1024;

/** A longest context as it stands beside the remedy (`formatTokens`): "61k" is 61,000. */
function asWritten(most: number): number {
  if (most < 10_000 || most % 1024 === 0) return most;
  const step = most < 1e6 ? 1000 : 1e5;
  return Math.floor(most / step) * step;
}

function shorterContext(view: View): Remedy | undefined {
  const { fit, target, t, style, estimate } = view;
  const most = fit?.maxContext ?? 0;
  if (!target || most < leastContext || most >= estimate.settings.context) return undefined;
  const context = asWritten(most);
  const text = t('context {0}', writers(style).tokens(most));
  return remedy(text, fitUnder(view, target, { context }), { context }, view);
}

/** Tensor parallelism divides heads and widths, which are multiples of powers of two. */
const counts = [1, 2, 4, 8, maxDeviceCount] as const;

/** The fewest of a device, from a count on, that hold the model. */
function moreDevices(view: View, device: Device, from: number, precision?: Precision): Remedy | undefined {
  const { t, estimate } = view;
  for (const count of counts) {
    if (count < from) continue;
    const fit = fitUnder(view, { device, count }, {}, precision);
    if (!fit.fits) continue;
    const place = targetText({ device, count }, t);
    if (precision === undefined) return remedy(place, fit, { device: device.name, count }, view);
    const label = estimate.weights.find((each) => each.precision === precision);
    return remedy(
      t('{0} on {1}', label ? precisionLabel(label, t) : precision, place),
      fit,
      { device: device.name, count, precision },
      view,
    );
  }
  return undefined;
}

function otherTargets(view: View): readonly Remedy[] {
  return view.estimate.settings.targets.slice(1).flatMap(({ device, count }) => moreDevices(view, device, count) ?? []);
}
