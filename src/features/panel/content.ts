import * as vscode from 'vscode';
import { isPrecision, type EstimateSettings, type Finding, type Precision } from '../../engine/index';
import type { Reading } from '../../host/analyses';
import { fileLabel } from '../../host/fileLabel';
import type { Services } from '../../host/services';
import type { Settings } from '../../host/settings';
import { ownDevices, resolveTargets } from '../../host/targets';
import type { DocumentChoice, PanelContent } from '../../shared/panel/snapshot';
import { findingRows, modelContent } from './model/model';
import { settingNotices } from './notices';

/** What a panel shows of a document, with the findings in the order of their rows. */
export interface Shown {
  readonly content: PanelContent;
  readonly findings: readonly Finding[];
}

export const choiceOf = (document: vscode.TextDocument): DocumentChoice => ({
  uri: document.uri.toString(),
  name: document.isUntitled ? document.uri.path : fileLabel(document.uri),
});

/** @param settings those of the document, with the choices that are not written yet */
export function contentOf(document: vscode.TextDocument | undefined, settings: Settings, pinned: boolean, { analyses }: Services): Shown {
  const { t } = vscode.l10n;
  if (!document) return { content: { kind: 'empty' }, findings: [] };
  const reading = analyses.get(document);
  if (reading) return modelOf(document, reading, settings, pinned);
  const refused = analyses.refused(document)?.result.findings ?? [];
  const { rows, findings } = findingRows(refused, t, settings.numbers);
  return { content: { kind: 'refused', document: choiceOf(document), pinned, findings: rows }, findings };
}

function modelOf(document: vscode.TextDocument, reading: Reading, settings: Settings, pinned: boolean): Shown {
  const { precisions, precision } = precisionsFor(settings, reading);
  const asked: EstimateSettings = {
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
    settings: asked,
    precision,
    kvDtype: settings.kvDtype,
    ownDevices: ownDevices(settings),
    notices: settingNotices(settings, vscode.l10n.t),
    t: vscode.l10n.t,
    style: settings.numbers,
  });
}

/**
 * The precisions to list: the file's own first when it is quantized; in place of the equal preset when it is plain.
 */
function precisionsFor(settings: Settings, { analysis }: Reading): { precisions: readonly Precision[]; precision: Precision } {
  const { scheme, extras } = analysis.checkpoint;
  const plain = extras.quantizedParameters === 0;
  const own = (name: Precision): Precision => (plain && name === scheme ? 'checkpoint' : name);
  const precision = own(isPrecision(settings.precision) ? settings.precision : 'checkpoint');
  const listed = settings.precisions.filter(isPrecision).map(own);
  const precisions = new Set<Precision>(listed.includes('checkpoint') ? listed : ['checkpoint', ...listed]);
  return { precisions: [...precisions.add(precision)], precision };
}
