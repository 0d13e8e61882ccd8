import * as vscode from 'vscode';
import type { HubFiles } from '../../activation/contributions';
import { hubScheme } from '../../activation/hubFileSystem';
import type { CompanionStore } from '../../host/companions';
import { defaultEndpoint, parseEndpoint } from '../../hub/endpoint';
import { companionNames, type FetchedModel } from '../../hub/fetchModel';
import { formatReference, parseReference, type ModelReference } from '../../hub/reference';

const configName = 'config.json';

/** Models kept in memory; with their indexes, characters in all. The one fetched last stays whatever its size. */
const keptModels = 20;
const keptCharacters = 64 * 1024 * 1024;

export interface HubDocuments extends vscode.Disposable {
  readonly files: HubFiles;
  /** Keeps what was fetched, and returns the document that shows its config. */
  keep(model: ModelReference, fetched: FetchedModel): vscode.Uri;
  isKept(uri: vscode.Uri): boolean;
}

/** The document of a model: vram-lens-hub:/org/model/config.json?revision. */
export const documentUri = ({ id, revision }: ModelReference): vscode.Uri =>
  vscode.Uri.from({ scheme: hubScheme, path: `/${id}/${configName}`, query: revision ?? '' });

interface Place {
  readonly model: ModelReference;
  /** Of the file in the repository; '' is the folder. */
  readonly name: string;
}

/** What a document's address names; `undefined` for addresses that no model has, whoever made them. */
export function placeOf(uri: vscode.Uri): Place | undefined {
  const names: readonly string[] = [configName, ...companionNames];
  const segments = uri.path.split('/').filter(Boolean);
  const last = segments.at(-1) ?? '';
  const name = names.includes(last) ? last : '';
  const endpoint = parseEndpoint(defaultEndpoint);
  if (uri.scheme !== hubScheme || !endpoint) return undefined;
  const id = (name === '' ? segments : segments.slice(0, -1)).join('/');
  const parsed = parseReference(uri.query === '' ? id : `${id}@${uri.query}`, endpoint);
  return parsed.kind === 'model' && parsed.model.id === id ? { model: parsed.model, name } : undefined;
}

interface Kept {
  readonly uri: vscode.Uri;
  readonly since: number;
  /** By name. */
  readonly texts: ReadonlyMap<string, string>;
}

/**
 * The documents of fetched models: read-only, in memory, gone with the session. A tab that VS Code brings back afterwards
 * finds a line instead that says so; nothing here asks the network.
 */
export function createHubDocuments(companions: CompanionStore): HubDocuments {
  const kept = new Map<string, Kept>(); // least recently fetched first
  const changed = new vscode.EventEmitter<vscode.Uri>();
  const keyOf = (model: ModelReference): string => formatReference(model);
  const sizeOf = ({ texts }: Kept): number => [...texts.values()].reduce((sum, text) => sum + text.length, 0);

  function makeRoom(): void {
    let total = [...kept.values()].reduce((sum, each) => sum + sizeOf(each), 0);
    for (const [key, oldest] of kept) {
      if (kept.size <= 1 || (kept.size <= keptModels && total <= keptCharacters)) break;
      total -= sizeOf(oldest);
      kept.delete(key);
      companions.set(oldest.uri, undefined);
    }
  }

  function read(uri: vscode.Uri): { readonly bytes: Uint8Array; readonly since: number } {
    const place = placeOf(uri);
    const model = place && kept.get(keyOf(place.model));
    const text = place && (model ? model.texts.get(place.name) : place.name === configName ? absentText(place.model) : undefined);
    if (text === undefined) throw vscode.FileSystemError.FileNotFound(uri);
    return { bytes: new TextEncoder().encode(text), since: model?.since ?? 0 };
  }

  const files: HubFiles = {
    onDidChange: changed.event,
    readFile: (uri) => read(uri).bytes,
    stat(uri) {
      if (placeOf(uri)?.name === '') return { type: vscode.FileType.Directory, ctime: 0, mtime: 0, size: 0 };
      const { bytes, since } = read(uri);
      return { type: vscode.FileType.File, ctime: since, mtime: since, size: bytes.byteLength };
    },
    readDirectory(uri) {
      const place = placeOf(uri);
      const texts = place?.name === '' ? kept.get(keyOf(place.model))?.texts : undefined;
      return [...(texts?.keys() ?? [])].map((name) => [name, vscode.FileType.File]);
    },
  };

  return {
    files,
    keep(model, fetched) {
      const uri = documentUri(model);
      const texts = new Map([[configName, fetched.config]]);
      for (const name of companionNames) {
        const companion = fetched.companions[name];
        if (companion?.kind === 'text') texts.set(name, companion.text);
      }
      kept.delete(keyOf(model));
      kept.set(keyOf(model), { uri, since: Date.now(), texts });
      makeRoom();
      companions.set(uri, fetched.companions);
      changed.fire(uri);
      return uri;
    },
    isKept(uri) {
      const place = placeOf(uri);
      return place !== undefined && kept.has(keyOf(place.model));
    },
    dispose() {
      kept.clear();
      changed.dispose();
    },
  };
}

/** Stands in a document of an earlier session: JSON, so that nothing marks it as broken. */
function absentText(model: ModelReference): string {
  const { t } = vscode.l10n;
  const lines = [
    t('{0} was fetched in an earlier session.', formatReference(model)),
    t('VRAM Lens asks the network only when you do: the link above fetches it again.'),
  ];
  return `${JSON.stringify(lines, undefined, 2)}\n`;
}
