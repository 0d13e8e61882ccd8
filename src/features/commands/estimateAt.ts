import * as vscode from 'vscode';
import { estimate, formatBytes, formatNumber, presetNames } from '../../engine/index';
import type { Services } from '../../host/services';
import { writeSetting } from '../../host/settings';
import { longLabel } from '../../shared/text/precisions';
import { deviceText, reachTokens } from '../../shared/text/summary';

/** Every precision with what it takes and how far the targets reach with it; the chosen one is what every surface shows. */
export async function estimateAt({ active }: Services, uri?: vscode.Uri): Promise<void> {
  const estimated = active.of(uri);
  if (!estimated) return;
  const { t } = vscode.l10n;
  const style = estimated.settings.numbers;
  const { analysis } = estimated.estimate;
  const value = estimate(analysis, { ...estimated.estimate.settings, precisions: ['checkpoint', ...presetNames] });
  const items = value.weights.map(({ precision, scheme, bytes, bitsPerWeight }) => {
    const reach = value.fits
      .filter((fit) => fit.precision === precision)
      .map(
        (fit) =>
          `${deviceText(fit.device, fit.count)}: ${fit.fits ? reachTokens(fit, t, style) : fit.fits === null ? t('memory unknown') : t('does not fit')}`,
      );
    return {
      label: precision === 'checkpoint' ? t('as the file says ({0})', longLabel(scheme)) : longLabel(scheme),
      description: `${formatBytes(bytes, style)} · ${t('{0} bits per weight', formatNumber(bitsPerWeight, 2, style))}`,
      detail: reach.join(' · '),
      precision,
    };
  });
  const chosen = await vscode.window.showQuickPick(items, { placeHolder: t('Precision that the estimate is made for') });
  if (!chosen) return;
  await writeSetting('precision', chosen.precision);
}
