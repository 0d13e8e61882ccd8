import * as vscode from 'vscode';
import type { Estimated, Estimates } from './estimates';

/** Command and key context that say whether commands about a config can work. */
const contextKey = 'vramLens.isModelConfig';

export interface ActiveConfig extends vscode.Disposable {
  /** The config that the person looks at: the active editor's, else the last one that is still open. */
  get(): Estimated | undefined;
  /** The same for a document that a command names. */
  of(uri: vscode.Uri | undefined): Estimated | undefined;
  readonly onDidChange: vscode.Event<void>;
}

/** Follows the active editor, keeps the context key, and remembers the config while the panel has the focus. */
export function followActiveConfig(estimates: Estimates): ActiveConfig {
  const changed = new vscode.EventEmitter<void>();
  let last: vscode.TextDocument | undefined;
  let shown: boolean | undefined;

  const current = (): Estimated | undefined => {
    const active = vscode.window.activeTextEditor?.document;
    const estimated = active && estimates.get(active);
    if (estimated) last = active;
    return estimated;
  };
  function refresh(): void {
    const isConfig = current() !== undefined;
    if (isConfig !== shown) {
      shown = isConfig;
      void vscode.commands.executeCommand('setContext', contextKey, isConfig);
    }
    changed.fire();
  }
  refresh();

  const listeners = vscode.Disposable.from(
    changed,
    vscode.window.onDidChangeActiveTextEditor(refresh),
    vscode.workspace.onDidChangeTextDocument(({ document }) => {
      if (document === vscode.window.activeTextEditor?.document || document === last) refresh();
    }),
    vscode.workspace.onDidCloseTextDocument((document) => {
      if (document !== last) return;
      last = undefined;
      refresh();
    }),
    estimates.onDidChange(refresh),
  );
  const get = (): Estimated | undefined => current() ?? (last && !last.isClosed ? estimates.get(last) : undefined);
  return {
    onDidChange: changed.event,
    get,
    of(uri) {
      const document = uri && vscode.workspace.textDocuments.find((open) => open.uri.toString() === uri.toString());
      return (document && estimates.get(document)) ?? get();
    },
    dispose: () => listeners.dispose(),
  };
}
