import * as vscode from 'vscode';
import { llamaLines, vllmLines } from '../../unit/memory/logLines';
import { equal, ok } from '../assert';
import { loadLens } from '../surfaces';
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
});
