import {
  editableParts,
  estimate,
  formatBytes,
  formatNumber,
  presetModelOf,
  presets,
  refusals,
  weightsAt,
  type Component,
  type EditablePart,
  type Estimate,
  type KeepEdits,
  type NumberStyle,
  type PrecisionWeights,
  type Preset,
} from '../../engine/index';
import { keepReasons } from './keepReasons';
import { longLabel } from './precisions';
import { refusalText } from './refusals';
import { basisText, componentNames, escapeMarkdown } from './report';
import { deviceText, reachTokens } from './summary';
import type { Translate } from './translate';
import { ownLabel } from './weights';

export function partNames(t: Translate): Readonly<Record<EditablePart, string>> {
  return {
    attention: t('attention'),
    mlp: t('MLP'),
    experts: t('routed experts'),
    router: t('router'),
    embedding: t('embedding'),
    head: t('head'),
    towers: t('vision and audio towers'),
  };
}

/** Presets of the same format and width with other groups, the preset itself among them, small groups first. */
export function otherGroups(preset: Preset): readonly Preset[] {
  const bare = (name: string): string => name.replace(/-(g\d+|channel)\b/, '');
  return presets
    .filter(({ name, format }) => format === preset.format && bare(name) === bare(preset.name))
    .sort((a, b) => (a.groupSize ?? Infinity) - (b.groupSize ?? Infinity));
}

/** What a preset with a changed keep list makes of a model, part by part, and what stands against it. */
export function whatIfReport(name: string, shown: Estimate, preset: Preset, edits: KeepEdits, t: Translate, style: NumberStyle): string {
  const { analysis, settings } = shown;
  const own = weightsAt(analysis, 'checkpoint');
  const before = weightsAt(analysis, preset.name);
  const after = weightsAt(analysis, preset.name, { ...settings.presetOptions, edits });
  const label = longLabel(preset.name);
  const bytes = (value: number): string => formatBytes(value, style);
  return [
    `# ${t('{0} as {1}', escapeMarkdown(name), escapeMarkdown(label))}`,
    '',
    `**${bytes(own.bytes)} → ${bytes(after.bytes)}** · ${t('{0} bits per weight', formatNumber(after.bitsPerWeight, 2, style))} · ${basisText(after.basis, t)}`,
    '',
    ...editLines(edits, t),
    row('', escapeMarkdown(ownLabel(analysis, t)), escapeMarkdown(label), t('as changed'), t('difference')),
    '|---|--:|--:|--:|--:|',
    ...componentRows(analysis.checkpoint.extras.byComponent, before, after, t, bytes),
    row(
      `**${t('total')}**`,
      `**${bytes(own.bytes)}**`,
      `**${bytes(before.bytes)}**`,
      `**${bytes(after.bytes)}**`,
      signed(after.bytes - before.bytes, bytes),
    ),
    '',
    ...keptLines(after.details?.keptByReason ?? {}, t, bytes),
    ...groupLines(shown, preset, edits, t, bytes),
    ...reachLines(shown, preset, edits, t, style),
    ...refusalLines(shown, preset, t, style),
  ].join('\n');
}

