import * as vscode from 'vscode';
import type { Companions } from '../hub/fetchModel';

/** What was fetched along with a config, by the document that shows the config. */
export interface CompanionStore extends vscode.Disposable {
  /** `undefined` where the document was not fetched in this session. */
  get(document: vscode.Uri): Companions | undefined;
  set(document: vscode.Uri, companions: Companions | undefined): void;
  /** The document whose companions are others now. */
  readonly onDidChange: vscode.Event<vscode.Uri>;
}

export function createCompanionStore(): CompanionStore {
  const known = new Map<string, Companions>();
  const changed = new vscode.EventEmitter<vscode.Uri>();
  return {
    get: (document) => known.get(document.toString()),
    set(document, companions) {
      if (companions) known.set(document.toString(), companions);
      else known.delete(document.toString());
      changed.fire(document);
    },
    onDidChange: changed.event,
    dispose() {
      known.clear();
      changed.dispose();
    },
  };
}
