import * as vscode from 'vscode';
import { deepEqual, equal } from '../assert';
import { lens, open, until } from '../workspace';

// Runs first: what is loaded stays loaded for the rest of the run.
describe('activation', () => {
  it('a JSON file that is no model config activates the sniffer and loads nothing else', async () => {
    await open('other', 'config.json');
    await until(() => lens().isActive, 'activation by onLanguage:json');
    equal(lens().exports.isLoaded(), false, 'second bundle loaded');
  });

  it('the first model config loads the second bundle', async () => {
    await open('config.json');
    await until(() => lens().exports.isLoaded(), 'the second bundle');
  });

  it('a JSON file that is no model config gets no annotation', async () => {
    const document = await open('other', 'config.json');
    const whole = new vscode.Range(0, 0, document.lineCount, 0);
    const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>('vscode.executeCodeLensProvider', document.uri);
    const hints = await vscode.commands.executeCommand<vscode.InlayHint[]>('vscode.executeInlayHintProvider', document.uri, whole);
    deepEqual(lenses, [], 'code lenses');
    deepEqual(hints, [], 'inlay hints');
    const diagnostics = vscode.languages.getDiagnostics(document.uri).filter(({ source }) => source === 'VRAM Lens');
    deepEqual(diagnostics, [], 'diagnostics');
  });

  it('something answers to every contributed command and webview view', async () => {
    interface Manifest {
      contributes: { commands: { command: string }[]; views: Record<string, { id: string; type?: string }[]> };
    }
    const { commands, views } = (lens().packageJSON as Manifest).contributes;
    const answering = await lens().exports.whenLoaded();
    const viewIds = Object.values(views).flatMap((group) => group.filter(({ type }) => type === 'webview').map(({ id }) => id));
    deepEqual(Object.keys(answering.commands).sort(), commands.map(({ command }) => command).sort(), 'commands');
    deepEqual(Object.keys(answering.webviewViews).sort(), viewIds.sort(), 'webview views');
  });
});
