import * as vscode from 'vscode';
import type { Services } from '../../host/services';

/** Lists the configs that come with the extension and opens a copy of the chosen one. */
export async function openSample({ context }: Services): Promise<void> {
  const folder = vscode.Uri.joinPath(context.extensionUri, 'samples');
  const names = await sampleNames(folder);
  const name = await vscode.window.showQuickPick(names, { placeHolder: vscode.l10n.t('Sample to open') });
  if (name === undefined) return;
  const bytes = await vscode.workspace.fs.readFile(vscode.Uri.joinPath(folder, name, 'config.json'));
  const document = await vscode.workspace.openTextDocument({ language: 'json', content: new TextDecoder().decode(bytes) });
  await vscode.window.showTextDocument(document);
}

/** The folder's own list; the web host cannot list a packaged extension's folders. */
async function sampleNames(folder: vscode.Uri): Promise<readonly string[]> {
  const bytes = await vscode.workspace.fs.readFile(vscode.Uri.joinPath(folder, 'samples.json'));
  return JSON.parse(new TextDecoder().decode(bytes)) as readonly string[];
}
