import * as vscode from 'vscode';
import { ok } from './assert';
import type { LensApi } from '../../src/extension';

/** A file of the test workspace. */
export function fixture(...segments: string[]): vscode.Uri {
  const folder = vscode.workspace.workspaceFolders?.[0];
  ok(folder, 'a workspace folder is open');
  return vscode.Uri.joinPath(folder.uri, ...segments);
}

/** Shows a file of the test workspace in an editor. */
export async function open(...segments: string[]): Promise<vscode.TextDocument> {
  const document = await vscode.workspace.openTextDocument(fixture(...segments));
  await vscode.window.showTextDocument(document);
  return document;
}

/** The extension under test. */
export function lens(): vscode.Extension<LensApi> {
  const extension = vscode.extensions.getExtension<LensApi>('vram-lens.vram-lens');
  ok(extension, 'the extension is installed');
  return extension;
}

/** Waits until `condition` holds; fails with `what` after twenty seconds. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  const end = Date.now() + 20_000;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`timed out waiting for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
