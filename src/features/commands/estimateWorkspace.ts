import * as vscode from 'vscode';
import { mayBeModelText } from '../../activation/sniff';
import { analyzeText, cacheDtypeOf, cacheOf, formatBytes, formatCount, formatNumber, weightsAt, type Analysis } from '../../engine/index';
import { openMarkdown } from '../../host/openMarkdown';
import type { Services } from '../../host/services';
import { about } from '../../shared/text/weights';
import { methodLabel } from '../../shared/text/precisions';
import { escapeMarkdown } from '../../shared/text/report';

/** Files that are looked at; a workspace may hold more JSON than anyone wants read. */
const mostFiles = 2000;
/** Larger files are no configs. */
const mostBytes = 16 * 1024 * 1024;

/** Reads every config in the workspace and opens one table of them, largest first: as text, and rendered before it. */
export async function estimateWorkspace({ estimates }: Services): Promise<void> {
  const { t } = vscode.l10n;
  const found = await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title: t('Looking for model configs'), cancellable: true },
    async (progress, token) => {
      const uris = await vscode.workspace.findFiles('**/*.json', '**/{node_modules,.git}/**', mostFiles, token);
      const models: { readonly uri: vscode.Uri; readonly analysis: Analysis }[] = [];
      for (const uri of uris) {
        if (token.isCancellationRequested) return undefined;
        progress.report({ increment: 100 / uris.length });
        const analysis = await readConfig(uri);
        if (analysis) models.push({ uri, analysis });
      }
      return { models, looked: uris.length };
    },
  );
  if (!found) return;
  if (found.models.length === 0) {
    void vscode.window.showInformationMessage(t('No model config among {0} JSON files of the workspace.', found.looked));
    return;
  }
  const settings = estimates.settingsOf(undefined);
  const style = settings.numbers;
  const sorted = found.models.sort((a, b) => b.analysis.parameters.total - a.analysis.parameters.total);
  const rows = sorted.map(({ uri, analysis }) => {
    const { parameters, basis, checkpoint } = analysis;
    const cache = cacheOf(analysis, settings.context, settings.batch, cacheDtypeOf(analysis, settings.kvDtype));
    const sign = about(basis);
    const int4 = weightsAt(analysis, 'awq-int4-g128');
    return [
      escapeMarkdown(vscode.workspace.asRelativePath(uri)),
      escapeMarkdown(analysis.title),
      sign + formatCount(parameters.total, style),
      parameters.active === parameters.total ? '' : sign + formatCount(parameters.active, style),
      `${about(checkpoint.basis)}${formatBytes(checkpoint.bytes, style)} (${escapeMarkdown(methodLabel(checkpoint.scheme))})`,
      about(int4.basis) + formatBytes(int4.bytes, style),
      sign + formatBytes(cache.bytes, style),
    ];
  });
  const header = [t('file'), t('family'), t('parameters'), t('active'), t('as the file says'), t('INT4'), t('cache')];
  const content = [
    `# ${t('Model configs in this workspace')}`,
    '',
    t('Cache: {0} tokens × {1}. ≈ marks estimates.', formatNumber(settings.context, 0, style), formatNumber(settings.batch, 0, style)),
    '',
    ...alignedTable(header, rows.map(withUnbrokenFigures), textColumns),
    ...(found.looked >= mostFiles ? ['', t('Only the first {0} JSON files were looked at.', formatNumber(mostFiles, 0, style))] : []),
    '',
  ].join('\n');
  await openMarkdown(content);
}

/** Columns of the table that are no figures. */
const textColumns = 2;

/** Figures and their units stay on one line where a column is narrow. */
const withUnbrokenFigures = (row: readonly string[]): readonly string[] =>
  row.map((cell, column) => (column < textColumns ? cell : cell.replace(/ /g, '\u00a0')));

/** A Markdown table that reads as one before it is rendered: cells padded to their column, figures to the right. */
function alignedTable(header: readonly string[], rows: readonly (readonly string[])[], leftColumns: number): readonly string[] {
  const widths = header.map((title, column) => Math.max(3, title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => (column < leftColumns ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join(' | ')} |`;
  const rule = widths.map((width, column) => (column < leftColumns ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  return [line(header), line(rule), ...rows.map(line)];
}

/** A config's analysis, or `undefined` for anything else, files that cannot be read among them. */
async function readConfig(uri: vscode.Uri): Promise<Analysis | undefined> {
  try {
    const { size } = await vscode.workspace.fs.stat(uri);
    if (size > mostBytes) return undefined;
    const text = new TextDecoder().decode(await vscode.workspace.fs.readFile(uri));
    if (!mayBeModelText(text)) return undefined;
    const { result } = analyzeText(text);
    return result.kind === 'model' ? result : undefined;
  } catch {
    return undefined; // gone or unreadable since it was listed
  }
}
