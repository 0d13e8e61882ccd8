import { formatBytes, formatCount, formatNumber, type Factor, type FactorName, type Formula, type NumberStyle } from '../../engine/index';
import type { Translate } from './translate';

/** How a factor is written: the number with what it counts; plain where the place tells. */
const factorText: Readonly<Record<FactorName, (number: string, t: Translate) => string>> = {
  layers: (n, t) => t('{0} layers', n),
  crossLayers: (n, t) => t('{0} cross-attention layers', n),
  experts: (n, t) => t('{0} experts', n),
  matrices: (n, t) => t('{0} matrices', n),
  vocabulary: (n, t) => t('{0} tokens of vocabulary', n),
  hiddenSize: (n, t) => t('{0} hidden', n),
  intermediateSize: (n, t) => t('{0} inner', n),
  width: (n) => n,
  keysAndValues: (n) => n,
  heads: (n, t) => t('{0} heads', n),
  kvHeads: (n, t) => t('{0} heads', n),
  headDim: (n) => n,
  elementsPerHead: (n) => n,
  elementsPerToken: (n) => n,
  latentRank: (n, t) => t('{0} latent', n),
  ropeHeadDim: (n, t) => t('{0} rotary', n),
  stateElements: (n, t) => t('{0} elements', n),
  bytesPerElement: (n, t) => t('{0} B', n),
  tokens: (n, t) => t('{0} tokens', n),
  tokensKept: (n, t) => t('{0} tokens kept', n),
  encoderPositions: (n, t) => t('{0} encoder positions', n),
  sequences: (n, t) => t('{0} sequences', n),
  parameters: (n, t) => t('{0} parameters', n),
  parametersPerLayer: (n, t) => t('{0} per layer', n),
  parametersPerExpert: (n, t) => t('{0} per expert', n),
  expertsPerToken: (n, t) => t('{0} experts per token', n),
  alwaysUsed: (n, t) => t('{0} always used', n),
  rest: (n, t) => t('{0} more', n),
  packedBytes: (n, t) => t('{0} packed', n),
  scaleBytes: (n, t) => t('{0} scales', n),
  keptBytes: (n, t) => t('{0} not quantized', n),
  unloadedBytes: (n, t) => t('{0} in layers that are not loaded', n),
};

/** Counts that are too long to read digit by digit in the middle of a formula. */
const counted: ReadonlySet<FactorName> = new Set(['parameters', 'parametersPerLayer', 'parametersPerExpert', 'alwaysUsed']);
const inBytes: ReadonlySet<FactorName> = new Set(['packedBytes', 'scaleBytes', 'keptBytes', 'unloadedBytes']);

/** "128 KiB per token", and for which tokens where they do not all cost the same. */
function perTokenText({ at, bothSides }: Formula, bytes: string, t: Translate, style: NumberStyle): string {
  const perToken = bothSides ? t('{0} per token in encoder and decoder', bytes) : t('{0} per token', bytes);
  if (at === undefined) return perToken;
  return at === 'windowsOpen' ? t('{0} while no window is full', perToken) : t('{0} at {1} tokens', perToken, formatNumber(at, 0, style));
}

/**
 * A formula with the numbers put in: "128 KiB = 2 · 8 heads · 128 · 2 B · 32 layers". The result stands apart; no work where
 * there is nothing to add up.
 *
 * @param sign before the result
 */
export function formulaText(
  formula: Formula,
  t: Translate,
  style: NumberStyle,
  sign = '',
): { readonly result: string; readonly work: string } {
  const numberOf = ({ value, name }: Factor): string => {
    if (name === 'unloadedBytes') return formatBytes(-value, style);
    if (inBytes.has(name) || (name === 'rest' && formula.result !== 'parameters')) return formatBytes(value, style);
    return counted.has(name) || name === 'rest' ? formatCount(value, style) : formatNumber(value, 0, style);
  };
  const write = (factor: Factor): string =>
    factor.sumOf ? `(${factor.sumOf.map(write).join(' + ')})` : factorText[factor.name](numberOf(factor), t);
  const terms = formula.terms.map(({ factors }) => factors.map(write).join(' · '));
  const takenAway = new Set(terms.filter((_, index) => (formula.terms[index]?.value ?? 0) < 0));
  const times = (term: string): number => terms.filter((other) => other === term).length;
  const work = [...new Set(terms)]
    .map((term) => (times(term) > 1 ? `${formatNumber(times(term), 0, style)} · ${term}` : term))
    .reduce((sum, text, at) => `${sum}${at === 0 ? '' : takenAway.has(text) ? ' − ' : ' + '}${text}`, '');
  const value = sign + (formula.result === 'parameters' ? formatCount(formula.value, style) : formatBytes(formula.value, style));
  return { result: formula.result === 'bytesPerToken' ? perTokenText(formula, value, t, style) : value, work };
}
