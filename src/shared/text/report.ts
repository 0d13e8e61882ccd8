/** An estimate as Markdown, to paste into an issue or a chat. */
import { cacheBasis, formatBytes, formatNumber, formatShare, type Component, type Estimate, type NumberStyle } from '../../engine/index';
import { targetText } from './deviceProfiles';
import { longLabel } from './precisions';
import { shortReason } from './reasons';
import { contextText, parametersText } from './summary';
import type { Translate } from './translate';
import { about, ownLabel, weightsText } from './weights';

/** Text of a file inside Markdown: nothing in it is markup, and no address in it becomes a link. */
export const escapeMarkdown = (text: string): string =>
  text
    .replace(/[\\`*_[\]#|<>~&@]/g, '\\$&')
    .replace(/:\/\//g, ':\\/\\/')
    .replace(/\bwww\./gi, (www) => `${www.slice(0, -1)}\\.`)
    .replace(/\s+/g, ' ');

const row = (...cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

export function componentNames(t: Translate): Readonly<Record<Component, string>> {
  return {
    embedding: t('embedding'),
    attention: t('attention'),
    mlp: t('MLP'),
    experts: t('routed experts'),
    router: t('router'),
    stateSpace: t('state space'),
    norm: t('norms'),
    head: t('head'),
    vision: t('vision'),
    audio: t('audio'),
    projector: t('projector'),
    other: t('other'),
  };
}

/** What a figure stands on, in few words: "exact", "by rule (some layers not quantized)". */
export function basisText({ kind, reasons }: Estimate['analysis']['basis'], t: Translate): string {
  const words = { exact: t('exact'), rule: t('by rule'), approximate: t('approximate') }[kind];
  return reasons.length > 0 ? t('{0} ({1})', words, reasons.map((reason) => shortReason(reason, t)).join(' · ')) : words;
}

/** @param name the file's name as the person knows it */
export function markdownReport(name: string, value: Estimate, t: Translate, style: NumberStyle): string {
  const { analysis, weights, cache, fits, settings } = value;
  const { parameters, basis } = analysis;
  const sign = about(basis);
  const ofCache = about(cacheBasis(analysis, settings.kvDtype));
  const names = componentNames(t);
  const shares = Object.entries(parameters.byComponent).sort(([, a], [, b]) => b - a) as [Component, number][];
  const targets = settings.targets.map((each) => escapeMarkdown(targetText(each, t)));
  return [
    `## ${escapeMarkdown(name)}`,
    '',
    `${escapeMarkdown(analysis.title)} (${escapeMarkdown(analysis.architecture)}) · ${parametersText(analysis, t, style)} · ${basisText(basis, t)}`,
    '',
    row(t('component'), t('parameters'), t('share')),
    '|---|--:|--:|',
    ...shares.map(([component, count]) =>
      row(names[component], sign + formatNumber(count, 0, style), sign + formatShare(count / parameters.total, style)),
    ),
    row(`**${t('total')}**`, `**${sign}${formatNumber(parameters.total, 0, style)}**`, ''),
    '',
    row(t('precision'), t('weights'), t('bits per weight'), ...targets.map((target) => t('longest context on {0}', target))),
    `|---|--:|--:|${targets.map(() => '--:|').join('')}`,
    ...weights.map((each) => {
      const { precision, bitsPerWeight } = each;
      const label = precision === 'checkpoint' ? escapeMarkdown(ownLabel(analysis, t)) : longLabel(precision);
      const reach = fits
        .filter((fit) => fit.precision === precision)
        .map((fit) => (fit.fits === null ? t('unknown') : fit.fits ? contextText(fit, t, style) : t('does not fit')));
      return row(label, weightsText(each, t, style), formatNumber(bitsPerWeight, 2, style), ...reach);
    }),
    '',
    t(
      'Cache: {0} for {1} tokens × {2} at {3}, {4} more per token.',
      ofCache + formatBytes(cache.bytes, style),
      formatNumber(cache.context, 0, style),
      formatNumber(cache.batch, 0, style),
      cache.dtype,
      ofCache + formatBytes(cache.bytesPerToken, style),
    ),
    '',
    t(
      'Parameters, weights and cache follow from the config; what fits includes an estimated allowance for the runtime and was computed by VRAM Lens.',
    ),
    '',
  ].join('\n');
}
