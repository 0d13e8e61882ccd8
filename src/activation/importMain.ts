import * as vscode from 'vscode';
import type * as main from '../main';

/** The second bundle, by its entry. */
type Main = typeof main;

/** Set by the bundler: whether this is the bundle for the web worker host. */
declare const WEB_HOST: boolean;

declare function require(id: string): unknown;

/**
 * Loads the bundle of src/main.ts, which lies beside this one, and what that may require later (the bundle about runs). The web
 * worker host has no `require` for files: there the texts are fetched, and run as CommonJS modules when they are required, which
 * is how VS Code loads the first bundle.
 */
export async function importMain(extensionUri: vscode.Uri): Promise<Main> {
  if (!WEB_HOST) return require('./main.js') as Main;
  const [main, runs] = await Promise.all(['main.js', 'runs.js'].map((name) => fetchModule(extensionUri, name)));
  let known: unknown;
  return main?.((id) => (id === './runs.js' ? (known ??= runs?.(require)) : require(id))) as Main;
}

/** A CommonJS module that was fetched and did not run yet. */
type Fetched = (require: (id: string) => unknown) => unknown;

async function fetchModule(extensionUri: vscode.Uri, name: string): Promise<Fetched> {
  const uri = vscode.Uri.joinPath(extensionUri, 'dist', 'web', name);
  const source = new TextDecoder().decode(await vscode.workspace.fs.readFile(uri));
  return (requires) => {
    const module = { exports: {} };
    const run = new Function('module', 'exports', 'require', `${source}\n//# sourceURL=${uri.toString(true)}`);
    run(module, module.exports, requires);
    return module.exports;
  };
}
