import * as vscode from 'vscode';
import { engineLineOf } from '../../host/engineAnswer';
import { guarded } from '../../host/log';
import { configSelector, type Services } from '../../host/services';
import { profileLines } from '../../shared/text/deviceProfiles';
import { proofLens } from '../../shared/text/proofReport';
import { lensTexts } from './render';

/** One line above the config's first line: what the model is, whether it runs on the targets, and the guide. */
export function registerCodeLens({ estimates, proofs }: Services): vscode.Disposable {
  const refresh = new vscode.EventEmitter<void>();
  const provider: vscode.CodeLensProvider = {
    onDidChangeCodeLenses: refresh.event,
    provideCodeLenses: (document) =>
      guarded('CodeLens', () => {
        const estimated = estimates.get(document);
        if (!estimated?.settings.codeLens) return undefined;
        const { estimate, reading, settings } = estimated;
        const engine = engineLineOf(estimated, vscode.l10n.t);
        const texts = lensTexts(estimate, reading.stale, vscode.l10n.t, settings.numbers, {
          proof: proofLens(proofs.get(document), vscode.l10n.t),
          engine:
            engine === undefined
              ? undefined
              : { text: engine, brief: engineLineOf(estimated, vscode.l10n.t, true) ?? engine, precision: settings.precision },
        });
        const top = new vscode.Range(0, 0, 0, 0);
        const lens = (title: string, command: string, tooltip: string, ...more: readonly string[]): vscode.CodeLens =>
          new vscode.CodeLens(top, { title, command, tooltip, arguments: [document.uri, ...more] });
        const guide = vscode.l10n.t('See what limits this model and how to make it smaller');
        const old = vscode.l10n.t('Figures from before this edit: the JSON is incomplete.');
        const measured = estimated.targets.targets.flatMap(({ device }) => profileLines(device, vscode.l10n.t, settings.numbers));
        const withLogs = (tooltip: string): string => [tooltip, ...measured].join('\n');
        return [
          lens(texts.model, 'vramLens.openPanel', vscode.l10n.t('Open the panel')),
          engine === undefined
            ? lens(texts.target, 'vramLens.whichHardware', withLogs(vscode.l10n.t('See which hardware fits')))
            : lens(texts.target, 'vramLens.openPanel', withLogs(vscode.l10n.t("See the engine's memory, term by term")), 'engine'),
          lens(texts.guide, 'vramLens.openPanel', reading.stale ? old : guide, 'smaller'),
          ...(texts.proof === undefined
            ? []
            : [lens(texts.proof, 'vramLens.verify', vscode.l10n.t('See how the files beside this config compare with it'))]),
        ];
      }),
  };
  return vscode.Disposable.from(
    refresh,
    estimates.onDidChange(() => refresh.fire()),
    proofs.onDidChange(() => refresh.fire()),
    vscode.languages.registerCodeLensProvider(configSelector, provider),
  );
}
