import * as vscode from 'vscode';
import { openHeader } from '../../checkpointFiles/openHeader';
import { folderOf } from '../../host/checkpointFolders';
import { openMarkdown } from '../../host/openMarkdown';
import type { Services } from '../../host/services';
import { headerReport } from '../../shared/text/headerReport';
import { problemText } from '../../shared/text/problems';

/** What the header of a GGUF or safetensors file says of its model; the file is chosen where none is named. */
export async function showHeader({ estimates }: Services, uri?: vscode.Uri): Promise<void> {
  const { t } = vscode.l10n;
  const file =
    uri ??
    (
      await vscode.window.showOpenDialog({ openLabel: t('Read the header'), filters: { [t('Checkpoints')]: ['gguf', 'safetensors'] } })
    )?.[0];
  if (!file) return;
  const name = file.path.slice(file.path.lastIndexOf('/') + 1);
  const style = estimates.settingsOf(undefined).numbers;
  const opened = await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title: t('Reading the header of {0}', name) },
    () => openHeader(folderOf(file), name),
  );
  if ('problem' in opened) void vscode.window.showErrorMessage(problemText(opened.problem, t, style));
  else await openMarkdown(headerReport(name, opened, t, style));
}
