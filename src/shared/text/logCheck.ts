import {
  formatBytes,
  formatNumber,
  shareOff,
  type Analysis,
  type CheckedTerm,
  type CheckReason,
  type CheckReasonCode,
  type JsonValue,
  type LogCheck,
  type NumberStyle,
} from '../../engine/index';
import { bandText, runNoteText } from './engineRuns';
import { longLabel } from './precisions';
import { reasonText } from './reasons';
import { escapeMarkdown } from './report';
import type { Translate } from './translate';
import { about, ownLabel } from './weights';

type Say = (value: (key: string) => string, t: Translate) => string;

/** One sentence per reason. */
const sentences: Readonly<Record<CheckReasonCode, Say>> = {
  'within-band': (_v, t) => t('It lies within its band.'),
  'version-not-printed': (v, t) => t('The log does not print the version; the rules of {0} were taken.', v('version')),
  'version-outside-of-rules': (v, t) => t('Version {0} is outside of those that the rules are for.', v('version')),
  'flags-not-printed': (v, t) => t('The log does not print all flags, and what it leaves out may be no default: {0}.', v('flags')),
  'memory-from-catalogue': (v, t) =>
    t('The log does not print the memory of the device; that of {0} in the catalogue was taken.', v('device')),
  'memory-held-by-others': (v, t) => t('{0} were held by something else before loading began.', v('bytes')),
  'follows-other-terms': (v, t) => t('What other terms take more or less explains most of it: {0}.', v('terms')),
  'quantization-as-held': (v, t) =>
    t('The engine holds quantized weights ({0}) in a form of its own, which may differ from the files.', v('scheme')),
  'file-types-of-another-recipe': (_v, t) =>
    t("The file's tensors are of other types than llama-quantize gives: a publisher's own recipe, or an older one."),
  'weights-placed-otherwise': (_v, t) => t('The sum is right: tensors lie on other devices than the printed flags put them.'),
  'weights-repacked': (_v, t) => t('Weights are repacked for the processor, which takes a buffer of its own.'),
  'mapped-file-range': (_v, t) =>
    t('Of a mapped file the range from the first to the last tensor on the CPU is printed, with what lies between on devices.'),
  'adapters-loaded': (_v, t) => t('LoRA adapters were loaded along.'),
  'draft-model-loaded': (_v, t) => t('A draft model was loaded along.'),
  'projector-apart': (_v, t) => t('Towers and projector are a file of their own, whose buffers stand apart in the log.'),
  'ollama-own-engine': (_v, t) => t("Ollama's own engine ran this model, whose buffers differ from llama.cpp's."),
  'devices-differ': (_v, t) => t('The devices are of different kinds.'),
  'approximate-term': (_v, t) => t('The prediction is approximate.'),
  'not-explained': (_v, t) => t('Nothing in the log explains it: flags, config or the rules themselves may be at fault.'),
};

export function checkReasonText({ code, values }: CheckReason, t: Translate, style: NumberStyle): string {
  const value = (key: string): string => {
    const found = values[key];
    return typeof found === 'number' ? formatBytes(found, style) : String(found ?? '');
  };
  return sentences[code](value, t);
}

/** Where the version and the machine are known from. */
export function sourceText(
  { versionFrom, machine }: Pick<LogCheck, 'versionFrom' | 'machine'>,
  t: Translate,
): readonly [version: string, memory: string] {
  const version = { log: t('as printed'), given: t('as given'), newest: t('not printed, the newest taken') }[versionFrom];
  const memory = {
    given: t('as given'),
    log: t('as printed'),
    free: t('from what was free before loading'),
    catalogue: t('from the catalogue'),
    unknown: '',
  }[machine.source];
  return [version, memory];
}

const amount = (value: number, { unit }: Pick<CheckedTerm, 'unit'>, style: NumberStyle): string =>
  unit === 'bytes' ? formatBytes(value, style) : formatNumber(value, unit === 'tokens' ? 0 : 2, style);

/** A figure of a term, "–" where there is none. */
export const figureText = (value: number | null, term: CheckedTerm, style: NumberStyle): string =>
  value === null ? '–' : amount(value, term, style);

/** Shares that two digits show as none. */
const unseen = 0.00005;

/** "+0.12 GiB (+1.3 %)", "0", "–". */
export function differenceText(term: CheckedTerm, style: NumberStyle): string {
  const { difference } = term;
  if (difference === null) return '–';
  const sign = difference > 0 ? '+' : difference < 0 ? '−' : '';
  const off = shareOff(term);
  const share = Number.isFinite(off) ? `${off < unseen ? '' : sign}${formatNumber(off * 100, 2, style)} %` : '';
  return `${sign}${amount(Math.abs(difference), term, style)}${share === '' ? '' : ` (${share})`}`;
}

export const withinText = ({ within }: CheckedTerm, t: Translate): string => (within === null ? '–' : within ? t('yes') : t('no'));

export const predictedText = (term: CheckedTerm, style: NumberStyle): string =>
  `${term.basis ? about(term.basis) : ''}${figureText(term.predicted, term, style)}`;

export const checkedBandText = ({ low, high, predicted, unit }: CheckedTerm, t: Translate, style: NumberStyle): string =>
  low === null || high === null || predicted === null || (low === predicted && high === predicted)
    ? ''
    : unit === 'bytes'
      ? bandText({ bytes: predicted, low, high } as Parameters<typeof bandText>[0], t, style)
      : t('{0} to {1}', amount(low, { unit }, style), amount(high, { unit }, style));

