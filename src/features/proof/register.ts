import * as vscode from 'vscode';
import type { CommandHandler } from '../../activation/contributions';
import { differencesIn, type ConfigPath, type DifferenceKind, type Proof } from '../../engine/index';
import type { Reading } from '../../host/analyses';
import { debounce } from '../../host/debounce';
import { fileLabel } from '../../host/fileLabel';
import { guarded } from '../../host/log';
import { openMarkdown } from '../../host/openMarkdown';
import type { Services } from '../../host/services';
import { differenceText, proofLine } from '../../shared/text/proof';
import { needsAttention, proofReport } from '../../shared/text/proofReport';

export interface ProofSurfaces extends vscode.Disposable {
  readonly commands: Readonly<Record<string, CommandHandler>>;
}

/** Differences that a diagnostic names; the report has all. */
const namedDifferences = 3;

/** What the files beside a config say against it: a diagnostic for each checkpoint that differs, and the full report. */
export function registerProof({ analyses, estimates, active, proofs }: Services): ProofSurfaces {
  const collection = vscode.languages.createDiagnosticCollection('vramLens.files');
  const run = debounce(() => {
    for (const document of vscode.workspace.textDocuments) guarded('files beside a config', () => update(document));
  });

  function update(document: vscode.TextDocument): void {
    const settings = estimates.settingsOf(document);
    const shown = settings.diagnostics ? proofs.get(document).filter(needsAttention) : [];
    const reading = shown.length > 0 ? analyses.get(document) : undefined;
    if (!reading) return collection.delete(document.uri);
    collection.set(
      document.uri,
      shown.map((proof) => {
        const diagnostic = new vscode.Diagnostic(placeOf(proof, reading), messageOf(proof, settings), vscode.DiagnosticSeverity.Warning);
        diagnostic.source = 'VRAM Lens';
        diagnostic.code = proof.status === 'differs' ? 'checkpoint-differs' : 'checkpoint-unreadable';
        return diagnostic;
      }),
    );
  }

  async function report(uri?: vscode.Uri): Promise<void> {
    const { t } = vscode.l10n;
    const estimated = active.of(uri);
    if (!estimated) return;
    const { document, reading, settings } = estimated;
    const found = await vscode.window.withProgress(
      { location: vscode.ProgressLocation.Notification, title: t('Reading the headers of the files beside this config') },
      () => proofs.ask(document),
    );
    if (found.length === 0) {
      const why = settings.verify
        ? t(
            'No safetensors, GGUF file or index lies beside this config, or it is not called config.json: there is nothing to compare with.',
          )
        : t('Comparing configs with the files beside them is switched off in the settings (vramLens.verify.enabled).');
      void vscode.window.showInformationMessage(why);
      return;
    }
    await openMarkdown(proofReport(fileLabel(document.uri), reading.analysis, found, t, settings.numbers));
  }

  run();
  const disposables = vscode.Disposable.from(
    collection,
    run,
    proofs.onDidChange(run),
    estimates.onDidChange(run),
    vscode.workspace.onDidOpenTextDocument(run),
    vscode.workspace.onDidChangeTextDocument(run),
    vscode.workspace.onDidCloseTextDocument(({ uri }) => collection.delete(uri)),
  );
  return { commands: { 'vramLens.verify': (uri?: vscode.Uri) => report(uri) }, dispose: () => disposables.dispose() };
}

function messageOf(proof: Proof, { numbers }: { readonly numbers: Parameters<typeof proofLine>[2] }): string {
  const { t } = vscode.l10n;
  const named = proof.differences.slice(0, namedDifferences).map((difference) => differenceText(difference, t));
  const more = differencesIn(proof) > named.length;
  const file = proof.files[0] ?? '';
  const line = proofLine(proof, t, numbers);
  return [
    // What is wrong with a file names it already.
    line.startsWith(file) ? line : `${file}: ${line}`,
    ...named,
    ...(more ? [t('Run "{0}" for the rest.', t('Verify Against the Files Beside This Config'))] : []),
  ].join('\n');
}

/** Keys that decide what differs, by what the most differences are. */
const keysOf: Readonly<Partial<Record<DifferenceKind, readonly ConfigPath[]>>> = {
  'tied-stored': [['tie_word_embeddings']],
  'tied-missing': [['tie_word_embeddings']],
  dtype: [['quantization_config'], ['dtype'], ['torch_dtype']],
};

function placeOf({ counts }: Proof, reading: Reading): vscode.Range {
  const [kind] = (Object.entries(counts) as [DifferenceKind, number][]).sort((a, b) => b[1] - a[1])[0] ?? [];
  const paths: readonly ConfigPath[] = [...((kind && keysOf[kind]) ?? []), ['architectures'], ['model_type']];
  for (const path of paths) {
    const place = reading.locate(path);
    if (place) return place.value.isSingleLine ? place.key.union(place.value) : place.key;
  }
  return new vscode.Range(0, 0, 0, 1);
}
