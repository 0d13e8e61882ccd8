import * as vscode from 'vscode';
import type { HubFiles } from './contributions';

/** Scheme of the documents of models that were fetched from the Hub. */
export const hubScheme = 'vram-lens-hub';

/**
 * Registers the read-only file system of fetched models, so that a tab that VS Code brings back after a reload finds it.
 * Nothing is fetched through it.
 *
 * @param load brings what answers; called at the first use
 */
export function registerHubFileSystem(load: () => Promise<HubFiles>): vscode.Disposable {
  const changed = new vscode.EventEmitter<vscode.FileChangeEvent[]>();
  let forwarding: vscode.Disposable | undefined;
  const files = async (): Promise<HubFiles> => {
    const loaded = await load();
    forwarding ??= loaded.onDidChange((uri) => changed.fire([{ type: vscode.FileChangeType.Changed, uri }]));
    return loaded;
  };
  const refuse = (): never => {
    throw vscode.FileSystemError.NoPermissions();
  };
  const provider: vscode.FileSystemProvider = {
    onDidChangeFile: changed.event,
    watch: () => new vscode.Disposable(() => undefined),
    stat: async (uri) => (await files()).stat(uri),
    readFile: async (uri) => (await files()).readFile(uri),
    readDirectory: async (uri) => (await files()).readDirectory(uri),
    createDirectory: refuse,
    writeFile: refuse,
    delete: refuse,
    rename: refuse,
  };
  return vscode.Disposable.from(
    changed,
    { dispose: () => forwarding?.dispose() },
    vscode.workspace.registerFileSystemProvider(hubScheme, provider, { isReadonly: true, isCaseSensitive: true }),
  );
}
