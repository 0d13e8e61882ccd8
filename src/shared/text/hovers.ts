/** What a hover says, as Markdown. Everything from a file is escaped; links are the caller's own. */
import {
  formatBytes,
  formatCount,
  formatNumber,
  formatShare,
  formatTokens,
  type Analysis,
  type Change,
  type Estimate,
  type Formula,
  type JsonValue,
  type KeyInsight,
  type NumberStyle,
  type Precision,
} from '../../engine/index';
import { findingText } from './findings';
import { formulaText } from './formulas';
import { meaningText } from './meanings';
import { longLabel } from './precisions';
import { effectText, requirementsText } from './quantization';
import { basisText, escapeMarkdown } from './report';
import { deviceText, parametersText } from './summary';
import type { Translate } from './translate';

const valueText = (value: JsonValue, t: Translate, style: NumberStyle): string => {
  if (typeof value === 'number') return Number.isInteger(value) ? formatNumber(value, 0, style) : String(value);
  if (typeof value === 'boolean' || value === null) return String(value);
  if (typeof value === 'string') return escapeMarkdown(value.length > 60 ? `${value.slice(0, 57)}…` : value);
  return Array.isArray(value) ? t('{0} entries', value.length) : '{…}';
};

/** A difference with its sign: "−134M", "+805M", "0". */
const signed = (delta: number, write: (value: number) => string): string =>
  delta === 0 ? '0' : `${delta > 0 ? '+' : '−'}${write(Math.abs(delta))}`;

/** The hover of a key: what it is, its share, the formula with numbers, what other values would do, and the basis. */
export function keyHover(insight: KeyInsight, analysis: Analysis, stale: boolean, t: Translate, style: NumberStyle): string {
  const { name, about } = meaningText(insight.meaning, t);
  const { share, formulas, cache, effect, requires } = insight.explain();
  const isPlain = typeof insight.value !== 'object' || insight.value === null;
  const lines: string[] = [];
  const heading = isPlain ? t('{0}: {1}', name, valueText(insight.value, t, style)) : name;
  lines.push(`**${heading}**${about ? ` · ${about}` : ''}`);
  const isShare = ({ result, value }: Formula): boolean => result === 'parameters' && value === share?.parameters;
  if (share) {
    const text = t('{0} parameters, {1} of the model', `**${formatCount(share.parameters, style)}**`, formatShare(share.ratio, style));
    const same = formulas.find(isShare);
    lines.push(same ? `${text} = ${formulaText(same, t, style).work}` : text);
  }
  for (const formula of formulas.filter((each) => !isShare(each))) {
    const { result, work } = formulaText(formula, t, style);
    lines.push(`**${result}** = ${work}`);
  }
  if (cache.length > 0)
    lines.push(
      cache
        .map(({ tokens, bytes }) => t('{0} tokens: cache {1}', formatNumber(tokens, 0, style), `**${formatBytes(bytes, style)}**`))
        .join(' · '),
    );
  if (effect) lines.push(effectText(effect, t, style));
  const needs = requirementsText(requires, t);
  if (needs !== undefined) lines.push(needs);
  const table = changesTable(insight.changes(), t, style);
  const footer = [basisText(insight.basis, t), escapeMarkdown(analysis.model.family.source)];
  if (stale) footer.push(t('figures from before this edit'));
  return [lines.join('  \n'), ...(table ? [table] : []), footer.join(' · ')].join('\n\n');
}

const notes = (t: Translate): Readonly<Record<string, string>> => ({
  multiHead: t('multi-head'),
  multiQuery: t('multi-query'),
  allSparse: t('experts in every layer'),
  noWindow: t('no window'),
  dense: t('one dense projection'),
  allFull: t('full attention everywhere'),
  noneKept: t('all quantized'),
});