const row = (...cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

/** Bytes more or less, with their sign. */
export const signed = (value: number, bytes: (value: number) => string): string =>
  value === 0 ? '0' : `${value > 0 ? '+' : '−'}${bytes(Math.abs(value))}`;

function editLines({ keep = [], quantize = [], firstLayers = 0, lastLayers = 0 }: KeepEdits, t: Translate): readonly string[] {
  const names = partNames(t);
  const lines = [
    ...(keep.length > 0 ? [t('Kept as well: {0}', keep.map((part) => names[part]).join(', '))] : []),
    ...(quantize.length > 0 ? [t('Quantized as well: {0}', quantize.map((part) => names[part]).join(', '))] : []),
    ...(firstLayers > 0 ? [t('The first {0} layers are kept whole', firstLayers)] : []),
    ...(lastLayers > 0 ? [t('The last {0} layers are kept whole', lastLayers)] : []),
  ];
  return lines.length > 0 ? [...lines.map((line) => `- ${line}`), ''] : [];
}

type ByComponent = Readonly<Partial<Record<Component, number>>>;

function componentRows(
  own: ByComponent,
  { details: plain }: PrecisionWeights,
  { details: changed }: PrecisionWeights,
  t: Translate,
  bytes: (value: number) => string,
): readonly string[] {
  const [before, after]: readonly [ByComponent, ByComponent] = [plain?.byComponent ?? {}, changed?.byComponent ?? {}];
  const names = componentNames(t);
  return (Object.keys(names) as Component[])
    .filter((component) => (own[component] ?? 0) + (after[component] ?? 0) > 0)
    .sort((a, b) => (after[b] ?? 0) - (after[a] ?? 0))
    .map((component) => {
      const [was, is] = [before[component] ?? 0, after[component] ?? 0];
      return row(names[component], bytes(own[component] ?? 0), bytes(was), bytes(is), signed(is - was, bytes));
    });
}

function keptLines(byReason: Readonly<Record<string, number>>, t: Translate, bytes: (value: number) => string): readonly string[] {
  const names: Readonly<Record<string, string>> = keepReasons(t);
  const kept = Object.entries(byReason).sort(([, a], [, b]) => b - a);
  if (kept.length === 0) return [];
  return [`**${t('Left alone')}**: ${kept.map(([reason, size]) => `${names[reason] ?? reason} ${bytes(size)}`).join(' · ')}`, ''];
}

function groupLines(
  { analysis }: Estimate,
  preset: Preset,
  edits: KeepEdits,
  t: Translate,
  bytes: (value: number) => string,
): readonly string[] {
  const groups = otherGroups(preset);
  if (groups.length < 2) return [];
  const sizes = groups.map((each) => {
    const size = `${longLabel(each.name)} ${bytes(weightsAt(analysis, each.name, { edits }).bytes)}`;
    return each === preset ? `**${size}**` : size;
  });
  return [`**${t('Other groups')}**: ${sizes.join(' · ')}`, ''];
}

function reachLines(
  { analysis, settings }: Estimate,
  preset: Preset,
  edits: KeepEdits,
  t: Translate,
  style: NumberStyle,
): readonly string[] {
  const reach = (changed: KeepEdits) =>
    estimate(analysis, { ...settings, precisions: [preset.name], presetOptions: { ...settings.presetOptions, edits: changed } }).fits;
  const [before, after] = [reach({}), reach(edits)];
  if (after.length === 0) return [];
  const text = (fit: (typeof after)[number] | undefined): string =>
    !fit || fit.fits === null ? t('memory unknown') : fit.fits ? reachTokens(fit, t, style) : t('does not fit');
  return [
    row(t('device'), escapeMarkdown(longLabel(preset.name)), t('as changed')),
    '|---|---|---|',
    ...after.map((fit, index) => row(escapeMarkdown(deviceText(fit.device, fit.count)), text(before[index]), text(fit))),
    '',
  ];
}

/** What speaks against the preset, on the targets of the settings and on any device. */
function refusalLines({ analysis, settings }: Estimate, preset: Preset, t: Translate, style: NumberStyle): readonly string[] {
  const model = presetModelOf(analysis);
  const lines = new Set(refusals(preset, model).map((refusal) => refusalText(refusal, t, style)));
  for (const { device, count } of settings.targets)
    for (const refusal of refusals(preset, model, { device, tensorParallel: count })) {
      const sentence = refusalText(refusal, t, style);
      if (!lines.has(sentence)) lines.add(`${deviceText(device.name, count)}: ${sentence}`);
    }
  if (lines.size === 0) return [];
  return [`**${t('What stands against it')}**`, '', ...[...lines].map((line) => `- ${escapeMarkdown(line)}`), ''];
}

/** A part of the model, and what keeping or quantizing it against the preset's habit changes. */
export interface PartChange {
  readonly part: EditablePart;
  readonly quantized: boolean;
  readonly bytes: number;
}

/** Parts that the model has, with whether the preset quantizes them now. */
export function partsOf({ analysis }: Estimate, preset: Preset): readonly PartChange[] {
  if (!preset.scheme) return [];
  const plain = weightsAt(analysis, preset.name).bytes;
  const change = (edits: KeepEdits): number => weightsAt(analysis, preset.name, { edits }).bytes - plain;
  return editableParts.flatMap((part): readonly PartChange[] => {
    const kept = change({ keep: [part] });
    if (kept > 0) return [{ part, quantized: true, bytes: kept }];
    const quantized = change({ quantize: [part] });
    return quantized < 0 ? [{ part, quantized: false, bytes: quantized }] : [];
  });
}
