import { stripVTControlCharacters, styleText } from 'node:util';
import {
  cacheBasis,
  defaultStyle,
  devices,
  formatBytes,
  formatCount,
  formatNumber,
  formatShare,
  type Analysis,
  type Estimate,
  type Fit,
  type PrecisionWeights,
} from '../engine/index';
import { findingText } from '../shared/text/findings';
import { longLabel } from '../shared/text/precisions';
import { basisText, componentNames } from '../shared/text/report';
import { contextText, deviceText, parametersText } from '../shared/text/summary';
import { english } from '../shared/text/translate';
import { about, ownLabel, weightsText } from '../shared/text/weights';
import { refusalLines } from './refusals';
import type { Component } from '../engine/index';

export interface Terminal {
  readonly colour: boolean;
  readonly width: number;
}

type Alignment = 'left' | 'right';
interface Column {
  readonly title: string;
  readonly align: Alignment;
}

const widthOf = (text: string): number => stripVTControlCharacters(text).length;
/** Text of a file, on a terminal: without control characters, which could move the cursor or change colours. */
export const safe = (text: string): string => stripVTControlCharacters(text).replace(/\p{Cc}/gu, ' ');

function pad(text: string, width: number, align: Alignment): string {
  const space = ' '.repeat(Math.max(0, width - widthOf(text)));
  return align === 'left' ? text + space : space + text;
}

function cut(text: string, width: number): string {
  return widthOf(text) <= width ? text : `${stripVTControlCharacters(text).slice(0, Math.max(1, width - 1))}…`;
}

/** Rows from which on columns that do not fit stand below each row: nobody finds the other half of a row pages further down. */
const longTable = 20;

/**
 * Columns as wide as their content. Those that do not fit on the line go below: of a short table as a table of their own, of a
 * long one under each row, indented.
 */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[], { width, colour }: Terminal): readonly string[] {
  const widths = columns.map(({ title }, index) => Math.max(widthOf(title), ...rows.map((row) => widthOf(row[index] ?? ''))));
  const isLong = rows.length > longTable;
  const blocks = blocksOf(widths, width, isLong ? indent.length : undefined);
  const line = (cells: readonly string[], block: readonly number[], before: string): string =>
    cut(
      before +
        block
          .map((index) => pad(cells[index] ?? '', widths[index] ?? 0, columns[index]?.align ?? 'left'))
          .join('  ')
          .trimEnd(),
      width,
    );
  const titles = columns.map(({ title }) => title);
  const head = (text: string): string => (colour ? styleText('dim', text) : text);
  if (!isLong)
    return blocks.flatMap((block, nth) => [
      ...(nth > 0 ? [''] : []),
      head(line(titles, block, '')),
      ...rows.map((row) => line(row, block, '')),
    ]);
  const folded = (cells: readonly string[]): readonly string[] => blocks.map((block, nth) => line(cells, block, nth > 0 ? indent : ''));
  return [...folded(titles).map(head), ...rows.flatMap((row) => folded(row).filter((text, nth) => nth === 0 || text.trim() !== ''))];
}

/** Before what goes on below its row. */
const indent = '    ';

/**
 * The columns that fit on a line together. The first column stands at the head of each, unless the others go on below it,
 * `indented` by so many characters.
 */
function blocksOf(widths: readonly number[], width: number, indented: number | undefined): readonly (readonly number[])[] {
  const begin = (): { readonly columns: number[]; used: number } =>
    indented === undefined ? { columns: [0], used: widths[0] ?? 0 } : { columns: [], used: indented - gap };
  const blocks = [{ columns: [0], used: widths[0] ?? 0 }];
  for (let index = 1; index < widths.length; index++) {
    const needed = (widths[index] ?? 0) + gap;
    const last = blocks[blocks.length - 1] as (typeof blocks)[number];
    const isFull = last.used + needed > width && last.columns.length > (indented === undefined ? 1 : 0);
    const block = isFull ? begin() : last;
    if (isFull) blocks.push(block);
    block.columns.push(index);
    block.used += needed;
  }
  return blocks.map(({ columns }) => columns);
}

/** Characters between two columns. */
const gap = 2;

function reach(fit: Fit): string {
  if (fit.fits === null) return 'unknown';
  if (!fit.fits) return 'no';
  const isLimit = fit.maxContext !== null && fit.maxContext !== fit.memoryContext;
  return contextText(fit, english, defaultStyle) + (isLimit ? ' (limit)' : '');
}

/** Bits per weight, of both ends where the size is a range. */
function bitsText({ bytes, bitsPerWeight, details }: PrecisionWeights): string {
  const at = (size: number): string => formatNumber(bytes > 0 ? (bitsPerWeight * size) / bytes : 0, 2);
  return details?.range ? details.range.map(at).join(' to ') : at(bytes);
}

/** Who says how the weights are stored, at the head of what it says. */
function saysOf({ checkpoint, dtype }: Analysis): string {
  if (dtype.assumed && checkpoint.extras.quantizedParameters === 0) return 'the file names no dtype; assumed';
  return `${checkpoint.source === 'config.json' ? 'the file itself' : checkpoint.source} says`;
}

