import * as vscode from 'vscode';
import type * as main from '../main';

/** The second bundle, by its entry. */
type Main = typeof main;

/** Set by the bundler: whether this is the bundle for the web worker host. */
declare const WEB_HOST: boolean;

declare function require(id: string): unknown;

/**
 * Loads the bundle of src/main.ts, which lies beside this one. The web worker host has no `require` for files: there the
 * text is fetched and run as a CommonJS module, which is how VS Code loads the first bundle.
 */
export async function importMain(extensionUri: vscode.Uri): Promise<Main> {
  if (!WEB_HOST) return require('./main.js') as Main;
  const uri = vscode.Uri.joinPath(extensionUri, 'dist', 'web', 'main.js');
  const source = new TextDecoder().decode(await vscode.workspace.fs.readFile(uri));
  const module = { exports: {} };
  const run = new Function('module', 'exports', 'require', `${source}\n//# sourceURL=${uri.toString(true)}`);
  run(module, module.exports, require);
  return module.exports as Main;
}
