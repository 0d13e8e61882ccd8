/** The model in one line: what it is, what its weights take, where it runs. */
import {
  formatBytes,
  formatCount,
  formatNumber,
  formatTokens,
  loadedBytes,
  type Analysis,
  type Component,
  type Fit,
  type NumberStyle,
  type Precision,
  type PrecisionWeights,
} from '../../engine/index';
import { methodLabel, shortLabel } from './precisions';
import type { Translate } from './translate';
import { about } from './weights';

const towers: readonly (readonly [Component, (t: Translate) => string])[] = [
  ['vision', (t) => t('vision')],
  ['audio', (t) => t('audio')],
];

/**
 * "8.03B params", "≈8.03B params", "671B params, 37.6B active", "4.30B = text 3.88B + vision 0.42B".
 *
 * @param brief without the parts of a composite
 */
export function parametersText({ parameters, basis }: Analysis, t: Translate, style: NumberStyle, brief = false): string {
  const sign = about(basis);
  const total = sign + formatCount(parameters.total, style);
  const parts = brief
    ? []
    : towers.flatMap(([component, name]) => {
        const count = parameters.byComponent[component];
        return count ? [{ name: name(t), count }] : [];
      });
  if (parts.length > 0) {
    const rest = parameters.total - parts.reduce((sum, { count }) => sum + count, 0);
    const sum = [{ name: t('text'), count: rest }, ...parts].map(({ name, count }) => `${name} ${formatCount(count, style)}`).join(' + ');
    return `${total} = ${sum}`;
  }
  if (parameters.active !== parameters.total) return t('{0} params, {1} active', total, sign + formatCount(parameters.active, style));
  return t('{0} params', total);
}

/**
 * "BF16 14.96 GiB · FP8 8.46 · INT4 5.33": the checkpoint first, the unit once; "FP8 641.3 GiB, 626.9 loaded" where the files
 * hold more than the model's class loads.
 *
 * @param brief without what a quantized checkpoint would be at 16 bits
 * @param told the precision that the text beside this one speaks of, whose size stays
 */
export function memoryText(
  analysis: Analysis,
  others: readonly PrecisionWeights[],
  t: Translate,
  style: NumberStyle,
  brief = false,
  told?: Precision,
): string {
  const { checkpoint, dtype } = analysis;
  const plain = checkpoint.scheme === dtype.value;
  const sign = about(analysis.basis) || about(checkpoint.basis);
  const files = formatBytes(checkpoint.bytes, style);
  const unit = files.split(' ').at(-1);
  const unitOnce = (bytes: number): string => {
    const text = formatBytes(bytes, style);
    return text.endsWith(` ${unit}`) ? text.slice(0, text.lastIndexOf(' ')) : text;
  };
  const loaded = loadedBytes(checkpoint);
  const name = `${methodLabel(checkpoint.scheme)} ${sign}${files}`;
  const first = loaded === checkpoint.bytes ? name : t('{0}, {1} loaded', name, sign + unitOnce(loaded));
  const sizeOf = ({ basis, bytes }: PrecisionWeights): string => about(basis) + unitOnce(bytes);
  const named = (each: PrecisionWeights): string => `${shortLabel(each.precision)} ${sizeOf(each)}`;
  if (!plain) {
    const full = brief ? undefined : others.find(({ precision }) => precision === 'bf16');
    const spoken = others.find(({ precision }) => precision === told && precision !== 'bf16');
    const lead = full ? `${first} ${t('({0} would be {1})', shortLabel(full.precision), sizeOf(full))}` : first;
    return spoken ? `${lead} · ${named(spoken)}` : lead;
  }
  return [first, ...others.filter(({ precision }) => precision !== dtype.value && precision !== 'bf16').map(named)].join(' · ');
}

/** "Llama · 8.03B params · BF16 14.96 GiB · FP8 8.46 · INT4 5.33"; `brief`: where there is little room. */
export const modelLine = (
  analysis: Analysis,
  others: readonly PrecisionWeights[],
  t: Translate,
  style: NumberStyle,
  brief = false,
  told?: Precision,
): string => [analysis.title, parametersText(analysis, t, style, brief), memoryText(analysis, others, t, style, brief, told)].join(' · ');

/** "RTX 4090", "2 × H100 SXM 80GB". */
export const deviceText = (device: string, count: number): string => (count === 1 ? device : `${count} × ${device}`);

/**
 * How far a fit reaches: "BF16 to 62k tokens", "BF16 to 131,072 tokens, the model's limit", "BF16, any context".
 *
 * @param sign before what memory ends, where the weights are an estimate: every reach rests on an estimated allowance, which goes
 *   without saying in a line of figures
 */
export function reachText(fit: Fit, scheme: string, t: Translate, style: NumberStyle, sign = ''): string {
  const label = shortLabel(scheme);
  if (fit.maxContext === null) return t('{0}, any context', label);
  return fit.maxContext === fit.memoryContext
    ? t('{0} to {1} tokens', label, sign + formatTokens(fit.maxContext, style))
    : t("{0} to {1} tokens, the model's limit", label, formatNumber(fit.maxContext, 0, style));
}

/** `reachText` where the precision is known from the place: "61k tokens", "131,072 tokens, the model's limit". */
export function reachTokens(fit: Fit, t: Translate, style: NumberStyle, sign = ''): string {
  if (fit.maxContext === null) return t('any context');
  return fit.maxContext === fit.memoryContext
    ? t('{0} tokens', sign + formatTokens(fit.maxContext, style))
    : t("{0} tokens, the model's limit", formatNumber(fit.maxContext, 0, style));
}

/** The longest context in a cell: "≈61k" where memory ends it, which is an estimate, "131,072" for the model's own limit, "any". */
export const contextText = ({ maxContext, memoryContext, basis }: Fit, t: Translate, style: NumberStyle): string =>
  maxContext === null ? t('any') : (maxContext === memoryContext ? about(basis) : '') + formatTokens(maxContext, style);

/** The best that the targets can do, most precise first, and the earlier target where several can. */
export function bestFit(fits: readonly Fit[], precisions: readonly string[]): Fit | undefined {
  for (const precision of precisions) {
    const fit = fits.find((candidate) => candidate.precision === precision && candidate.fits === true);
    if (fit) return fit;
  }
  return undefined;
}
