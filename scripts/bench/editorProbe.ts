/** Measures the extension from inside the extension host, where VS Code itself would ask it. editor.mjs reads what it prints. */
import * as vscode from 'vscode';
import { analyzeText, estimate, findDevice, insightsFor, type Analysis, type Target } from '../../src/engine/index';
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
 * base/common/performance.ts keeps them, in order, under this global name). Several extensions are activated in turn while a
 * window starts, so that each of the two ends at the next mark, whosever it is.
 */
function activationTime(id: string): number {
  const { MonacoPerformanceMarks } = globalThis as {
    MonacoPerformanceMarks?: { getMarks(): readonly { name: string; startTime: number }[] };
  };
  const marks = MonacoPerformanceMarks?.getMarks() ?? [];
  const lasted = (event: string): number => {
    const at = marks.findIndex(({ name }) => name === `code/extHost/${event}/${id}`);
    const [mark, next] = at < 0 ? [] : marks.slice(at);
    if (!mark || !next) throw new Error(`VS Code sets no mark ${event}`);
    return next.startTime - mark.startTime;
  };
  return lasted('willLoadExtensionCode') + lasted('willActivateExtension');
}

/** Milliseconds of the engine's part in the first annotations, by the copy of it in this bundle, which nothing has run yet. */
function engineTimes(text: string): Readonly<Record<string, readonly number[]>> {
  const started = performance.now();
  const { result } = analyzeText(text);
  const targets = ['RTX 4090', 'H100 SXM 80GB'].flatMap((name): Target[] => {
    const found = findDevice(name);
    return found.kind === 'found' ? [{ device: found.device, count: 1 }] : [];
  });
  const settings = { context: 8192, batch: 1, kvDtype: 'auto', targets } as const;
  estimate(result as Analysis, { ...settings, precisions: ['checkpoint', 'bf16', 'fp8-channel', 'awq-int4-g128'] });
  const estimated = performance.now();
  insightsFor(result as Analysis, settings);
  return { engineLenses: [estimated - started], engineHints: [performance.now() - estimated] };
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
  void vscode.commands.executeCommand('vramLens.estimateAt');
  await whenLoaded();
  print({ load: [performance.now() - started] });

  // The way there and back, with providers that look at a document and say nothing; the first time VS Code pays for itself.
  const other = await vscode.workspace.openTextDocument({ language: 'json', content: '{}' });
  const silent = async (ask: (document: vscode.TextDocument) => Thenable<readonly unknown[]>) => (await timed(() => ask(other)))[0];
  print({ firstSilentLenses: [await silent(lensesOf)], firstSilentHints: [await silent(hintsOf)] });

  const document = await read('Llama-3.1-8B', 'config.json');
  print({ firstLenses: [await askLenses(document)], firstHints: [await askHints(document)] });
  print(engineTimes(document.getText()));

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
  print({ silentLenses: await times(repeats, () => silent(lensesOf)), silentHints: await times(repeats, () => silent(hintsOf)) });
}
