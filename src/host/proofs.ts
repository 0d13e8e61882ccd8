import * as vscode from 'vscode';
import { findCheckpoints } from '../checkpointFiles/find';
import { proveAll } from '../checkpointFiles/prove';
import { toldBy } from '../checkpointFiles/verify';
import type { Analysis, Proof, Sidecars } from '../engine/index';
import type { Analyses } from './analyses';
import { fetchedFolder, folderOf } from './checkpointFolders';
import type { CompanionStore } from './companions';
import { debounce } from './debounce';
import type { Estimates } from './estimates';
import { fileLabel } from './fileLabel';
import { log } from './log';
import type { SidecarStore } from './sidecarFiles';

/** Configs held against the files that lie beside them, in the background. */
export interface Proofs extends vscode.Disposable {
  /** One proof per checkpoint beside the config; none while they are being made, or where nothing lies there. */
  get(document: vscode.TextDocument): readonly Proof[];
  /** The same, once they are made. */
  ask(document: vscode.TextDocument): Promise<readonly Proof[]>;
  readonly onDidChange: vscode.Event<void>;
}

interface Entry {
  /** Of the text that was compared, and what other files say of the quantization: analyses come and go with their cache. */
  readonly version: number;
  sidecars: Sidecars;
  readonly made: Promise<readonly Proof[]>;
  proofs: readonly Proof[];
}

/** The name by which a config describes the files beside it; others are somebody's notes. */
const describes = (uri: vscode.Uri): boolean => /(^|\/)config\.json$/.test(uri.path);

/** @param sidecars is told who wrote the files, where their tensors tell it: the config is then read so. */
export function createProofs(
  analyses: Analyses,
  estimates: Pick<Estimates, 'settingsOf'>,
  companions: CompanionStore,
  sidecars: Pick<SidecarStore, 'tell'>,
): Proofs {
  const entries = new Map<string, Entry>();
  const changed = new vscode.EventEmitter<void>();

  function entryOf(document: vscode.TextDocument): Entry | undefined {
    if (!describes(document.uri) || !estimates.settingsOf(document).verify) return undefined;
    const reading = analyses.get(document);
    if (!reading || reading.stale) return undefined;
    const key = document.uri.toString();
    const known = entries.get(key);
    const { version, analysis } = reading;
    if (known?.version === version && known.sidecars === analysis.sidecars) return known;
    const made = proofsOf(document, analysis);
    const entry: Entry = { version, sidecars: analysis.sidecars, made, proofs: [] };
    entries.set(key, entry);
    void made.then((proofs) => {
      if (entries.get(key) !== entry || proofs.length === 0) return;
      entry.proofs = proofs;
      // These proofs are of that reading, too.
      entry.sidecars = sidecars.tell(document, toldBy(proofs));
      changed.fire();
    });
    return entry;
  }

  async function proofsOf({ uri }: vscode.TextDocument, analysis: Analysis): Promise<readonly Proof[]> {
    try {
      const fetched = companions.get(uri);
      const folder = fetched ? fetchedFolder(fetched) : folderOf(uri);
      return (await proveAll(analysis, folder, findCheckpoints(await folder.list()))).proofs;
    } catch (error) {
      log().warn(`files beside ${fileLabel(uri)}: ${String(error)}`);
      return [];
    }
  }

  const again = debounce(() => {
    entries.clear();
    changed.fire();
  });
  const watcher = vscode.workspace.createFileSystemWatcher('**/*.{safetensors,gguf,safetensors.index.json,bin.index.json}');
  const listeners = vscode.Disposable.from(
    changed,
    again,
    watcher,
    watcher.onDidChange(again),
    watcher.onDidCreate(again),
    watcher.onDidDelete(again),
    companions.onDidChange((uri) => {
      entries.delete(uri.toString());
      changed.fire();
    }),
    vscode.workspace.onDidCloseTextDocument(({ uri }) => entries.delete(uri.toString())),
  );
  return {
    onDidChange: changed.event,
    get: (document) => entryOf(document)?.proofs ?? [],
    ask: async (document) => (await entryOf(document)?.made) ?? [],
    dispose: () => listeners.dispose(),
  };
}
