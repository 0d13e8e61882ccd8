import * as vscode from 'vscode';
import { ok } from './assert';
import { lens, open, until } from './workspace';

/** Opens a config of the workspace and waits until the providers are there. */
export async function loadLens(): Promise<void> {
  await open('config.json');
  await until(() => lens().exports.isLoaded(), 'the second bundle');
}

/** A new document with this text, in no editor. */
export const documentOf = (content: string): Thenable<vscode.TextDocument> =>
  vscode.workspace.openTextDocument({ language: 'json', content });

/** The text of a sample that comes with the extension. */
export async function sampleText(name: string): Promise<string> {
  const bytes = await vscode.workspace.fs.readFile(vscode.Uri.joinPath(lens().extensionUri, 'samples', name, 'config.json'));
  return new TextDecoder().decode(bytes);
}

/** Names of all samples. */
export async function sampleNames(): Promise<readonly string[]> {
  const bytes = await vscode.workspace.fs.readFile(vscode.Uri.joinPath(lens().extensionUri, 'samples', 'samples.json'));
  return JSON.parse(new TextDecoder().decode(bytes)) as readonly string[];
}

export const sample = async (name: string): Promise<vscode.TextDocument> => documentOf(await sampleText(name));

/** Our code lenses, in their order. */
export async function lensesOf(document: vscode.TextDocument): Promise<readonly vscode.CodeLens[]> {
  for (let attempt = 0; attempt < 20; attempt++) {
    const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>('vscode.executeCodeLensProvider', document.uri);
    // VS Code lets go of the commands 100 ms after it has answered; a busy extension host then receives lenses without them.
    if (lenses.every(({ command }) => command)) return lenses.filter(({ command }) => command?.command.startsWith('vramLens.'));
  }
  throw new Error(`no lenses with their commands for ${document.uri.toString()}`);
}

/** The text of the first lens: the model in one line. */
export async function modelLine(document: vscode.TextDocument): Promise<string | undefined> {
  return (await lensesOf(document))[0]?.command?.title;
}

export interface ShownHint {
  readonly text: string;
  readonly position: vscode.Position;
  /** The key on its line. */
  readonly key: string;
}

/** The inlay hints of a document, top to bottom. */
export async function hintsOf(document: vscode.TextDocument): Promise<readonly ShownHint[]> {
  const whole = new vscode.Range(0, 0, document.lineCount, 0);
  const hints = await vscode.commands.executeCommand<vscode.InlayHint[]>('vscode.executeInlayHintProvider', document.uri, whole);
  return hints
    .map(({ label, position }) => ({
      text: typeof label === 'string' ? label : label.map(({ value }) => value).join(''),
      position,
      key: /"([^"]+)"\s*:/.exec(document.lineAt(position.line).text)?.[1] ?? '',
    }))
    .sort((a, b) => a.position.compareTo(b.position));
}

/** The text of the hint at the first line of a key. */
export const hintAt = async (document: vscode.TextDocument, key: string): Promise<string | undefined> =>
  (await hintsOf(document)).find((hint) => hint.key === key)?.text;

/** Where a text first stands in a document. */
export function placeOf(document: vscode.TextDocument, text: string): vscode.Position {
  const offset = document.getText().indexOf(text);
  ok(offset >= 0, `${text} is in the document`);
  return document.positionAt(offset);
}

/** Our hover at a place, as Markdown; `undefined` where there is none. */
export async function hoverAt(document: vscode.TextDocument, position: vscode.Position): Promise<vscode.MarkdownString | undefined> {
  const hovers = await vscode.commands.executeCommand<vscode.Hover[]>('vscode.executeHoverProvider', document.uri, position);
  const contents = hovers.flatMap((hover) => hover.contents as vscode.MarkdownString[]);
  return contents.find(({ value }) => value.includes('command:vramLens.'));
}

/** Text with plain spaces: cells of tables hold no-break ones. */
export const plain = (text: string): string => text.replace(/\u00a0/g, ' ');

/** The Markdown of the hover on a key. */
export async function hoverOn(document: vscode.TextDocument, key: string): Promise<string> {
  const hover = await hoverAt(document, placeOf(document, `"${key}"`).translate(0, 2));
  ok(hover, `a hover on ${key}`);
  return plain(hover.value);
}

/** Our diagnostics of a document. */
export const problemsOf = (document: vscode.TextDocument): readonly vscode.Diagnostic[] =>
  vscode.languages.getDiagnostics(document.uri).filter(({ source }) => source === 'VRAM Lens');

/** Replaces a text in a document, wherever it is shown. */
export async function replace(document: vscode.TextDocument, text: string, by: string): Promise<void> {
  const start = placeOf(document, text);
  const edit = new vscode.WorkspaceEdit();
  edit.replace(document.uri, new vscode.Range(start, document.positionAt(document.offsetAt(start) + text.length)), by);
  ok(await vscode.workspace.applyEdit(edit), 'the edit is applied');
}

/** Runs something under a user setting of ours, and takes the setting back. */
export async function withSetting(key: string, value: unknown, run: () => Promise<void>): Promise<void> {
  const write = (next: unknown): Thenable<void> =>
    vscode.workspace.getConfiguration('vramLens').update(key, next, vscode.ConfigurationTarget.Global);
  await write(value);
  try {
    await run();
  } finally {
    await write(undefined);
  }
}
