import { formatBytes, formatNumber, type Estimate, type KeepEdits, type NumberStyle, type Preset } from '../../engine/index';
import { whatIf, type ComponentChange, type WhatIf } from '../whatIf';
import { fitPlaceText, targetText } from './deviceProfiles';
import { keepReasons } from './keepReasons';
import { partNames } from './partNames';
import { longLabel } from './precisions';
import { refusalText } from './refusals';
import { basisText, componentNames, escapeMarkdown } from './report';
import { reachTokens } from './summary';
import type { Translate } from './translate';
import { about, ownLabel, weightsText } from './weights';

/** Bytes more or less, with their sign. */
export const signed = (value: number, bytes: (value: number) => string): string =>
  value === 0 ? '0' : `${value > 0 ? '+' : '−'}${bytes(Math.abs(value))}`;

/** Bits per weight of a component as the file is and as changed: "16.00", "4.16"; empty for one without parameters. */
export function bitsTexts(
  { parameters, own, after }: Omit<ComponentChange, 'component'>,
  style: NumberStyle,
): { readonly own: string; readonly after: string } {
  const bits = (bytes: number): string => (parameters > 0 ? formatNumber((bytes * 8) / parameters, 2, style) : '');
  return { own: bits(own), after: bits(after) };
}

/** What stands against a trial, each with the device that it holds on; without one, on any. */
export const refusalTexts = ({ refused }: Pick<WhatIf, 'refused'>, t: Translate, style: NumberStyle): readonly RefusalText[] =>
  refused.map(({ refusal, target }) => ({
    place: target ? targetText(target, t) : '',
    text: refusalText(refusal, t, style),
  }));

export interface RefusalText {
  readonly place: string;
  readonly text: string;
}

/** How the keep list is changed, a line each. */
export function editTexts({ keep = [], quantize = [], firstLayers = 0, lastLayers = 0 }: KeepEdits, t: Translate): readonly string[] {
  const names = partNames(t);
  return [
    ...(keep.length > 0 ? [t('Kept as well: {0}', keep.map((part) => names[part]).join(', '))] : []),
    ...(quantize.length > 0 ? [t('Quantized as well: {0}', quantize.map((part) => names[part]).join(', '))] : []),
    ...(firstLayers > 0 ? [t('The first {0} layers are kept whole', firstLayers)] : []),
    ...(lastLayers > 0 ? [t('The last {0} layers are kept whole', lastLayers)] : []),
  ];
}

/** The report of a trial, in Markdown. */
export function whatIfReport(name: string, shown: Estimate, preset: Preset, edits: KeepEdits, t: Translate, style: NumberStyle): string {
  const trial = whatIf(shown, preset, edits);
  const { own, before, after, components } = trial;
  const label = longLabel(preset.name);
  const bytes = (value: number): string => formatBytes(value, style);
  const names = componentNames(t);
  return [
    `# ${t('{0} as {1}', escapeMarkdown(name), escapeMarkdown(label))}`,
    '',
    `**${weightsText(own, t, style)} → ${weightsText(after, t, style)}** · ${t('{0} bits per weight', formatNumber(after.bitsPerWeight, 2, style))} · ${basisText(after.basis, t)}`,
    '',
    ...listed(editTexts(trial.edits, t)),
    row('', escapeMarkdown(ownLabel(shown.analysis, t)), escapeMarkdown(label), t('as changed'), t('difference'), t('bits per weight')),
    '|---|--:|--:|--:|--:|--:|',
    ...components.map((each) =>
      row(
        names[each.component],
        bytes(each.own),
        bytes(each.before),
        bytes(each.after),
        signed(each.after - each.before, bytes),
        bitsCell(each, style),
      ),
    ),
    row(
      `**${t('total')}**`,
      `**${bytes(own.bytes)}**`,
      `**${bytes(before.bytes)}**`,
      `**${bytes(after.bytes)}**`,
      signed(after.bytes - before.bytes, bytes),
      bitsCell({ parameters: shown.analysis.parameters.total, own: own.bytes, before: before.bytes, after: after.bytes }, style),
    ),
    '',
    ...keptLines(trial, t, bytes),
    ...groupLines(trial, t, bytes),
    ...reachLines(trial, t, style),
    ...refusalLines(trial, t, style),
  ].join('\n');
}

const row = (...cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

/** "16.00 → 4.16". */
function bitsCell(component: Omit<ComponentChange, 'component'>, style: NumberStyle): string {
  const { own, after } = bitsTexts(component, style);
  return own === '' ? '' : `${own} → ${after}`;
}

const listed = (lines: readonly string[]): readonly string[] => (lines.length > 0 ? [...lines.map((line) => `- ${line}`), ''] : []);

function keptLines({ kept }: WhatIf, t: Translate, bytes: (value: number) => string): readonly string[] {
  if (kept.length === 0) return [];
  const names = keepReasons(t);
  return [`**${t('Left alone')}**: ${kept.map(([reason, size]) => `${names[reason]} ${bytes(size)}`).join(' · ')}`, ''];
}

function groupLines({ groups, preset }: WhatIf, t: Translate, bytes: (value: number) => string): readonly string[] {
  if (groups.length < 2) return [];
  const sizes = groups.map((each) => {
    const size = `${longLabel(each.preset.name)} ${bytes(each.bytes)}${each.refused ? ` (${t('does not divide every row')})` : ''}`;
    return each.preset === preset ? `**${size}**` : size;
  });
  return [`**${t('Other groups')}**: ${sizes.join(' · ')}`, ''];
}

function reachLines({ reach, preset, ...weights }: WhatIf, t: Translate, style: NumberStyle): readonly string[] {
  if (reach.length === 0) return [];
  const text = (fit: WhatIf['reach'][number]['after'], { basis }: WhatIf['after']): string =>
    fit.fits === null ? t('memory unknown') : fit.fits ? reachTokens(fit, t, style, about(basis)) : t('does not fit');
  return [
    row(t('device'), escapeMarkdown(longLabel(preset.name)), t('as changed')),
    '|---|---|---|',
    ...reach.map(({ before, after }) =>
      row(escapeMarkdown(fitPlaceText(after, t)), text(before, weights.before), text(after, weights.after)),
    ),
    '',
  ];
}

function refusalLines(trial: WhatIf, t: Translate, style: NumberStyle): readonly string[] {
  const lines = refusalTexts(trial, t, style).map(({ place, text }) => (place === '' ? text : `${place}: ${text}`));
  if (lines.length === 0) return [];
  return [`**${t('What stands against it')}**`, '', ...[...new Set(lines)].map((line) => `- ${escapeMarkdown(line)}`), ''];
}
