/** What a hover says, as Markdown. Everything from a file is escaped; links are the caller's own. */
import {
  formatBytes,
  formatCount,
  formatNumber,
  formatShare,
  formatTokens,
  cacheBasis,
  limitPoint,
  weakest,
  type Analysis,
  type Basis,
  type Cache,
  type CachePoint,
  type Change,
  type Estimate,
  type Explanation,
  type Formula,
  type JsonValue,
  type KeyInsight,
  type NumberStyle,
  type Precision,
  type PrecisionWeights,
} from '../../engine/index';
import { fitPlaceText, profileLines, targetText } from './deviceProfiles';
import { findingText } from './findings';
import { formulaText } from './formulas';
import { meaningText } from './meanings';
import { mediaBasisText, mediaPartText } from './media';
import { longLabel, shortLabel } from './precisions';
import { effectText, requirementsText } from './quantization';
import { basisText, escapeMarkdown } from './report';
import { contextText, parametersText } from './summary';
import type { Translate } from './translate';
import { about, ownLabel, weightsText } from './weights';

const valueText = (value: JsonValue, t: Translate, style: NumberStyle): string => {
  if (typeof value === 'number') return Number.isInteger(value) ? formatNumber(value, 0, style) : String(value);
  if (typeof value === 'boolean' || value === null) return String(value);
  if (typeof value === 'string') return escapeMarkdown(value.length > 60 ? `${value.slice(0, 57)}…` : value);
  return Array.isArray(value) ? t('{0} entries', value.length) : '{…}';
};

/** A difference with its direction: "−134M", "+805M", "≈+805M", "0". */
const signed = (delta: number, basis: Basis, write: (value: number) => string): string =>
  delta === 0 ? '0' : `${about(basis)}${delta > 0 ? '+' : '−'}${write(Math.abs(delta))}`;

/** The hover of a key: what it is, its share, the formula with numbers, what other values would do, and the basis. */
export function keyHover(insight: KeyInsight, analysis: Analysis, stale: boolean, t: Translate, style: NumberStyle): string {
  const meant = meaningText(insight, t);
  const explanation = insight.explain();
  const { share, formulas, cache, cacheBasis, effect, requires, media } = explanation;
  const isPlain = typeof insight.value !== 'object' || insight.value === null;
  const lines: string[] = [];
  const heading = isPlain ? t('{0}: {1}', meant.name, valueText(insight.value, t, style)) : meant.name;
  lines.push(`**${heading}**${meant.about ? ` · ${meant.about}` : ''}`);
  const isShare = ({ result, value }: Formula): boolean => result === 'parameters' && value === share?.parameters;
  const ofCounts = about(analysis.basis);
  const ofBytes = about(cache.length > 0 ? weakest(insight.basis, cacheBasis) : insight.basis);
  if (share) {
    const count = `**${ofCounts}${formatCount(share.parameters, style)}**`;
    const text = t('{0} parameters, {1} of the model', count, formatShare(share.ratio, style));
    const same = formulas.find(isShare);
    lines.push(same ? `${text} = ${formulaText(same, t, style).work}` : text);
  }
  for (const formula of formulas.filter((each) => !isShare(each))) {
    const { result, work } = formulaText(formula, t, style, formula.result === 'parameters' ? ofCounts : ofBytes);
    const figure = `**${result}**`;
    lines.push(work === '' ? t('{0}: every window is full', figure) : `${figure} = ${work}`);
  }
  if (cache.length > 0) lines.push(cache.map((point) => pointText(point, explanation, t, style)).join(' · '));
  if (effect) lines.push(effectText(effect, t, style));
  for (const part of media?.parts ?? []) lines.push(`${mediaPartText(part, media ?? part, t, style)} (${mediaBasisText(part, t)})`);
  const needs = requirementsText(requires, t);
  if (needs !== undefined) lines.push(needs);
  const table = changesTable(insight.changes(), analysis, cacheBasis, t, style);
  const told =
    cache.length > 0 && cacheBasis.kind !== analysis.basis.kind
      ? [t('parameters: {0}', basisText(analysis.basis, t)), t('cache: {0}', basisText(cacheBasis, t))]
      : [basisText(insight.basis, t)];
  const footer = [...told, escapeMarkdown(analysis.model.family.source)];
  if (stale) footer.push(t('figures from before this edit'));
  return [lines.join('  \n'), ...(table ? [table] : []), footer.join(' · ')].join('\n\n');
}

