import * as vscode from 'vscode';
import { mayBeModelConfig } from '../activation/sniff';
import { analyzeText, type Analysis, type Sidecars, type AnalyzedDocument, type ConfigPath, type TextRange } from '../engine/index';
import type { SidecarStore } from './sidecarFiles';

/** A document as every surface sees it: one analysis per version, the last good one while the text is broken. */
export interface Reading {
  readonly version: number;
  /** Of the text as it stands now. */
  readonly current: AnalyzedDocument;
  /** The figures to show: the current ones, or those of the last version that could be read whole. */
  readonly analysis: Analysis;
  /** The figures are from an earlier version of the text. */
  readonly stale: boolean;
  /** Where a key and its value stand in the text as it is now. */
  locate(path: ConfigPath): { readonly key: vscode.Range; readonly value: vscode.Range } | undefined;
}

export interface Analyses extends vscode.Disposable {
  /** The document's reading, or `undefined` when it is no model config. */
  get(document: vscode.TextDocument): Reading | undefined;
  /** What the engine says of a document that gives no model (broken from the start, dimensions missing). */
  refused(document: vscode.TextDocument): AnalyzedDocument | undefined;
}

interface Good {
  readonly analysis: Analysis;
  /** Lines of its keys, to find them again while the text does not parse. */
  readonly lines: ReadonlyMap<string, number>;
}
interface Entry {
  readonly version: number;
  /** What was known of the files beside it. */
  readonly sidecars: Sidecars;
  readonly current: AnalyzedDocument;
  readonly good: Good | undefined;
  readonly reading: Reading | undefined;
}

/** Documents whose analysis is kept; VS Code's own inlay cache keeps as many. */
const capacity = 50;

/** Schemes of documents that are shown beside others (diffs, history): annotations would shift their lines. */
const passiveSchemes = new Set(['git', 'vscode-local-history', 'output', 'vscode-scm', 'comment', 'debug']);

/**
 * Keeps one analysis per document version and state of the files beside it; every surface reads through it.
 */
export function createAnalyses(besides: Pick<SidecarStore, 'get'>): Analyses {
  const entries = new Map<string, Entry>();
  const closing = vscode.workspace.onDidCloseTextDocument((document) => entries.delete(document.uri.toString()));

  function entryOf(document: vscode.TextDocument): Entry | undefined {
    const key = document.uri.toString();
    const known = entries.get(key);
    if (known && !known.good && known.version === document.version) return known; // no model: files beside it change nothing
    if (passiveSchemes.has(document.uri.scheme)) return undefined;
    // A config that was read before stays ours while its model_type is being retyped.
    if (!known?.good && !mayBeModelConfig(document)) return undefined;
    const sidecars = besides.get(document);
    if (known?.version === document.version && known.sidecars === sidecars) return known;
    const entry = read(document, sidecars, known?.good);
    entries.delete(key);
    entries.set(key, entry);
    for (const oldest of entries.keys()) {
      if (entries.size <= capacity) break;
      entries.delete(oldest);
    }
    return entry;
  }

  return {
    get: (document) => entryOf(document)?.reading,
    refused(document) {
      const entry = entryOf(document);
      return entry && !entry.reading && entry.current.result.kind !== 'other' ? entry.current : undefined;
    },
    dispose() {
      closing.dispose();
      entries.clear();
    },
  };
}

function read(document: vscode.TextDocument, sidecars: Sidecars, before: Good | undefined): Entry {
  const { version } = document;
  const current = analyzeText(document.getText(), sidecars);
  const { result } = current;
  const { complete } = current.document;
  if (complete && result.kind !== 'model') return { version, sidecars, current, good: undefined, reading: undefined };
  const good = complete && result.kind === 'model' ? { analysis: result, lines: linesOf(document, current) } : before;
  const analysis = good?.analysis ?? (result.kind === 'model' ? result : undefined);
  return { version, sidecars, current, good, reading: analysis && readingOf(document, current, analysis, good) };
}

const pathKey = (path: ConfigPath): string => path.join('\u0000');

/** Lines of every top-level key and one level below, as a fallback while the text is broken. */
function linesOf(document: vscode.TextDocument, { document: config }: AnalyzedDocument): ReadonlyMap<string, number> {
  const lines = new Map<string, number>();
  const note = (path: ConfigPath): void => {
    const range = config.keyRange(path);
    if (range) lines.set(pathKey(path), document.positionAt(range.offset).line);
  };
  for (const [key, value] of Object.entries(config.root ?? {})) {
    note([key]);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) continue;
    for (const inner of Object.keys(value).slice(0, 200)) note([key, inner]);
  }
  return lines;
}

function readingOf(document: vscode.TextDocument, current: AnalyzedDocument, analysis: Analysis, good: Good | undefined): Reading {
  const config = current.document;
  const rangeOf = ({ offset, length }: TextRange): vscode.Range =>
    new vscode.Range(document.positionAt(offset), document.positionAt(offset + length));
  const stale = current.result !== analysis;
  return {
    version: document.version,
    current,
    analysis,
    stale,
    locate(path) {
      const key = config.keyRange(path);
      const value = config.valueRange(path);
      if (key && value) return { key: rangeOf(key), value: rangeOf(value) };
      return stale ? findByLine(document, path, good?.lines.get(pathKey(path))) : undefined;
    },
  };
}

/** Lines around its last place that are searched for a key in a text that does not parse. */
const searchedLines = 20;

function findByLine(document: vscode.TextDocument, path: ConfigPath, near: number | undefined): ReturnType<Reading['locate']> {
  if (near === undefined) return undefined;
  const name = JSON.stringify(path.at(-1));
  for (let distance = 0; distance <= searchedLines; distance++)
    for (const line of distance === 0 ? [near] : [near - distance, near + distance]) {
      if (line < 0 || line >= document.lineCount) continue;
      const text = document.lineAt(line).text;
      const start = text.indexOf(name);
      if (start < 0) continue;
      const key = new vscode.Range(line, start, line, start + name.length);
      return { key, value: new vscode.Range(line, start + name.length, line, text.trimEnd().length) };
    }
  return undefined;
}
