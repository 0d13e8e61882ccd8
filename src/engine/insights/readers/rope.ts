/** Keys that stretch the context. */
import { exact, type Basis } from '../../basis';
import { isObject, type JsonObject } from '../../config/json';
import { maxTokens } from '../../limits';
import { cacheFormula, keyValueStates } from '../cacheFigures';
import type { RecognisedKey } from '../sections';
import type { Figures, Reader } from '../view';

/** A context before and after rope scaling, in tokens. */
export interface StretchedContext {
  readonly from: number;
  readonly to: number;
  readonly basis: Basis;
}

/**
 * How far a rope scaling stretches the context. `llama3`, `longrope` and `su` go from their original context to the limit
 * that the file gives; `yarn` multiplies its original context, which publishers' limits agree with only where they wrote the
 * stretched one (vllm config, _get_and_verify_max_len, takes the product). Whether the limit beside a `linear` or `dynamic`
 * scaling is the stretched one differs between publishers (it is in Gemma 3), so that only the factor is told of these.
 *
 * @returns `undefined` where that is not known
 */
export function stretchedContext(scaling: JsonObject, original: number | undefined, limit: number): StretchedContext | undefined {
  const type = scaling['rope_type'] ?? scaling['type'];
  const { factor } = scaling;
  if (original === undefined || original < 1) return undefined;
  if (type === 'llama3' || type === 'longrope' || type === 'su') return stretch(original, limit, limit);
  if (type === 'yarn' && typeof factor === 'number') return stretch(original, Math.floor(original * factor), limit);
  return undefined;
}

function stretch(from: number, to: number, limit: number): StretchedContext | undefined {
  if (!(from < to) || to > maxTokens) return undefined;
  return { from, to, basis: to === limit ? exact : { kind: 'rule', reasons: ['yarn-length'] } };
}

/** The scaling that a key belongs to: the factor inside of it, or the whole where it has no factor (longrope). */
function scalingOf({ meaning, section, value }: RecognisedKey): JsonObject | undefined {
  if (meaning === 'ropeFactor') return section.written;
  return isObject(value) && value['factor'] === undefined ? value : undefined;
}

/** Types whose factor is that of the longest context, whatever limit stands beside it (transformers, modeling_rope_utils.py). */
const byFactor: ReadonlySet<unknown> = new Set(['linear', 'dynamic']);

function bareFactor({ rope_type: type, type: olderName, factor }: JsonObject): Figures | undefined {
  const stretches = byFactor.has(type ?? olderName) && typeof factor === 'number' && factor > 1 && Number.isFinite(factor);
  return stretches ? { hint: { kind: 'stretch', factor }, cache: true } : undefined;
}

export const readRope: Reader = (key, view) => {
  const { analysis } = view;
  const scaling = scalingOf(key);
  if (!scaling || analysis.contextLimit === null || !view.inText(key) || keyValueStates(analysis).length === 0) return undefined;
  const own = scaling['original_max_position_embeddings'];
  const original = typeof own === 'number' ? own : key.section.value('originalContext');
  const stretched = stretchedContext(scaling, original, analysis.contextLimit);
  if (!stretched) return bareFactor(scaling);
  const [from, to] = [view.at(stretched.from), view.at(stretched.to)];
  return {
    hint: { kind: 'rope', from, to },
    formulas: () => [cacheFormula(analysis, to, view.settings.batch, view.kvDtype, view.text)],
    basis: stretched.basis,
  };
};
