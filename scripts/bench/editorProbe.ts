/** Measures the extension from inside the extension host, where VS Code itself would ask it. editor.mjs reads what it prints. */
import * as vscode from 'vscode';
import type { LensApi } from '../../src/extension';

const tag = '[bench] ';
const repeats = 60;
const edits = 30;
const settleMs = 4_000;

type Ask = (document: vscode.TextDocument) => Promise<number>;

/** Milliseconds that something took, and what it came to. */
async function timed<T>(run: () => Thenable<T>): Promise<readonly [milliseconds: number, result: T]> {
  const started = performance.now();
  const result = await run();
  return [performance.now() - started, result];
}

const lensesOf = (document: vscode.TextDocument): Thenable<vscode.CodeLens[]> =>
  vscode.commands.executeCommand('vscode.executeCodeLensProvider', document.uri);
const hintsOf = (document: vscode.TextDocument): Thenable<vscode.InlayHint[]> =>
  vscode.commands.executeCommand('vscode.executeInlayHintProvider', document.uri, new vscode.Range(0, 0, document.lineCount, 0));

/** Asks and insists on an answer: a time in which nothing was said would mean nothing. */
const answered =
  (ask: (document: vscode.TextDocument) => Thenable<readonly unknown[]>): Ask =>
  async (document) => {
    const [milliseconds, answer] = await timed(() => ask(document));
    if (answer.length === 0) throw new Error(`no answer for ${document.uri.path}`);
    return milliseconds;
  };
const askLenses = answered(lensesOf);
const askHints = answered(hintsOf);

async function times(count: number, measure: () => Promise<number>): Promise<readonly number[]> {
  const all: number[] = [];
  for (let turn = 0; turn < count; turn++) all.push(await measure());
  return all;
}

/**
 * Milliseconds to run the first bundle and call its activate(), by the marks that VS Code sets for itself (its
 * base/common/performance.ts keeps them under this global name).
 */
function activationTime(id: string): number {
  const { MonacoPerformanceMarks } = globalThis as {
    MonacoPerformanceMarks?: { getMarks(): readonly { name: string; startTime: number }[] };
  };
  const at = (event: string): number => {
    const mark = MonacoPerformanceMarks?.getMarks().find(({ name }) => name === `code/extHost/${event}/${id}`);
    if (!mark) throw new Error(`VS Code sets no mark ${event}`);
    return mark.startTime;
  };
  // Between the two, at the start of a window, other extensions are loaded.
  return at('didLoadExtensionCode') - at('willLoadExtensionCode') + at('didActivateExtension') - at('willActivateExtension');
}

/** Called by VS Code as if it were a test suite. */
export async function run(): Promise<void> {
  const extension = vscode.extensions.getExtension<LensApi>('vram-lens.vram-lens');
  const folder = vscode.workspace.workspaceFolders?.[0];
  if (!extension || !folder) throw new Error('the extension and a workspace are needed');
  const read = (...names: string[]) => vscode.workspace.openTextDocument(vscode.Uri.joinPath(folder.uri, ...names));
  const print = (results: Readonly<Record<string, readonly number[]>>): void => console.log(tag + JSON.stringify(results));

  await new Promise((resolve) => setTimeout(resolve, settleMs)); // the window is still starting
  const { isLoaded, whenLoaded } = await extension.activate();
  print({ activation: [activationTime(extension.id)] });
  if (isLoaded()) throw new Error('the second bundle is loaded before any config is open');
  const started = performance.now();
  // Any command loads it, without a way to the window and back; this one has nothing to do as no config is open.
  void vscode.commands.executeCommand('vramLens.copyMarkdown');
  await whenLoaded();
  print({ load: [performance.now() - started] });

  const document = await read('Llama-3.1-8B', 'config.json');
  print({ firstLenses: [await askLenses(document)], firstHints: [await askHints(document)] });

  const names = JSON.parse((await read('samples.json')).getText()) as readonly string[];
  const firstLenses: number[] = [];
  const firstHints: number[] = [];
  for (const name of names.filter((other) => other !== 'Llama-3.1-8B')) {
    const other = await read(name, 'config.json');
    firstLenses.push(await askLenses(other));
    firstHints.push(await askHints(other));
  }
  print({ nextLenses: firstLenses, nextHints: firstHints });

  print({ repeatedLenses: await times(repeats, () => askLenses(document)), repeatedHints: await times(repeats, () => askHints(document)) });
  const editedLenses: number[] = [];
  const editedHints: number[] = [];
  for (let turn = 0; turn < edits; turn++) {
    const edit = new vscode.WorkspaceEdit();
    edit.insert(document.uri, new vscode.Position(0, 1), ' ');
    await vscode.workspace.applyEdit(edit);
    editedLenses.push(await askLenses(document));
    editedHints.push(await askHints(document));
  }
  print({ editedLenses, editedHints });

  // The way there and back, with providers that look at the document and say nothing.
  const other = await vscode.workspace.openTextDocument({ language: 'json', content: '{}' });
  const silent = async (ask: (document: vscode.TextDocument) => Thenable<readonly unknown[]>) => (await timed(() => ask(other)))[0];
  print({ silentLenses: await times(repeats, () => silent(lensesOf)), silentHints: await times(repeats, () => silent(hintsOf)) });
}
