import * as vscode from 'vscode';
import { deepEqual, equal, ok } from '../assert';
import { lensesOf, loadLens, plain, sample } from '../surfaces';
import { open, until } from '../workspace';

const command = (id: string, ...args: unknown[]): Thenable<unknown> => vscode.commands.executeCommand(`vramLens.${id}`, ...args);

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Runs a command that asks, and accepts what stands first in its list, or `down` lines further. */
async function accepting(id: string, down = 0, ...args: unknown[]): Promise<void> {
  let done = false;
  const running = Promise.resolve(command(id, ...args)).then(() => (done = true));
  for (let attempt = 0; attempt < 20 && !done; attempt++) {
    await pause(300);
    if (done) break;
    for (let step = 0; step < down; step++) await vscode.commands.executeCommand('workbench.action.quickOpenNavigateNextInFilePicker');
    await vscode.commands.executeCommand('workbench.action.acceptSelectedQuickOpenItem');
  }
  await running;
}

describe('commands', () => {
  before(loadLens);
  after(async () => {
    for (const key of ['targets', 'precision'])
      await vscode.workspace.getConfiguration('vramLens').update(key, undefined, vscode.ConfigurationTarget.Workspace);
  });

  it('copy the estimate as Markdown', async () => {
    const document = await open('config.json');
    await vscode.env.clipboard.writeText('before');
    await command('copyMarkdown', document.uri);
    const text = await vscode.env.clipboard.readText();
    ok(text.includes('| **total** | **8,030,261,248** |'), text);
    ok(/^\| as the file says \(BF16\) \| 14\.96 GiB \| 16\.00 \|/m.test(text), text);
    ok(text.startsWith('## '), 'the file is named');
  });

  it('estimate every config of the workspace: one table, what is no model left out', async () => {
    await command('estimateWorkspace');
    const table = vscode.workspace.textDocuments.find(({ languageId, isUntitled }) => isUntitled && languageId === 'markdown');
    ok(table, 'the table');
    const text = plain(table.getText());
    ok(/^\| config\.json +\| Llama +\| +8\.03B \| +\| 14\.96 GiB \(BF16\) \|/m.test(text), text);
    ok(!text.includes('other/config.json'), 'no row for something else');
  });

  it('open a sample', async () => {
    await accepting('openSample');
    const shown = (): vscode.TextDocument | undefined => vscode.window.activeTextEditor?.document;
    await until(() => shown()?.isUntitled === true && shown()?.languageId === 'json', 'a new document');
    const document = shown() as vscode.TextDocument;
    equal((await lensesOf(document)).length, 3);
  });

  it('which hardware: the chosen device becomes the first target', async () => {
    const document = await open('config.json');
    await accepting('whichHardware', 0, document.uri);
    const [first] = vscode.workspace.getConfiguration('vramLens', document).get<{ device: string; count: number }[]>('targets') ?? [];
    ok(first && first.count === 1, 'a target');
    const [, target] = await lensesOf(document);
    ok(target?.command?.title.startsWith(first.device), `${target?.command?.title} is about ${first.device}`);
  });

  it('choose target hardware: accepting the list as it opens loses no target, not even one that names nothing', async () => {
    await open('config.json');
    const configuration = vscode.workspace.getConfiguration('vramLens');
    const targets = [
      { device: 'no such card', count: 2 },
      { device: '4090', count: 1 },
      { device: 'RTX 4090', count: 4 },
    ];
    await configuration.update('targets', targets, vscode.ConfigurationTarget.Workspace);
    await accepting('chooseTargets');
    deepEqual(vscode.workspace.getConfiguration('vramLens').get('targets'), targets, 'targets');
  });

  it('estimate at a precision: the chosen one is kept', async () => {
    const document = await open('config.json');
    await accepting('estimateAt', 0, document.uri);
    equal(vscode.workspace.getConfiguration('vramLens', document).get('precision'), 'checkpoint');
  });

  it('a config that is not in front is meant when it is named', async () => {
    const named = await sample('t5-large');
    await open('config.json');
    await vscode.env.clipboard.writeText('before');
    await command('copyMarkdown', named.uri);
    ok((await vscode.env.clipboard.readText()).includes('T5'), 'the named one');
  });
});
