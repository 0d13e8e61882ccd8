/** As much of `vscode` as the host's caches need to be loaded and counted outside of an editor. */
import Module, { createRequire } from 'node:module';

const nothing = { dispose: () => undefined };
const settingsListeners: ((event: { affectsConfiguration(): boolean }) => void)[] = [];

const stub = {
  EventEmitter: class {
    readonly event = () => nothing;
    readonly fire = () => undefined;
    readonly dispose = () => undefined;
  },
  env: { language: 'en' },
  workspace: {
    onDidCloseTextDocument: () => nothing,
    onDidChangeConfiguration: (listener: (typeof settingsListeners)[number]) => {
      settingsListeners.push(listener);
      return nothing;
    },
    getConfiguration: () => ({ get: () => undefined, inspect: () => undefined }),
  },
};

/** What VS Code does when a setting of ours is changed. */
export const changeSettings = (): void => settingsListeners.forEach((listener) => listener({ affectsConfiguration: () => true }));

/** Loads a module of src/ that imports `vscode`. */
export function requireWithStub<T>(id: string): T {
  const loader = Module as unknown as { _load(request: string, ...rest: unknown[]): unknown };
  const load = loader._load;
  loader._load = (request, ...rest) => (request === 'vscode' ? stub : load.call(Module, request, ...rest));
  try {
    return createRequire(import.meta.url)(`../../../src/${id}`) as T;
  } finally {
    loader._load = load;
  }
}
