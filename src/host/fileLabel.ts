import * as vscode from 'vscode';

/** A config as people tell it from others: they are nearly all called config.json, so the folder comes along. */
export function fileLabel(uri: vscode.Uri): string {
  const segments = vscode.workspace.asRelativePath(uri, false).split(/[\\/]/).filter(Boolean);
  return segments.slice(-2).join('/');
}
