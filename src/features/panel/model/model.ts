import type { Analysis, CacheDtype, Device, EstimateSettings, Finding, NumberStyle, Precision } from '../../../engine/index';
import type { KeptChoices } from '../../../shared/panel/messages';
import type { DocumentChoice, FindingRow, ModelContent, SettingNotice } from '../../../shared/panel/snapshot';
import { readEngine, type EngineSettings } from '../../../shared/engineRun';
import { findingText } from '../../../shared/text/findings';
import type { Translate } from '../../../shared/text/translate';
import { cacheViewOf } from './cache';
import { controlsOf } from './controls';
import { engineViewOf } from './engineRun';
import { memoryOf } from './memory';
import { precisionsOf } from './precisions';
import { remediesOf } from './remedies';
import { breakdownOf, summaryOf } from './summary';
import { trainingOf } from './training';
import { viewOf } from './view';
import { wallsOf } from './walls/walls';
import { whatIfOf, whatIfReportOf } from './whatIf';

export interface ModelInput extends KeptChoices {
  readonly document: DocumentChoice;
  readonly pinned: boolean;
  readonly stale: boolean;
  readonly analysis: Analysis;
  /** Findings of the text as it stands. */
  readonly findings: readonly Finding[];
  /** The chosen target first. */
  readonly settings: EstimateSettings;
  readonly precision: Precision;
  readonly kvDtype: CacheDtype | 'auto';
  readonly engine: EngineSettings;
  /** Those to choose among: the person's own first. */
  readonly devices: readonly Device[];
  readonly notices: readonly SettingNotice[];
  /** Milliseconds that peaks of training may take; what is not known by then comes with the next content. */
  readonly patience?: number;
  readonly t: Translate;
  readonly style: NumberStyle;
}

/** What the panel shows of a model. */
export interface ModelShown {
  readonly content: ModelContent;
  /** Those behind its rows. */
  readonly findings: readonly Finding[];
  /** The report of what is tried, if anything is. */
  readonly report?: () => string;
}

export function modelContent(input: ModelInput): ModelShown {
  const { document, pinned, stale, analysis, settings, listing, trial, comparing, training, t, style, notices } = input;
  const choice = readEngine(input.engine);
  const view = viewOf(analysis, settings, input.precision, t, style);
  const { rows, findings } = findingRows([...input.findings, ...view.estimate.findings], t, style);
  const content: ModelContent = {
    kind: 'model',
    document,
    pinned,
    stale,
    summary: summaryOf(view),
    controls: controlsOf(view, input.devices, input.kvDtype, choice),
    notices,
    memory: memoryOf(view),
    remedies: remediesOf(view),
    engine: engineViewOf(view, choice, input.kvDtype, comparing),
    training: trainingOf(view, training, input.patience),
    precisions: precisionsOf(view, listing),
    whatIf: whatIfOf(view, trial),
    breakdown: breakdownOf(view),
    cache: cacheViewOf(view),
    walls: wallsOf(view),
    findings: rows,
  };
  const report = whatIfReportOf(view, trial, document.name);
  return { content, findings, ...(report && { report }) };
}

/** Findings as sentences, the gravest first, and the findings in that order. */
export function findingRows(
  found: readonly Finding[],
  t: Translate,
  style: NumberStyle,
): { readonly rows: readonly FindingRow[]; readonly findings: readonly Finding[] } {
  const gravity = { error: 0, warning: 1, information: 2 } as const;
  const words = { error: t('Error'), warning: t('Warning'), information: t('Note') } as const;
  const findings = [...found].sort((a, b) => gravity[a.severity] - gravity[b.severity]);
  const rows = findings.map((finding) => ({
    severity: finding.severity,
    severityText: words[finding.severity],
    text: findingText(finding, t, style),
    place: finding.path.join('.'),
  }));
  return { rows, findings };
}
