import * as vscode from 'vscode';
import { createLoader, type Loader } from './activation/loader';
import { mayBeModelConfig } from './activation/sniff';

/** What `activate` hands out, for tests. */
export type LensApi = Pick<Loader, 'isLoaded' | 'whenLoaded'>;

/**
 * Stage one. Watches JSON documents until one of them may be a model's config, or a command or view of ours is used, and
 * only then loads the rest.
 */
export function activate(context: vscode.ExtensionContext): LensApi {
  const loader = createLoader(context);
  const watching: vscode.Disposable[] = [];
  context.subscriptions.push({ dispose: stopWatching });

  function stopWatching(): void {
    for (const listener of watching.splice(0)) listener.dispose();
  }
  function look(document: vscode.TextDocument): void {
    if (loader.isLoaded() || !mayBeModelConfig(document)) return;
    stopWatching();
    loader.loadInBackground();
  }

  watching.push(
    vscode.workspace.onDidOpenTextDocument(look),
    vscode.workspace.onDidChangeTextDocument(({ document }) => look(document)),
  );
  vscode.workspace.textDocuments.forEach(look);
  return { isLoaded: loader.isLoaded, whenLoaded: loader.whenLoaded };
}

export function deactivate(): void {
  // everything is in context.subscriptions
}