/** "8,192 tokens: cache 1.00 GiB", with the encoder's length and the number of sequences where there are any. */
function pointText(
  { tokens, encoder, bytes }: CachePoint,
  { batch, cacheBasis }: Pick<Explanation, 'batch' | 'cacheBasis'>,
  t: Translate,
  style: NumberStyle,
): string {
  const number = (value: number): string => formatNumber(value, 0, style);
  const length =
    encoder === undefined
      ? t('{0} tokens', number(tokens))
      : encoder === tokens
        ? t('{0} tokens each in encoder and decoder', number(tokens))
        : t('{0} tokens and {1} encoder positions', number(tokens), number(encoder));
  return t('{0}: cache {1}', batch === 1 ? length : `${length} × ${number(batch)}`, `**${about(cacheBasis)}${formatBytes(bytes, style)}**`);
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
function changesTable(
  changes: readonly Change[],
  { basis, checkpoint }: Analysis,
  cacheBasis: Basis,
  t: Translate,
  style: NumberStyle,
): string | undefined {
  const [first] = changes;
  if (!first) return undefined;
  const count = (value: number): string => formatCount(value, style);
  const bytes = (value: number): string => formatBytes(value, style);
  const cacheText = ({ value, delta }: Change['cache']): string =>
    about(cacheBasis) + bytes(value) + (delta === 0 ? '' : ` (${signed(delta, cacheBasis, bytes)})`);
  const sameTokens = changes.every(({ cache }) => cache.tokens === first.cache.tokens && cache.encoder === first.cache.encoder);
  const cacheTitle = sameTokens ? t('cache at {0}', formatTokens(first.cache.tokens, style)) : t('cache at the limit');
  const columns = [
    {
      title: t('parameters'),
      shown: changes.some(({ parameters }) => parameters.delta !== 0),
      of: (c: Change) => signed(c.parameters.delta, basis, count),
    },
    {
      title: t('active'),
      shown: changes.some(({ active, parameters }) => active.delta !== parameters.delta),
      of: (c: Change) => signed(c.active.delta, basis, count),
    },
    {
      title: t('weights'),
      shown: changes.some(({ weightBytes }) => weightBytes.delta !== 0),
      of: (c: Change) => signed(c.weightBytes.delta, checkpoint.basis, bytes),
    },
    {
      title: cacheTitle,
      shown: changes.some(({ cache }) => cache.delta !== 0),
      of: ({ cache }: Change) => cacheText(cache),
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

/**
 * The hover of the whole model: precision × weights, cache, total, longest context on each target, and one sentence of advice.
 *
 * @param smallest devices that hold the model at a precision, to be named
 */
export function modelHover(
  value: Estimate,
  smallest: (precision: Precision) => readonly string[],
  stale: boolean,
  t: Translate,
  style: NumberStyle,
): string {
  const { analysis, weights, cache, fits, settings } = value;
  const ofCache = cacheBasis(analysis, settings.kvDtype);
  const keeps = analysis.inventory.states.length > 0;
  const isAssumed = analysis.dtype.assumed && analysis.checkpoint.extras.quantizedParameters === 0;
  const targets = settings.targets.map((each) => escapeMarkdown(targetText(each, t)));
  const row = (cells: readonly string[]): string => `| ${cells.map(unbroken).join(' | ')} |`;
  const shown = weights.filter(
    ({ precision, scheme }, index) => precision === 'checkpoint' || (index < tablePrecisions && scheme !== analysis.checkpoint.scheme),
  );
  const rows = shown.map((each) => {
    const reach = fits
      .filter(({ precision }) => precision === each.precision)
      .map((fit) => (fit.fits === null ? '?' : fit.fits ? contextText(fit, t, style) : '—'));
    return row([
      escapeMarkdown(each.precision === 'checkpoint' && isAssumed ? ownLabel(analysis, t) : longLabel(each.scheme)),
      weightsText(each, t, style),
      ...(keeps ? [weightsText(withCache(each, cache, ofCache), t, style)] : []),
      ...reach,
      smallest(each.precision).join(', '),
    ]);
  });
  const cacheTitle = keeps ? [t('+ cache {0}', about(ofCache) + formatBytes(cache.bytes, style))] : [];
  const heading = [
    `**${escapeMarkdown(analysis.title)}**`,
    parametersText(analysis, t, style),
    about(analysis.basis) + formatNumber(analysis.parameters.total, 0, style),
  ];
  return [
    heading.join(' · '),
    [
      row([t('precision'), t('weights'), ...cacheTitle, ...targets, t('smallest that fits')]),
      `|---|--:|${keeps ? '--:|' : ''}${targets.map(() => '--:|').join('')}---|`,
      ...rows,
    ].join('\n'),
    [
      [
        ...cacheParts(value, t, style),
        ...(targets.length > 0 ? [t('under the devices: longest context, ≈ where memory ends it')] : []),
      ].join(' · '),
      adviceText(value, t, style),
      ...settings.targets.flatMap(({ device }) => profileLines(device, t, style).map(escapeMarkdown)),
      ...value.findings.map((finding) => escapeMarkdown(findingText(finding, t, style))),
      [...basisParts(value, shown, t), ...(stale ? [t('figures from before this edit')] : [])].join(' · '),
    ]
      .filter(Boolean)
      .join('  \n'),
  ].join('\n\n');
}

/** Weights and cache together, of both ends where the weights are a range. */
function withCache({ bytes, basis, details }: PrecisionWeights, cache: Cache, cacheBasis: Basis): Parameters<typeof weightsText>[0] {
  const range = details?.range && ([details.range[0] + cache.bytes, details.range[1] + cache.bytes] as const);
  return { bytes: bytes + cache.bytes, basis: weakest(basis, cacheBasis), details: details && range ? { ...details, range } : undefined };
}

/** What the figure of the cache covers. */
function cacheParts({ analysis, settings, cache, kvDtype }: Estimate, t: Translate, style: NumberStyle): readonly string[] {
  const number = (value: number): string => formatNumber(value, 0, style);
  if (analysis.inventory.states.length === 0) return [t('No cache: nothing is kept between tokens')];
  const [context, batch] = [number(cache.context), number(cache.batch)];
  if (cache.byKind.cross === undefined) return [t('Cache at {0} tokens × {1}', context, batch)];
  const both = t('Cache at {0} tokens × {1}, on both sides: encoder and decoder', context, batch);
  const limit = limitPoint(analysis, settings.batch, kvDtype);
  if (limit?.encoder === undefined || limit.encoder === limit.tokens) return [both];
  const size = about(cacheBasis(analysis, settings.kvDtype)) + formatBytes(limit.bytes, style);
  return [both, t('at its limits, {0} tokens and {1} encoder positions: {2}', number(limit.tokens), number(limit.encoder), size)];
}

/** What each kind of figure stands on: parameters first, then what adds something of its own. */
function basisParts({ analysis, settings, fits }: Estimate, shown: readonly PrecisionWeights[], t: Translate): readonly string[] {
  const own = ({ kind, reasons }: Basis): Basis => ({ kind, reasons: reasons.filter((each) => !analysis.basis.reasons.includes(each)) });
  const adds = (basis: Basis): boolean => basis.kind !== analysis.basis.kind || own(basis).reasons.length > 0;
  const labels = new Map<string, string[]>();
  for (const { scheme, basis } of shown) {
    if (!adds(basis)) continue;
    const text = basisText(own(basis), t);
    labels.set(text, [...(labels.get(text) ?? []), escapeMarkdown(shortLabel(scheme))]);
  }
  const ofCache = cacheBasis(analysis, settings.kvDtype);
  const ofFits = fits.flatMap(({ basis }) => basis.reasons);
  return [
    t('parameters: {0}', basisText(analysis.basis, t)),
    ...[...labels].map(([text, names]) => t('{0}: {1}', [...new Set(names)].join(', '), text)),
    ...(adds(ofCache) ? [t('cache: {0}', basisText(own(ofCache), t))] : []),
    ...(ofFits.includes('usable-approximate')
      ? [t('contexts: with estimates of the runtime allowance and of usable memory')]
      : ofFits.includes('usable-measured-here')
        ? [t('contexts: with usable memory measured here and an estimated runtime allowance')]
        : ofFits.includes('allowance-approximate')
          ? [t('contexts: with an estimated runtime allowance')]
          : []),
  ];
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
  return t(
    '{0} on {1} leaves {2} for the cache: {3}.',
    schemeOf(better.precision),
    escapeMarkdown(fitPlaceText(better, t)),
    about(better.basis) + formatBytes(free, style),
    better.maxContext === null ? t('any context') : t('{0} tokens', contextText(better, t, style)),
  );
}
