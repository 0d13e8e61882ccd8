import * as vscode from 'vscode';
import { llamaLines, vllmLines } from '../../unit/memory/logLines';
import { equal, ok } from '../assert';
import { hoverOn, lensesOf, loadLens, sample, withSetting } from '../surfaces';
import { fixture, open, until } from '../workspace';

describe('a start-up log', () => {
  const { fs } = vscode.workspace;
  const folder = (): vscode.Uri => fixture('logs');
  before(loadLens);
  after(async () => {
    await fs.delete(folder(), { recursive: true });
    await vscode.commands.executeCommand('notifications.clearAll');
    await vscode.workspace.getConfiguration('vramLens').update('deviceProfiles', undefined, vscode.ConfigurationTarget.Workspace);
  });
  afterEach(() => vscode.commands.executeCommand('workbench.action.closeAllEditors'));

  /** Runs the command on a log, and returns the report that it opens. */
  async function reportOf(name: string, lines: readonly string[]): Promise<string> {
    const file = vscode.Uri.joinPath(folder(), name);
    await fs.writeFile(file, new TextEncoder().encode(lines.join('\n')));
    await vscode.commands.executeCommand('vramLens.checkLog', file);
    const isReport = ({ isUntitled, languageId }: vscode.TextDocument): boolean => isUntitled && languageId === 'markdown';
    const report = vscode.workspace.textDocuments.find((document) => isReport(document) && document.getText().includes(name));
    ok(report, 'a report');
    return report.getText();
  }

  it('of a GGUF file is checked without a config', async () => {
    const text = await reportOf('llama.log', llamaLines);
    ok(text.includes('All 6 figures that could be compared lie within their bands.'), text);
    ok(text.includes('from the log itself'), text);
  });
  it('of vLLM is checked against the config that is open', async () => {
    await open('config.json');
    const text = await reportOf('vllm.log', vllmLines);
    ok(/\| model-weights \| 14\.9\d GiB \|/.test(text.replace(/\u00a0/g, ' ')), text);
    ok(text.includes('config.json'), text);
  });
  it('keeps what is the machine’s own as a setting, and only where it is a profile', async () => {
    const configuration = (): vscode.WorkspaceConfiguration => vscode.workspace.getConfiguration('vramLens');
    await open('config.json');
    await reportOf(
      'kept.log',
      vllmLines.map((line) =>
        line.replace('Automatically detected', 'device_name=NVIDIA_H100_80GB_HBM3, detected').replace('platform cuda', 'KV cache'),
      ),
    );
    equal((configuration().get<unknown[]>('deviceProfiles') ?? []).length, 0, 'nothing is kept unasked');
    await vscode.commands.executeCommand('notifications.showList');
    await vscode.commands.executeCommand('notifications.focusFirstToast').then(undefined, () => undefined);
    await vscode.commands.executeCommand('notification.acceptPrimaryAction').then(undefined, () => undefined);
    await until(() => (configuration().get<unknown[]>('deviceProfiles') ?? []).length === 1, 'the profile');
    const [profile] = configuration().get<{ device: string; memory: number }[]>('deviceProfiles') ?? [];
    equal(profile?.device, 'H100 SXM 80GB');
  });
  it('lets every surface say what was measured here, at once and until the profile is removed', async () => {
    const configuration = (): vscode.WorkspaceConfiguration => vscode.workspace.getConfiguration('vramLens');
    const profiles = configuration().get<object[]>('deviceProfiles') ?? [];
    await withSetting('targets', [{ device: 'H100 SXM 80GB', count: 1 }], async () => {
      const document = await sample('Llama-3.1-8B');
      const says = async (): Promise<readonly boolean[]> => [
        (await lensesOf(document))[1]?.command?.title.includes('(measured here)') === true,
        (await hoverOn(document, 'model_type')).includes('measured here: 79.19 GiB usable'),
        (await hoverOn(document, 'model_type')).includes('kept.log'),
      ];
      equal((await says()).join(), 'true,true,true');
      await configuration().update('deviceProfiles', undefined, vscode.ConfigurationTarget.Workspace);
      equal((await says()).join(), 'false,false,false');
      await configuration().update('deviceProfiles', profiles, vscode.ConfigurationTarget.Workspace);
      equal((await says()).join(), 'true,true,true');
      // The command lists the profile first; accepting it removes it.
      const count = (): number => (configuration().get<object[]>('deviceProfiles') ?? []).length;
      const done = vscode.commands.executeCommand('vramLens.deviceProfiles');
      for (let attempt = 0; attempt < 100 && count() > 0; attempt++) {
        await vscode.commands.executeCommand('workbench.action.acceptSelectedQuickOpenItem');
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      equal(count(), 0, 'the profile is removed');
      await done;
      equal((await says()).join(), 'false,false,false');
    });
  });
});
