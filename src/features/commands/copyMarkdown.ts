import * as vscode from 'vscode';
import type { Services } from '../../host/services';
import { markdownReport } from '../../shared/text/report';
import { fileLabel } from '../../host/fileLabel';

export async function copyMarkdown({ active }: Services, uri?: vscode.Uri): Promise<void> {
  const estimated = active.of(uri);
  if (!estimated) return;
  const { document, estimate, settings } = estimated;
  await vscode.env.clipboard.writeText(markdownReport(fileLabel(document.uri), estimate, vscode.l10n.t, settings.numbers));
  vscode.window.setStatusBarMessage(vscode.l10n.t('Estimate copied as Markdown'), 3000);
}
