import * as vscode from 'vscode';
import { parseSidecars, sidecarFiles, type SidecarFile, type Sidecars } from '../engine/index';
import type { Companion } from '../hub/fetchModel';
import type { CompanionStore } from './companions';
import { debounce } from './debounce';
import { log } from './log';

/** What files beside a config say of its quantization; they are read in the background. */
export interface SidecarStore extends vscode.Disposable {
  /** What is known by now; the first question about a folder has its files read. One object until the files change. */
  get(document: vscode.TextDocument): Sidecars;
  /** Sidecars of some documents are others now. */
  readonly onDidChange: vscode.Event<void>;
}

const none: Sidecars = {};
/** Larger files are not what their name says. */
const mostBytes = 16 * 1024 * 1024;

export function createSidecarStore(companions: CompanionStore): SidecarStore {
  /** By folder, for files; by document, for what was fetched. */
  const known = new Map<string, Sidecars>();
  const changed = new vscode.EventEmitter<void>();

  function ask(key: string, read: () => Promise<Sidecars> | Sidecars): Sidecars {
    const before = known.get(key);
    if (before) return before;
    known.set(key, none);
    void Promise.resolve(read()).then(
      (sidecars) => {
        if (Object.keys(sidecars).length === 0) return;
        known.set(key, sidecars);
        changed.fire();
      },
      (error: unknown) => log().warn(`files beside ${key}: ${String(error)}`),
    );
    return none;
  }

  const again = debounce(() => changed.fire());
  const forget = (uri: vscode.Uri): void => {
    known.delete(vscode.Uri.joinPath(uri, '..').toString());
    again();
  };
  const watcher = vscode.workspace.createFileSystemWatcher(`**/{${Object.values(sidecarFiles).join(',')}}`);
  const listeners = vscode.Disposable.from(
    changed,
    again,
    watcher,
    watcher.onDidChange(forget),
    watcher.onDidCreate(forget),
    watcher.onDidDelete(forget),
    companions.onDidChange((uri) => {
      known.delete(uri.toString());
      again();
    }),
  );

  return {
    onDidChange: changed.event,
    get({ uri }) {
      const fetched = companions.get(uri);
      if (fetched) return ask(uri.toString(), () => sidecarsOf({ 'hf_quant_config.json': textOf(fetched['hf_quant_config.json']) }));
      if (uri.scheme === 'untitled') return none;
      const folder = vscode.Uri.joinPath(uri, '..');
      return ask(folder.toString(), async () => sidecarsOf(await readTexts(folder)));
    },
    dispose: () => listeners.dispose(),
  };
}

const textOf = (companion: Companion): string | undefined => (companion.kind === 'text' ? companion.text : undefined);

type Texts = { readonly [File in SidecarFile]?: string | undefined };

function sidecarsOf(texts: Texts): Sidecars {
  const { sidecars, unreadable } = parseSidecars(Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== undefined)));
  for (const file of unreadable) log().warn(`${file} holds no JSON object and says nothing of the quantization`);
  return sidecars;
}

async function readTexts(folder: vscode.Uri): Promise<Texts> {
  const texts: { [File in SidecarFile]?: string } = {};
  for (const file of Object.values(sidecarFiles)) {
    const uri = vscode.Uri.joinPath(folder, file);
    try {
      const { size } = await vscode.workspace.fs.stat(uri);
      if (size <= mostBytes) texts[file] = new TextDecoder().decode(await vscode.workspace.fs.readFile(uri));
    } catch {
      // not there, as most often
    }
  }
  return texts;
}
