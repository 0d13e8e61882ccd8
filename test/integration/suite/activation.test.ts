import * as vscode from 'vscode';
import { deepEqual, equal, ok } from '../assert';
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

  it('every contributed command is registered', async () => {
    const manifest = lens().packageJSON as { contributes: { commands?: { command: string }[] } };
    const registered = new Set(await vscode.commands.getCommands(true));
    for (const { command } of manifest.contributes.commands ?? []) ok(registered.has(command), `${command} is registered`);
  });
});
