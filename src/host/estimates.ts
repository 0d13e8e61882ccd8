import * as vscode from 'vscode';
import { estimate, isPrecision, type Estimate } from '../engine/index';
import type { Analyses, Reading } from './analyses';
import type { SidecarStore } from './sidecarFiles';
import { affectsSettings, readSettings, settingsFor, type Settings } from './settings';
import { resolveTargets, type ResolvedTargets } from './targets';

/** A config under the settings of its place. */
export interface Estimated {
  readonly document: vscode.TextDocument;
  readonly reading: Reading;
  readonly settings: Settings;
  readonly targets: ResolvedTargets;
  /** Precisions: `checkpoint` first, then those of the settings. */
  readonly estimate: Estimate;
}

export interface Estimates extends vscode.Disposable {
  /** The estimate of a document, or `undefined` when it is no model config. Computed once per version and settings. */
  get(document: vscode.TextDocument): Estimated | undefined;
  settingsOf(document: vscode.TextDocument | undefined): Settings;
  /** Settings or files beside a config have changed, so that what was shown is out of date. */
  readonly onDidChange: vscode.Event<void>;
}

/** Precisions of the summary beside the settings' own: full, eight and four bits. */
export const summaryPrecisions = ['bf16', 'fp8-channel', 'awq-int4-g128'] as const;

export function createEstimates(analyses: Analyses, besides?: Pick<SidecarStore, 'onDidChange'>): Estimates {
  let revision = 0;
  const changed = new vscode.EventEmitter<void>();
  const settings = new Map<string, Settings>();
  const known = new WeakMap<Reading, { readonly revision: number; readonly value: Estimated }>();
  const listener = vscode.workspace.onDidChangeConfiguration((event) => {
    if (!affectsSettings(event)) return;
    revision++;
    settings.clear();
    changed.fire();
  });

  const besidesListener = besides?.onDidChange(() => changed.fire());

  function settingsOf(document: vscode.TextDocument | undefined): Settings {
    const key = document?.uri.toString() ?? '';
    let value = settings.get(key);
    if (!value) settings.set(key, (value = readSettings(document)));
    return value;
  }

  return {
    onDidChange: changed.event,
    settingsOf,
    get(document) {
      const reading = analyses.get(document);
      if (!reading) return undefined;
      const before = known.get(reading);
      if (before?.revision === revision) return before.value;
      const chosen = settingsFor(settingsOf(document), reading.analysis);
      const targets = resolveTargets(chosen);
      const value: Estimated = {
        document,
        reading,
        settings: chosen,
        targets,
        estimate: estimate(reading.analysis, {
          context: chosen.context,
          batch: chosen.batch,
          kvDtype: chosen.kvDtype,
          precisions: [...new Set(['checkpoint', chosen.precision, ...chosen.precisions, ...summaryPrecisions])].filter(isPrecision),
          targets: targets.targets,
        }),
      };
      known.set(reading, { revision, value });
      return value;
    },
    dispose() {
      listener.dispose();
      besidesListener?.dispose();
      changed.dispose();
    },
  };
}
