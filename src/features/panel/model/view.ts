import {
  estimate,
  formatBytes,
  formatCount,
  formatNumber,
  formatTokens,
  type Analysis,
  type Estimate,
  type EstimateSettings,
  type Fit,
  type NumberStyle,
  type Precision,
  type PrecisionWeights,
  type Target,
} from '../../../engine/index';
import type { Figure } from '../../../shared/panel/snapshot';
import type { Translate } from '../../../shared/text/translate';

/** What every part of the panel is computed from: the model under the chosen settings, and how the reader wants texts. */
export interface View {
  readonly analysis: Analysis;
  readonly estimate: Estimate;
  /** The precision that the memory bar shows. */
  readonly weights: PrecisionWeights;
  /** The device that the memory bar shows, with its fit; undefined when no target names a device. */
  readonly target: Target | undefined;
  readonly fit: Fit | undefined;
  readonly t: Translate;
  readonly style: NumberStyle;
}

/**
 * The model under settings whose first target is the chosen one.
 *
 * @param precision the chosen one, among the settings' own
 */
export function viewOf(analysis: Analysis, settings: EstimateSettings, precision: Precision, t: Translate, style: NumberStyle): View {
  const value = estimate(analysis, settings);
  const index = Math.max(0, settings.precisions.indexOf(precision));
  const weights = value.weights[index];
  if (weights === undefined) throw new Error('a view needs a precision');
  return { analysis, estimate: value, weights, target: settings.targets[0], fit: value.fits[index], t, style };
}

/** The fit of the chosen model under other settings on one target. */
export function fitUnder(
  view: View,
  target: Target,
  changes: Partial<Omit<EstimateSettings, 'precisions' | 'targets'>>,
  precision?: Precision,
): Fit {
  const settings = { ...view.estimate.settings, ...changes, targets: [target], precisions: [precision ?? view.weights.precision] };
  const [fit] = estimate(view.analysis, settings).fits;
  if (fit === undefined) throw new Error('one target and one precision give one fit');
  return fit;
}

export const figure = (text: string, formula: readonly string[] = [], notes: readonly string[] = []): Figure => ({
  text,
  how: { formula, notes },
});

/** Writers of numbers in the reader's style. */
export const writers = (style: NumberStyle) => ({
  bytes: (value: number): string => formatBytes(value, style),
  /** In full: "16,060,522,496 B". */
  exactBytes: (value: number): string => `${formatNumber(value, 0, style)} B`,
  count: (value: number): string => formatCount(value, style),
  /** A figure that is round by agreement: "15T", not "15.0T". */
  roundCount: (value: number): string => formatCount(value, style).replace(/[.,]0+(?=\D*$)/, ''),
  whole: (value: number): string => formatNumber(value, 0, style),
  tokens: (value: number): string => formatTokens(value, style),
  decimals: (value: number, digits: number): string => formatNumber(value, digits, style),
});
export type Writers = ReturnType<typeof writers>;

/** Text of a memory next to another: "16.9 of 23.5 GiB" when the units agree. */
export function pairOfBytes(part: number, whole: number, t: Translate, style: NumberStyle): string {
  const second = formatBytes(whole, style);
  const first = formatBytes(part, style);
  const unit = second.slice(second.lastIndexOf(' '));
  return t('{0} of {1}', first.endsWith(unit) ? first.slice(0, -unit.length) : first, second);
}
