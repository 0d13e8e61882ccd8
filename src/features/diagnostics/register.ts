import * as vscode from 'vscode';
import type { ConfigDocument, Finding, Severity } from '../../engine/index';
import { debounce } from '../../host/debounce';
import { guarded } from '../../host/log';
import type { Services } from '../../host/services';
import { findingText } from '../../shared/text/findings';

const severities: Readonly<Record<Severity, vscode.DiagnosticSeverity>> = {
  error: vscode.DiagnosticSeverity.Error,
  warning: vscode.DiagnosticSeverity.Warning,
  information: vscode.DiagnosticSeverity.Information,
};

/** Findings that VS Code's own JSON support already marks in the same place. */
const markedElsewhere: ReadonlySet<string> = new Set(['syntax-error', 'comment-in-json', 'trailing-comma', 'duplicate-key', 'empty-text']);

/** Findings at their places, in open model configs. */
export function registerDiagnostics({ analyses, estimates }: Services): vscode.Disposable {
  const collection = vscode.languages.createDiagnosticCollection('vramLens');
  const pending = new Set<vscode.TextDocument>();
  const run = debounce(() => {
    for (const document of pending) guarded('diagnostics', () => update(document));
    pending.clear();
  });
  const ask = (document: vscode.TextDocument): void => {
    pending.add(document);
    run();
  };

  function update(document: vscode.TextDocument): void {
    if (document.isClosed) return collection.delete(document.uri);
    const settings = estimates.settingsOf(document);
    const reading = settings.diagnostics ? analyses.get(document) : undefined;
    const read = reading?.current ?? (settings.diagnostics ? analyses.refused(document) : undefined);
    if (!read) return collection.delete(document.uri);
    // Half a text says nothing of the model: marks of the last whole one stay, and the editor moves them along.
    if (reading?.stale) return;
    const findings = read.document.complete ? read.result.findings : read.document.findings;
    const shown = findings.filter(({ code }) => !markedElsewhere.has(code));
    collection.set(
      document.uri,
      shown.map((finding) => {
        const text = findingText(finding, vscode.l10n.t, settings.numbers);
        const diagnostic = new vscode.Diagnostic(rangeOf(document, read.document, finding), text, severities[finding.severity]);
        diagnostic.source = 'VRAM Lens';
        diagnostic.code = finding.code;
        return diagnostic;
      }),
    );
  }

  vscode.workspace.textDocuments.forEach(ask);
  return vscode.Disposable.from(
    collection,
    run,
    vscode.workspace.onDidOpenTextDocument(ask),
    vscode.workspace.onDidChangeTextDocument(({ document }) => ask(document)),
    vscode.workspace.onDidCloseTextDocument((document) => collection.delete(document.uri)),
    estimates.onDidChange(() => vscode.workspace.textDocuments.forEach(ask)),
  );
}

/** The finding's own range, else its value, else the nearest key above it, else the first character. */
function rangeOf(document: vscode.TextDocument, config: ConfigDocument, { path, range }: Finding): vscode.Range {
  for (let length = path.length; !range && length > 0; length--) range = config.valueRange(path.slice(0, length));
  return range
    ? new vscode.Range(document.positionAt(range.offset), document.positionAt(range.offset + range.length))
    : new vscode.Range(0, 0, 0, 1);
}