/** Behind sizes that hold tensors left alone for their width. */
const widthMark = '†';

/** The cache, and what its length and batch cover. */
function cacheLine({ analysis, settings, cache }: Estimate): string {
  const size = (bytes: number): string => about(cacheBasis(analysis, settings.kvDtype)) + formatBytes(bytes);
  const bothSides = cache.byKind.cross === undefined ? '' : ', on both sides (encoder and decoder),';
  const state = cache.state > 0 ? `, ${size(cache.state)} of it state that does not grow` : '';
  return (
    `cache: ${size(cache.bytes)} for ${formatNumber(cache.context)} tokens × ${formatNumber(cache.batch)}${bothSides} at ${cache.dtype}, ` +
    `${size(cache.bytesPerToken)} per further token${state}`
  );
}

/** Whose figures follow. */
export const headLine = (name: string, { analysis }: Estimate, { colour }: Terminal): string =>
  `${colour ? styleText('bold', safe(name)) : safe(name)}: ${safe(analysis.title)} (${safe(analysis.architecture)})`;

/** What one config needs, for reading. */
export function reportLines(name: string, value: Estimate, terminal: Terminal): readonly string[] {
  const { analysis, weights, fits, settings, findings } = value;
  const { parameters, basis, checkpoint } = analysis;
  const bold = (text: string): string => (terminal.colour ? styleText('bold', text) : text);
  const ofFiles = about(checkpoint.basis);
  const names = componentNames(english);
  const components = (Object.entries(parameters.byComponent) as [Component, number][]).sort(([, a], [, b]) => b - a);
  const targets = settings.targets.map(({ device, count }) => deviceText(device.name, count));
  const lines = [
    headLine(name, value, terminal),
    `${bold(about(basis) + formatNumber(parameters.total))} parameters, ${basisText(basis, english)}: ${parametersText(analysis, english, defaultStyle)}`,
    ...(parameters.stored > parameters.total
      ? [`${about(basis)}${formatNumber(parameters.stored - parameters.total)} more elements in buffers of the checkpoint`]
      : []),
    `${saysOf(analysis)}: ${longLabel(checkpoint.scheme)}, ${ofFiles}${formatBytes(checkpoint.bytes)} (${basisText(checkpoint.basis, english)})`,
    ...(checkpoint.extras.unloadedBytes > 0
      ? [
          `${ofFiles}${formatBytes(checkpoint.extras.unloadedBytes)} of it hold layers that predict further tokens, which transformers does not load`,
        ]
      : []),
    '',
    ...table(
      [
        { title: 'component', align: 'left' },
        { title: 'parameters', align: 'right' },
        { title: 'share', align: 'right' },
      ],
      components.map(([component, count]) => [
        names[component],
        about(basis) + formatCount(count),
        about(basis) + formatShare(count / parameters.total),
      ]),
      terminal,
    ),
    '',
    ...table(
      [
        { title: 'precision', align: 'left' },
        { title: 'weights', align: 'right' },
        { title: 'bits/weight', align: 'right' },
        ...targets.map((target): Column => ({ title: `context on ${target}`, align: 'right' })),
      ],
      weights.map((each) => [
        each.precision === 'checkpoint' ? ownLabel(analysis, english) : longLabel(each.scheme),
        `${weightsText(each, english, defaultStyle)}${each.details?.keptForWidth ? ` ${widthMark}` : ''}`,
        bitsText(each),
        ...fits.filter((fit) => fit.precision === each.precision).map(reach),
      ]),
      terminal,
    ),
    ...(weights.some(({ details }) => details?.keptForWidth)
      ? [`${widthMark} with tensors that stay at 16 bits or more because their rows do not divide`]
      : []),
    ...refusalLines(value, terminal.width),
    '',
    cacheLine(value),
  ];
  if (targets.length > 0)
    lines.push('context on a device: weights + cache + an estimated runtime allowance within its usable memory; (limit): the model’s own');
  for (const finding of [...analysis.findings, ...findings]) {
    const place = finding.path.length > 0 ? `${finding.path.join('.')}: ` : '';
    lines.push(safe(`${finding.severity}: ${place}${findingText(finding, english, defaultStyle)}`));
  }
  return lines;
}

/** The catalogue, for reading. */
export function deviceLines(terminal: Terminal): readonly string[] {
  return table(
    [
      { title: 'device', align: 'left' },
      { title: 'vendor', align: 'left' },
      { title: 'class', align: 'left' },
      { title: 'memory', align: 'right' },
      { title: 'usable', align: 'right' },
      { title: 'bandwidth', align: 'right' },
    ],
    devices.map(({ name, vendor, class: kind, memoryBytes, usable, bandwidth }): readonly string[] => [
      name,
      vendor ?? '',
      kind,
      memoryBytes === null ? 'unknown' : formatBytes(memoryBytes),
      usable === null ? 'unknown' : `${about(usable.basis)}${formatBytes(usable.bytes)}`,
      bandwidth === undefined ? 'unknown' : `${formatNumber(bandwidth / 1e9)} GB/s`,
    ]),
    terminal,
  );
}
