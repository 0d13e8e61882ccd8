import * as vscode from 'vscode';
import type { Services } from '../../host/services';
import { writeSetting } from '../../host/settings';
import { precisionItems } from './precisionItems';

/** Every precision with what it takes and how far the targets reach with it; the chosen one is what every surface shows. */
export async function estimateAt({ active }: Services, uri?: vscode.Uri): Promise<void> {
  const estimated = active.of(uri);
  if (!estimated) return;
  const { t } = vscode.l10n;
  const chosen = await vscode.window.showQuickPick([...precisionItems(estimated.estimate, t, estimated.settings.numbers)], {
    placeHolder: t('Precision that the estimate is made for'),
    matchOnDescription: true,
  });
  if (chosen) await writeSetting('precision', chosen.precision);
}
