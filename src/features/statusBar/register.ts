import * as vscode from 'vscode';
import { cacheBasis, findEngine, formatBytes, formatCount, formatTokens } from '../../engine/index';
import { debounce } from '../../host/debounce';
import { engineLineOf, engineProblemOf } from '../../host/engineAnswer';
import type { Estimated } from '../../host/estimates';
import { guarded } from '../../host/log';
import type { Services } from '../../host/services';
import { shortLabel } from '../../shared/text/precisions';
import { fitPlaceText, profileLines } from '../../shared/text/deviceProfiles';
import { reachText } from '../../shared/text/summary';
import { about } from '../../shared/text/weights';

/** Parameters and memory of the active config; clicking offers what the estimate is made for. */
export function registerStatusBar({ active }: Services): vscode.Disposable {
  const item = vscode.window.createStatusBarItem('vramLens.status', vscode.StatusBarAlignment.Right, 100);
  item.name = 'VRAM Lens';
  item.command = 'vramLens.setContextBatch';

  const run = debounce(() =>
    guarded('status bar', () => {
      const estimated = vscode.window.activeTextEditor ? active.of(vscode.window.activeTextEditor.document.uri) : undefined;
      if (!estimated?.settings.statusBar || estimated.document !== vscode.window.activeTextEditor?.document) return item.hide();
      show(item, estimated);
      item.show();
    }),
  );
  run();
  return vscode.Disposable.from(item, run, active.onDidChange(run));
}

function show(item: vscode.StatusBarItem, estimated: Estimated): void {
  const { estimate, settings, reading, targets } = estimated;
  const { t } = vscode.l10n;
  const { analysis, weights, cache, fits } = estimate;
  const style = settings.numbers;
  const chosen = weights.find(({ precision }) => precision === settings.precision) ?? weights[0];
  if (!chosen) return;
  item.text = `$(chip) ${about(analysis.basis)}${formatCount(analysis.parameters.total, style)} · ${about(chosen.basis)}${formatBytes(chosen.bytes, style)}`;
  const engine = engineLineOf(estimated, t);
  const problem = engineProblemOf(estimated, t);
  // Engines are a bundle of their own, which only their name may load.
  const name = settings.engine === 'none' ? undefined : findEngine(settings.engine)?.title;
  if (name !== undefined) item.text += ` · ${name}`;
  if (problem !== undefined) item.text += ' $(warning)';
  const scheme = chosen.precision === 'checkpoint' ? analysis.checkpoint.scheme : chosen.precision;
  const lines = [
    t('Weights {0} at {1}', `${about(chosen.basis)}${formatBytes(chosen.bytes, style)}`, shortLabel(scheme)),
    ...(chosen.precision === 'checkpoint' && chosen.bytes < analysis.checkpoint.bytes
      ? [t('{0} in the files, with layers that are not loaded', formatBytes(analysis.checkpoint.bytes, style))]
      : []),
    t(
      'Cache {0} for {1} tokens × {2}',
      about(cacheBasis(analysis, estimate.settings.kvDtype)) + formatBytes(cache.bytes, style),
      formatTokens(cache.context, style),
      cache.batch,
    ),
    ...fits
      .filter(({ precision }) => precision === chosen.precision)
      .map((fit) =>
        fit.fits === null
          ? t('{0}: memory unknown', fitPlaceText(fit, t))
          : fit.fits
            ? `${fitPlaceText(fit, t)}: ${reachText(fit, scheme, t, style, about(chosen.basis))}`
            : t('{0}: does not fit', fitPlaceText(fit, t)),
      ),
    ...(engine === undefined ? [] : [engine]),
    ...(problem === undefined ? [] : [problem]),
    ...targets.targets.flatMap(({ device }) => profileLines(device, t, style)),
    ...(reading.stale ? [t('Figures from before this edit: the JSON is incomplete.')] : []),
    t('Click to choose targets, context, batch, precision and serving engine'),
  ];
  item.tooltip = lines.join('\n');
  item.accessibilityInformation = {
    label: t('VRAM Lens: {0}', [...lines.slice(0, 2), ...(engine === undefined ? [] : [engine])].join(', ')),
  };
}
