import type * as vscode from 'vscode';

/** What runs a contributed command. */
export type CommandHandler = (...args: never[]) => unknown;

/** The read-only documents of models that were fetched. */
export interface HubFiles {
  readonly onDidChange: vscode.Event<vscode.Uri>;
  /** These three throw `FileSystemError` for what is not there. */
  stat(uri: vscode.Uri): vscode.FileStat;
  readFile(uri: vscode.Uri): Uint8Array;
  readDirectory(uri: vscode.Uri): [string, vscode.FileType][];
}

/** Type of the panel as an editor tab, by which VS Code asks for it after a reload. */
export const panelEditorType = 'vramLens.panelEditor';

/**
 * What the second bundle brings for what package.json contributes. The first bundle has registered all of it under its id
 * and hands every use on, so neither commands nor views are registered a second time.
 */
export interface Contributions {
  /** Handlers by command id. */
  readonly commands: Readonly<Record<string, CommandHandler>>;
  /** Providers by the id of their webview view. */
  readonly webviewViews: Readonly<Record<string, vscode.WebviewViewProvider>>;
  /** Fills the panel's editor tab again after the window was reloaded. */
  readonly panelSerializer: vscode.WebviewPanelSerializer;
  readonly hubFiles: HubFiles;
}