/** One row per change, one column per figure that any of them changes. */
function changesTable(changes: readonly Change[], t: Translate, style: NumberStyle): string | undefined {
  const [first] = changes;
  if (!first) return undefined;
  const count = (value: number): string => formatCount(value, style);
  const bytes = (value: number): string => formatBytes(value, style);
  const sameTokens = changes.every(({ cache }) => cache.tokens === first.cache.tokens);
  const cacheTitle = sameTokens ? t('cache at {0}', formatTokens(first.cache.tokens, style)) : t('cache at the limit');
  const columns = [
    {
      title: t('parameters'),
      shown: changes.some(({ parameters }) => parameters.delta !== 0),
      of: (c: Change) => signed(c.parameters.delta, count),
    },
    {
      title: t('active'),
      shown: changes.some(({ active, parameters }) => active.delta !== parameters.delta),
      of: (c: Change) => signed(c.active.delta, count),
    },
    {
      title: t('weights'),
      shown: changes.some(({ weightBytes }) => weightBytes.delta !== 0),
      of: (c: Change) => signed(c.weightBytes.delta, bytes),
    },
    {
      title: cacheTitle,
      shown: changes.some(({ cache }) => cache.delta !== 0),
      of: (c: Change) => (c.cache.delta === 0 ? bytes(c.cache.value) : `${bytes(c.cache.value)} (${signed(c.cache.delta, bytes)})`),
    },
  ].filter(({ shown }) => shown);
  if (columns.length === 0) return undefined;
  const noteTexts = notes(t);
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [
    row([t('change to'), ...columns.map(({ title }) => title)]),
    `|---|${columns.map(() => '--:|').join('')}`,
    ...changes.map((change) => {
      const note = change.note ? ` (${noteTexts[change.note] ?? change.note})` : '';
      return row([`${valueText(change.value, t, style)}${note}`, ...columns.map(({ of }) => of(change))]);
    }),
  ].join('\n');
}

/** Text of a table cell that must not be broken into lines. */
const unbroken = (text: string): string => text.replace(/ /g, '\u00a0');

/** Precisions of the table that stand for the rest. */
const tablePrecisions = 6;

/** The hover of the whole model: precision × weights, cache, total, longest context on each target, and one sentence of advice. */
export function modelHover(
  value: Estimate,
  smallest: (precision: Precision) => readonly string[],
  stale: boolean,
  t: Translate,
  style: NumberStyle,
): string {
  const { analysis, weights, cache, fits, settings } = value;
  const targets = settings.targets.map(({ device, count }) => escapeMarkdown(deviceText(device.name, count)));
  const row = (cells: readonly string[]): string => `| ${cells.map(unbroken).join(' | ')} |`;
  const shown = weights.filter(
    ({ precision, scheme }, index) => precision === 'checkpoint' || (index < tablePrecisions && scheme !== analysis.checkpoint.scheme),
  );
  const rows = shown.map(({ precision, scheme, bytes }) => {
    const reach = fits
      .filter((fit) => fit.precision === precision)
      .map((fit) => (fit.fits === null ? '?' : !fit.fits ? '—' : fit.maxContext === null ? t('any') : formatTokens(fit.maxContext, style)));
    return row([
      escapeMarkdown(longLabel(scheme)),
      formatBytes(bytes, style),
      formatBytes(bytes + cache.bytes, style),
      ...reach,
      smallest(precision).join(', '),
    ]);
  });
  return [
    `**${escapeMarkdown(analysis.title)}** · ${parametersText(analysis, t, style)} · ${formatNumber(analysis.parameters.total, 0, style)}`,
    [
      row([t('precision'), t('weights'), t('+ cache {0}', formatBytes(cache.bytes, style)), ...targets, t('smallest that fits')]),
      `|---|--:|--:|${targets.map(() => '--:|').join('')}---|`,
      ...rows,
    ].join('\n'),
    t(
      'Cache at {0} tokens × {1}; under the devices: longest context.',
      formatNumber(cache.context, 0, style),
      formatNumber(cache.batch, 0, style),
    ),
    [adviceText(value, t, style), basisText(analysis.basis, t), ...(stale ? [t('figures from before this edit')] : [])]
      .filter(Boolean)
      .join(' · '),
    ...value.findings.map((finding) => escapeMarkdown(findingText(finding, t, style))),
  ].join('\n\n');
}

/** "FP8 on RTX 4090 leaves 14.1 GiB for the cache: 115k tokens." for the most precise precision that gains context. */
function adviceText({ analysis, fits, weights }: Estimate, t: Translate, style: NumberStyle): string {
  const plain = fits.find(({ precision, fits: holds }) => precision === 'checkpoint' && holds === true);
  const schemeOf = (precision: string): string =>
    escapeMarkdown(longLabel(weights.find((each) => each.precision === precision)?.scheme ?? precision));
  const better = fits.find(
    (fit) =>
      fit.fits === true &&
      fit.precision !== 'checkpoint' &&
      (!plain ||
        (fit.device === plain.device && fit.count === plain.count && (fit.maxContext ?? Infinity) > (plain.maxContext ?? Infinity))),
  );
  const { basis } = analysis;
  if (!better || basis.kind === 'approximate') return '';
  const free = (better.usable ?? 0) - better.weights - better.allowance;
  const tokens = better.maxContext === null ? t('any context') : t('{0} tokens', formatTokens(better.maxContext, style));
  return t(
    '{0} on {1} leaves {2} for the cache: {3}.',
    schemeOf(better.precision),
    escapeMarkdown(deviceText(better.device, better.count)),
    formatBytes(free, style),
    tokens,
  );
}
