import * as vscode from 'vscode';
import type { Meaning } from '../../engine/index';
import type { Estimated } from '../../host/estimates';
import { insightsOf } from '../../host/insights';
import { guarded } from '../../host/log';
import { configSelector, type Services } from '../../host/services';
import { hintText } from '../../shared/text/hints';
import { keyHover } from '../../shared/text/hovers';

/** Keys that decide the size, for those who want few hints. */
const mainMeanings: ReadonlySet<Meaning> = new Set<Meaning>([
  'layers',
  'vocabulary',
  'heads',
  'kvHeads',
  'kvRank',
  'intermediateSize',
  'experts',
  'contextLimit',
  'dtype',
  'quantMethod',
  'visionSection',
  'audioSection',
]);

/** What a key costs or saves, at the end of its line; the tooltip is the key's hover, made when it is asked for. */
export function registerInlayHints({ estimates }: Services): vscode.Disposable {
  const refresh = new vscode.EventEmitter<void>();
  const tooltips = new WeakMap<vscode.InlayHint, () => vscode.MarkdownString>();
  const provider: vscode.InlayHintsProvider = {
    onDidChangeInlayHints: refresh.event,
    provideInlayHints: (document, range) =>
      guarded('inlay hints', () => {
        const estimated = estimates.get(document);
        return estimated?.settings.inlayHints ? hintsOf(estimated, document, range, tooltips) : undefined;
      }),
    resolveInlayHint(hint) {
      const tooltip = guarded('inlay hint', () => tooltips.get(hint)?.());
      if (tooltip) hint.tooltip = tooltip;
      return hint;
    },
  };
  return vscode.Disposable.from(
    refresh,
    estimates.onDidChange(() => refresh.fire()),
    vscode.languages.registerInlayHintsProvider(configSelector, provider),
  );
}

function hintsOf(
  estimated: Estimated,
  document: vscode.TextDocument,
  range: vscode.Range,
  tooltips: WeakMap<vscode.InlayHint, () => vscode.MarkdownString>,
): vscode.InlayHint[] {
  const { reading, settings, estimate } = estimated;
  const byLine = new Map<number, vscode.InlayHint[]>();
  for (const insight of insightsOf(estimated)) {
    if (!insight.hint || (settings.hintDensity === 'main' && !mainMeanings.has(insight.meaning))) continue;
    const place = reading.locate(insight.path);
    const line = place && document.lineAt(place.key.start.line);
    const text =
      line && range.contains(line.range.end)
        ? hintText(insight.hint, insight.basis, vscode.l10n.t, settings.numbers, reading.stale)
        : undefined;
    if (!line || text === undefined) continue;
    const hint = new vscode.InlayHint(line.range.end, text);
    hint.paddingLeft = true;
    tooltips.set(
      hint,
      () => new vscode.MarkdownString(keyHover(insight, estimate.analysis, reading.stale, vscode.l10n.t, settings.numbers)),
    );
    byLine.set(line.lineNumber, [...(byLine.get(line.lineNumber) ?? []), hint]);
  }
  // Several keys on one line: at its end nobody could tell which of them a figure is of.
  return [...byLine.values()].flatMap((hints) => (hints.length === 1 ? hints : []));
}