/** Engine, version, machine, model and weights, in one line. */
export function headText(check: LogCheck, analysis: Analysis, t: Translate, style: NumberStyle): string {
  const { engine, version, machine, weights } = check;
  const [versionSource, memorySource] = sourceText(check, t);
  const name = machine.name ?? t('a device that the log does not name');
  const memory = machine.memory === undefined ? t('memory not known') : `${formatBytes(machine.memory, style)}, ${memorySource}`;
  const place = machine.count === 0 ? 'CPU' : `${machine.count > 1 ? `${machine.count} × ` : ''}${name} (${memory})`;
  const label = weights === 'checkpoint' ? ownLabel(analysis, t) : longLabel(weights);
  return `${engine.title} ${version} (${versionSource}) · ${place} · ${analysis.title} · ${label}`;
}

/** What came out, in one sentence. */
export function verdictText({ verdict, terms }: LogCheck, t: Translate): string {
  const compared = terms.filter(({ within }) => within !== null);
  const outside = compared.filter(({ within }) => within === false);
  if (verdict === 'nothing') return t('No figure of the log could be compared.');
  return verdict === 'within'
    ? t('All {0} figures that could be compared lie within their bands.', compared.length)
    : t('{0} of {1} figures lie outside of their bands.', outside.length, compared.length);
}

/** Why the furthest term may be off, each a sentence; empty where everything fits. */
export function worstText({ worst, verdict }: LogCheck, t: Translate, style: NumberStyle): readonly string[] {
  if (!worst || verdict !== 'differs') return [];
  const { term, reasons } = worst;
  const basis = term.basis?.kind === 'approximate' ? term.basis.reasons.map((code) => reasonText(code, t)) : [];
  return [
    t('Furthest off is {0}: {1} predicted, {2} printed.', term.name, predictedText(term, style), figureText(term.printed, term, style)),
    ...reasons.map((reason) => checkReasonText(reason, t, style)),
    ...basis,
  ];
}

/** Values of a list that are shown. */
const shownValues = 6;

function valueText(value: JsonValue | undefined): string {
  if (!Array.isArray(value)) return typeof value === 'object' ? JSON.stringify(value) : String(value);
  const shown = value.slice(0, shownValues).join(',');
  return value.length > shownValues ? `${shown},… (${value.length})` : shown;
}

/** The flags that the log tells, as a command line has them; of long lists the beginning. */
export const flagsText = ({ log }: Pick<LogCheck, 'log'>): string =>
  Object.entries(log.options)
    .map(([name, value]) => (value === true ? `--${name}` : `--${name} ${valueText(value)}`))
    .join(' ');

/** What is said of the run beside its figures. */
export function asideTexts({ log, defaults, notes }: LogCheck, t: Translate, style: NumberStyle): readonly string[] {
  return [
    ...(defaults.length > 0
      ? [
          log.statesAllFlags
            ? t("Not among the flags that the log prints, so that the engine's defaults hold: {0}.", defaults.join(', '))
            : t("Not printed; the engine's defaults were taken: {0}.", defaults.join(', ')),
        ]
      : []),
    ...(log.unknownFlags.length > 0 ? [t('Flags of the log that are not known here: {0}.', log.unknownFlags.join(', '))] : []),
    ...notes.map((note) => runNoteText(note, t, style)),
  ];
}

/** A check in words; a report or a terminal lays them out. */
export interface CheckTexts {
  readonly head: string;
  readonly verdict: string;
  /** Of the terms, one row each. */
  readonly columns: readonly { readonly title: string; readonly align: 'left' | 'right' }[];
  readonly rows: readonly (readonly string[])[];
  /** What is furthest off, and what may explain it. */
  readonly worst: readonly string[];
  /** "Flags of the run: …", where the log tells any. */
  readonly flags: string | undefined;
  readonly asides: readonly string[];
}

export function checkTexts(check: LogCheck, analysis: Analysis, t: Translate, style: NumberStyle): CheckTexts {
  const flags = flagsText(check);
  return {
    head: headText(check, analysis, t, style),
    verdict: verdictText(check, t),
    columns: [
      { title: t('term'), align: 'left' },
      { title: t('predicted'), align: 'right' },
      { title: t('band'), align: 'right' },
      { title: t('printed'), align: 'right' },
      { title: t('difference'), align: 'right' },
      { title: t('in its band'), align: 'left' },
    ],
    rows: check.terms.map((term) => [
      term.name,
      predictedText(term, style),
      checkedBandText(term, t, style),
      figureText(term.printed, term, style),
      differenceText(term, style),
      withinText(term, t),
    ]),
    worst: worstText(check, t, style),
    flags: flags === '' ? undefined : `${t('Flags of the run:')} ${flags}`,
    asides: asideTexts(check, t, style),
  };
}

/** The whole check as Markdown. */
export function logCheckReport(
  name: string,
  check: LogCheck,
  analysis: Analysis,
  origin: string,
  t: Translate,
  style: NumberStyle,
): string {
  const { head, verdict, columns, rows, worst, flags, asides } = checkTexts(check, analysis, t, style);
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const paragraph = (text: string): readonly string[] => ['', escapeMarkdown(text)];
  return [
    `# ${t('{0} against what the rules say', escapeMarkdown(name))}`,
    ...paragraph(head),
    ...paragraph(origin),
    '',
    `**${escapeMarkdown(verdict)}**`,
    ...worst.flatMap(paragraph),
    '',
    row(columns.map(({ title }) => title)),
    row(columns.map(({ align }) => (align === 'right' ? '--:' : '---'))),
    ...rows.map((cells) => row(cells.map(escapeMarkdown))),
    ...(flags === undefined ? [] : paragraph(flags)),
    ...asides.flatMap(paragraph),
    '',
  ].join('\n');
}
