import * as vscode from 'vscode';
import type * as main from '../main';

/** The second bundle, by its entry. */
type Main = typeof main;

/** Set by the bundler: whether this is the bundle for the web worker host. */
declare const WEB_HOST: boolean;

declare function require(id: string): unknown;

/**
 * Loads the bundle of src/main.ts, which lies beside this one, and those that it requires, at once or later. The web worker host
 * has no `require` for files: there the texts are fetched, and run as CommonJS modules when they are required, which is how VS
 * Code loads the first bundle.
 */
export async function importMain(extensionUri: vscode.Uri): Promise<Main> {
  if (!WEB_HOST) return require('./main.js') as Main;
  const names = ['main.js', 'engine.js', 'later.js'] as const;
  const fetched = new Map<string, Fetched>(
    await Promise.all(names.map(async (name) => [`./${name}`, await fetchModule(extensionUri, name)] as const)),
  );
  const known = new Map<string, unknown>();
  const requires = (id: string): unknown => {
    const run = fetched.get(id);
    if (!run) return require(id);
    if (!known.has(id)) known.set(id, run(requires));
    return known.get(id);
  };
  return requires('./main.js') as Main;
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
