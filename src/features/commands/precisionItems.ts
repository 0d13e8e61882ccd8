import type * as vscode from 'vscode';
import {
  estimate,
  findPreset,
  formatBytes,
  formatNumber,
  presetNames,
  type Estimate,
  type NumberStyle,
  type Precision,
  type PrecisionWeights,
} from '../../engine/index';
import { keepReasons } from '../../shared/text/keepReasons';
import { longLabel } from '../../shared/text/precisions';
import { fitPlaceText } from '../../shared/text/deviceProfiles';
import { reachTokens } from '../../shared/text/summary';
import { about, ownLabel, weightsText } from '../../shared/text/weights';
import type { Translate } from '../../shared/text/translate';

export interface PrecisionItem extends vscode.QuickPickItem {
  readonly precision: Precision;
}

/** Every precision, the file's own first and then by size, with what stays high and how far the targets reach with it. */
export function precisionItems(shown: Estimate, t: Translate, style: NumberStyle): readonly PrecisionItem[] {
  const value = estimate(shown.analysis, { ...shown.settings, precisions: ['checkpoint', ...presetNames] });
  const [own, ...presets] = value.weights;
  if (!own) return [];
  return [own, ...[...presets].sort((a, b) => b.bytes - a.bytes)].map((weights) => ({
    label: weights.precision === 'checkpoint' ? ownLabel(shown.analysis, t) : longLabel(weights.scheme),
    description: sizeText(weights, t, style),
    detail: [keptText(weights, shown, t, style), ...reachOf(value, weights.precision, t, style)].filter((text) => text !== '').join(' · '),
    precision: weights.precision,
  }));
}

function sizeText(weights: PrecisionWeights, t: Translate, style: NumberStyle): string {
  const { precision, bitsPerWeight } = weights;
  const format = findPreset(precision)?.format;
  const bits = weights.details?.range ? [] : [t('{0} bits per weight', formatNumber(bitsPerWeight, 2, style))];
  return [weightsText(weights, t, style), ...bits, ...(format === undefined ? [] : [format])].join(' · ');
}

/** "1.96 GiB left alone: embedding, head, norms". */
function keptText({ precision, details }: PrecisionWeights, { analysis }: Estimate, t: Translate, style: NumberStyle): string {
  const { extras } = analysis.checkpoint;
  const [kept, byReason] =
    precision === 'checkpoint' && extras.quantizedParameters > 0
      ? [extras.keptBytes, extras.keptByReason]
      : [details?.keptAt16Bit ?? 0, details?.keptByReason ?? {}];
  if (kept === 0) return '';
  const names = keepReasons(t);
  const reasons = (Object.entries(byReason) as [keyof typeof names, number][]).sort((a, b) => b[1] - a[1]).map(([reason]) => names[reason]);
  return t('{0} left alone: {1}', formatBytes(kept, style), reasons.slice(0, 3).join(', '));
}

function reachOf({ analysis, fits, weights }: Estimate, precision: Precision, t: Translate, style: NumberStyle): readonly string[] {
  const sign = about(weights.find((each) => each.precision === precision)?.basis ?? analysis.basis);
  return fits
    .filter((fit) => fit.precision === precision)
    .map((fit) => {
      const reach = fit.fits ? reachTokens(fit, t, style, sign) : fit.fits === null ? t('memory unknown') : t('does not fit');
      return `${fitPlaceText(fit, t)}: ${reach}`;
    });
}
