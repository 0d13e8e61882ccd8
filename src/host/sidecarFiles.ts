import * as vscode from 'vscode';
import type { CheckpointFolder } from '../checkpointFiles/folder';
import { readSidecars } from '../checkpointFiles/sidecars';
import { sidecarFiles, type Sidecars, type Told } from '../engine/index';
import { fetchedFolder, folderOf } from './checkpointFolders';
import type { CompanionStore } from './companions';
import { debounce } from './debounce';
import { log } from './log';

/** What files beside a config say of its quantization; they are read in the background. */
export interface SidecarStore extends vscode.Disposable {
  /** What is known by now; the first question about a folder has its files read. One object until the files change. */
  get(document: vscode.TextDocument): Sidecars;
  /** Takes note of what the weights beside a document have told, or that they tell nothing; gives what is known of them now. */
  tell(document: vscode.TextDocument, told: Told | undefined): Sidecars;
  /** Sidecars of some documents are others now. */
  readonly onDidChange: vscode.Event<void>;
}

const none: Sidecars = {};

export function createSidecarStore(companions: CompanionStore): SidecarStore {
  /** By folder, for files; by document, for what was fetched. */
  const known = new Map<string, Sidecars>();
  const changed = new vscode.EventEmitter<void>();

  function ask(key: string, folder: CheckpointFolder): Sidecars {
    const before = known.get(key);
    if (before) return before;
    known.set(key, none);
    void sidecarsIn(folder).then(
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

  /** What was fetched goes by its document, files by their folder. */
  const keyOf = (uri: vscode.Uri): string => (companions.get(uri) ? uri : vscode.Uri.joinPath(uri, '..')).toString();

  return {
    onDidChange: changed.event,
    get({ uri }) {
      const fetched = companions.get(uri);
      if (!fetched && uri.scheme === 'untitled') return none;
      return ask(keyOf(uri), fetched ? fetchedFolder(fetched) : folderOf(uri));
    },
    tell({ uri }, told) {
      const before = known.get(keyOf(uri)) ?? none;
      if (before.told?.writer === told?.writer && before.told?.dtype === told?.dtype) return before;
      const now: { -readonly [K in keyof Sidecars]: Sidecars[K] } = { ...before };
      if (told === undefined) delete now.told;
      else now.told = told;
      known.set(keyOf(uri), now);
      again();
      return now;
    },
    dispose: () => listeners.dispose(),
  };
}

async function sidecarsIn(folder: CheckpointFolder): Promise<Sidecars> {
  const { sidecars, unreadable } = await readSidecars(folder);
  for (const file of unreadable) log().warn(`${file} holds no JSON object that could be read, and says nothing of the quantization`);
  return sidecars;
}
