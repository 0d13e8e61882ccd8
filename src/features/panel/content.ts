import * as vscode from 'vscode';
import type { EstimateSettings, Finding } from '../../engine/index';
import type { Reading } from '../../host/analyses';
import { fileLabel } from '../../host/fileLabel';
import type { Services } from '../../host/services';
import { settingsFor, type Settings } from '../../host/settings';
import { knownDevices, resolveTargets } from '../../host/targets';
import type { KeptChoices } from '../../shared/panel/messages';
import type { DocumentChoice, PanelContent } from '../../shared/panel/snapshot';
import { findingRows, modelContent } from './model/model';
import { precisionChoice } from './precisionChoice';
import { settingNotices } from './notices';

/** Milliseconds; other surfaces wait no longer for peaks of training. */
const patience = 50;

/** What a panel shows of a document, with the findings in the order of their rows. */
export interface Shown {
  readonly content: PanelContent;
  readonly findings: readonly Finding[];
  /** The report of what is tried, in Markdown. */
  readonly report?: () => string;
}

export const choiceOf = (document: vscode.TextDocument): DocumentChoice => ({
  uri: document.uri.toString(),
  name: document.isUntitled ? document.uri.path : fileLabel(document.uri),
});

export interface Asked {
  /** Those of the document, with the choices that are not written yet. */
  readonly settings: Settings;
  readonly kept: KeptChoices;
  readonly pinned: boolean;
}

export function contentOf(document: vscode.TextDocument | undefined, asked: Asked, { analyses }: Services): Shown {
  const { t } = vscode.l10n;
  const { settings, pinned } = asked;
  if (!document) return { content: { kind: 'empty' }, findings: [] };
  const reading = analyses.get(document);
  if (reading) return modelOf(document, reading, asked);
  const refused = analyses.refused(document)?.result.findings ?? [];
  const { rows, findings } = findingRows(refused, t, settings.numbers);
  return { content: { kind: 'refused', document: choiceOf(document), pinned, findings: rows }, findings };
}

function modelOf(document: vscode.TextDocument, reading: Reading, { settings: chosen, kept, pinned }: Asked): Shown {
  const settings = settingsFor(chosen, reading.analysis);
  const { precisions, precision } = precisionChoice(settings, reading.analysis);
  const estimated: EstimateSettings = {
    context: settings.context,
    batch: settings.batch,
    kvDtype: settings.kvDtype,
    precisions,
    targets: resolveTargets(settings).targets,
  };
  return modelContent({
    document: choiceOf(document),
    pinned,
    stale: reading.stale,
    analysis: reading.analysis,
    findings: reading.current.result.findings,
    settings: estimated,
    precision,
    ...kept,
    kvDtype: settings.kvDtype,
    devices: knownDevices(settings),
    engine: settings,
    patience,
    notices: settingNotices(settings, vscode.l10n.t),
    t: vscode.l10n.t,
    style: settings.numbers,
  });
}
