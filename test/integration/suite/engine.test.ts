import * as vscode from 'vscode';
import { equal, ok } from '../assert';
import { lensesOf, loadLens } from '../surfaces';
import { open } from '../workspace';

const set = (key: string, value: unknown): Thenable<void> =>
  vscode.workspace.getConfiguration('vramLens').update(key, value, vscode.ConfigurationTarget.Workspace);

/** Title of the second link, once it says what is awaited. */
async function targetLink(document: vscode.TextDocument, holds: RegExp): Promise<vscode.Command | undefined> {
  let command: vscode.Command | undefined;
  for (let attempt = 0; attempt < 40; attempt++) {
    command = (await lensesOf(document))[1]?.command;
    if (command && holds.test(command.title)) return command;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${String(holds)}, not "${command?.title ?? 'nothing'}"`);
}

describe('the serving engine of the settings', () => {
  before(loadLens);
  afterEach(async () => {
    for (const key of ['engine', 'engineVersion', 'engineOptions', 'targets']) await set(key, undefined);
  });

  it('is what the line above a config tells of, and its link opens its terms', async () => {
    await set('targets', [{ device: 'RTX 4090', count: 1 }]);
    await set('engine', 'vllm');
    const document = await open('config.json');
    const command = await targetLink(document, /^vLLM on RTX 4090: ≈\d+k tokens, \d users( of 8,192)?$/);
    equal(command?.command, 'vramLens.openPanel');
    equal(command?.arguments?.[1], 'engine');
  });

  it('follows version and flags', async () => {
    await set('targets', [{ device: 'RTX 4090', count: 1 }]);
    await set('engine', 'vllm');
    const document = await open('config.json');
    const before = (await targetLink(document, /^vLLM on RTX 4090: ≈/))?.title;
    await set('engineOptions', { 'gpu-memory-utilization': 0.8 });
    const after = await targetLink(document, /^vLLM on RTX 4090: ≈(?!41k)/);
    ok(after?.title !== before, `${after?.title} after ${before}`);
    await set('engineVersion', 'the latest');
    await targetLink(document, /^vLLM on RTX 4090: no answer, see why$/);
  });

  it('is told to be wrong where it is, and nothing stands in its place', async () => {
    await set('engine', 'vllm');
    await set('engineOptions', { 'ctx-size': 8192 });
    const document = await open('config.json');
    await targetLink(document, /^vLLM: its settings are wrong$/);
    await set('engine', 'another');
    await targetLink(document, /^Serving engine: unknown$/);
    await set('engine', undefined);
    await targetLink(document, /^(?!vLLM|Serving engine)/);
  });
});
