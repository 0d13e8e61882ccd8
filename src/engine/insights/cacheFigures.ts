/** Figures of what is kept per sequence, from the states that the modules declare. */
import type { Analysis } from '../analysis';
import { weakest, type Basis } from '../basis';
import { cacheOf } from '../estimate';
import { windowKeeps } from '../memory/cache';
import type { State } from '../modules/tree';
import { bytesPerElement, type CacheDtype } from '../units/dtypes';
import { factor, formula, term, type Factor, type Formula, type Term } from './formula';
import { textSection, type Section } from './sections';

/** Everything kept for `batch` sequences of `tokens` tokens. */
export interface CachePoint {
  readonly tokens: number;
  /** Positions of the encoder that cross attention keeps; only of a model with such layers. */
  readonly encoder?: number;
  readonly bytes: number;
}

/** The whole cache, or what self or cross attention keeps of it; state that does not grow counts with self attention. */
export type CachePart = 'all' | 'self' | 'cross';

type GrowingState = Extract<State, { readonly elementsPerToken: number }>;
interface Kept<S extends State = GrowingState> {
  readonly state: S;
  readonly copies: number;
}

/** What grows with the length of a side, equal states of several stacks taken together. */
function growingStates({ inventory }: Analysis): readonly Kept[] {
  const kept = new Map<string, Kept>();
  for (const { state, copies } of inventory.states) {
    if (!('elementsPerToken' in state)) continue;
    const key = JSON.stringify(state);
    kept.set(key, { state, copies: copies + (kept.get(key)?.copies ?? 0) });
  }
  return [...kept.values()];
}

/** Keys and values that grow with what is generated; what an encoder's output costs a decoder (cross) is apart. */
export const keyValueStates = (analysis: Analysis): readonly Kept[] =>
  growingStates(analysis).filter(({ state }) => state.kind !== 'cross');

export const keepsCross = ({ inventory }: Analysis): boolean => inventory.states.some(({ state }) => state.kind === 'cross');

/**
 * The most positions that the encoder of an encoder-decoder has, where a key of its own bounds them (max_source_positions);
 * `undefined` where none does. Whisper takes no input of fewer (transformers models/whisper, modeling_whisper.py, WhisperEncoder).
 */
export const encoderPositions = (analysis: Analysis): number | undefined =>
  keepsCross(analysis) ? textSection(analysis).ofSide('contextLimit', 'encoder') : undefined;

/** Elements per token that a layer would keep if every query head had a key and a value of its own; `undefined` where that is not known. */
function fullElements(state: GrowingState, section: Section): number | undefined {
  const heads = section.value('heads', 'decoder');
  if (heads === undefined) return undefined;
  if (state.kind !== 'latent') return state.heads === undefined ? undefined : (state.elementsPerToken / state.heads) * heads;
  const [nope, rope, value] = (['nopeHeadDim', 'ropeHeadDim', 'valueHeadDim'] as const).map((meaning) => section.value(meaning));
  return nope === undefined || rope === undefined || value === undefined ? undefined : heads * (nope + rope + value);
}

/** What a model keeps per token of one sequence, against what multi-head attention would; cross attention included. */
export interface KeyValueFigures {
  /** Of every token while no window is full; of an encoder-decoder, of one token on both sides. */
  readonly bytesPerToken: number;
  /** Growth from one more token at the context asked about, as `Cache.bytesPerToken`: full windows add nothing. */
  readonly growth: number;
  /** As `bytesPerToken`, if every query head had a key and a value of its own; null where that is not known. */
  readonly fullBytesPerToken: number | null;
  /** Layers that keep keys and values of what is generated. */
  readonly layers: number;
  /** Of these, layers that keep a window only. */
  readonly windowed: number;
}

/** `undefined` for a model that keeps no keys and values (an encoder, a state-space model). */
export function keyValueFigures(analysis: Analysis, context: number, dtype: CacheDtype, section: Section): KeyValueFigures | undefined {
  const own = keyValueStates(analysis);
  if (own.length === 0) return undefined;
  const width = bytesPerElement[dtype];
  let bytesPerToken = 0;
  let full: number | null = 0;
  for (const { state, copies } of growingStates(analysis)) {
    bytesPerToken += state.elementsPerToken * copies * width;
    const each = fullElements(state, section);
    full = full === null || each === undefined ? null : full + each * copies * width;
  }
  const layersOf = (states: readonly Kept[]): number => states.reduce((sum, { copies }) => sum + copies, 0);
  return {
    bytesPerToken,
    growth: cacheOf(analysis, context, 1, dtype).bytesPerToken,
    fullBytesPerToken: full,
    layers: layersOf(own),
    windowed: layersOf(own.filter(({ state }) => state.kind === 'sliding')),
  };
}

/** @param encoder positions of the encoder; as many as tokens when left out, as `cacheOf` counts them */
export function cachePoint(
  analysis: Analysis,
  tokens: number,
  batch: number,
  dtype: CacheDtype,
  encoder = tokens,
  part: CachePart = 'all',
): CachePoint {
  const { bytes, byKind } = cacheOf(analysis, tokens, batch, dtype);
  if (byKind.cross === undefined) return { tokens, bytes: part === 'cross' ? 0 : bytes };
  const cross = encoder === tokens ? byKind.cross : (cacheOf(analysis, encoder, batch, dtype).byKind.cross ?? 0);
  const self = bytes - byKind.cross;
  return { tokens, encoder, bytes: { all: self + cross, self, cross }[part] };
}

/** The cache at the limits of the model, each side at its own; `undefined` where it has none. */
export const limitPoint = (analysis: Analysis, batch: number, dtype: CacheDtype, part: CachePart = 'all'): CachePoint | undefined =>
  analysis.contextLimit === null
    ? undefined
    : cachePoint(analysis, analysis.contextLimit, batch, dtype, encoderPositions(analysis) ?? analysis.contextLimit, part);

/**
 * What the bytes of a cache stand on: the model's own basis, and the dtype where neither the settings nor the file names one.
 *
 * @param asked the dtype of the settings
 */
export function cacheBasis(analysis: Analysis, asked: CacheDtype | 'auto'): Basis {
  const { basis, checkpoint, dtype, inventory } = analysis;
  if (asked !== 'auto' || !dtype.assumed || inventory.states.length === 0) return basis;
  const byFormat = checkpoint.basis.reasons.includes('dtype-of-format');
  return weakest(basis, byFormat ? { kind: 'rule', reasons: ['dtype-of-format'] } : { kind: 'approximate', reasons: ['dtype-assumed'] });
}

/**
 * Bytes that one more token of one sequence costs: "2 · 8 heads · 128 · 2 B · 32 layers". Where windows are full at a context,
 * what it costs there comes first (without terms where nothing grows any more), then what it costs while none is.
 */
export function perTokenFormulas(
  analysis: Analysis,
  context: number,
  dtype: CacheDtype,
  section: Section,
): readonly (Formula | undefined)[] {
  const states = growingStates(analysis);
  const isFull = ({ state }: Kept): boolean => state.kind === 'sliding' && context >= windowKeeps(state.window);
  const sum = (of: readonly Kept[]): Formula | undefined =>
    formula(
      'bytesPerToken',
      of.map(({ state, copies }) =>
        term(...stateFactors(state, section), factor(bytesPerElement[dtype], 'bytesPerElement'), layersFactor(state, copies)),
      ),
    );
  const said = (one: Formula | undefined, at?: Formula['at']): Formula | undefined =>
    one && { ...one, ...(at !== undefined && { at }), ...(keepsCross(analysis) && { bothSides: true }) };
  const whole = sum(states);
  if (!states.some(({ state }) => state.kind === 'sliding' && windowKeeps(state.window) !== Infinity)) return [said(whole)];
  if (!states.some(isFull)) return [said(whole, 'windowsOpen')];
  const growing = sum(states.filter((kept) => !isFull(kept))) ?? ({ result: 'bytesPerToken', value: 0, terms: [] } as const);
  return [said(growing, context), said(whole, 'windowsOpen')];
}

/** The bytes of a point, or of a part of it, for `batch` sequences. */
export function cacheFormula(
  analysis: Analysis,
  { tokens, encoder = tokens, bytes }: CachePoint,
  batch: number,
  dtype: CacheDtype,
  section: Section,
  part: CachePart = 'all',
): Formula | undefined {
  const width = factor(bytesPerElement[dtype], 'bytesPerElement');
  const terms: Term[] = growingStates(analysis).flatMap(({ state, copies }) => {
    if (part !== 'all' && (state.kind === 'cross') !== (part === 'cross')) return [];
    return [term(...stateFactors(state, section), width, layersFactor(state, copies), keptFactor(state), factor(batch, 'sequences'))];
  });
  const rest = bytes - terms.reduce((sum, { value }) => sum + value, 0);
  return formula('bytes', [...terms, ...(rest > 0 ? [term(factor(rest, 'rest'))] : [])]);

  function keptFactor(state: GrowingState): Factor {
    if (state.kind === 'cross') return factor(encoder, 'encoderPositions');
    const kept = state.kind === 'sliding' ? windowKeeps(state.window) : Infinity;
    return kept < tokens ? factor(kept, 'tokensKept') : factor(tokens, 'tokens');
  }
}

const layersFactor = ({ kind }: GrowingState, copies: number): Factor => factor(copies, kind === 'cross' ? 'crossLayers' : 'layers');

function stateFactors(state: GrowingState, section: Section): readonly Factor[] {
  if (state.kind === 'latent') {
    const rank = section.value('kvRank');
    const rope = section.value('ropeHeadDim');
    const told = rank !== undefined && rope !== undefined && rank + rope === state.elementsPerToken;
    const sumOf = told ? { sumOf: [factor(rank, 'latentRank'), factor(rope, 'ropeHeadDim')] } : {};
    return [{ ...factor(state.elementsPerToken, 'elementsPerToken'), ...sumOf }];
  }
  const { heads, elementsPerToken } = state;
  if (heads === undefined || elementsPerToken % heads !== 0) return [factor(elementsPerToken, 'elementsPerToken')];
  const each = elementsPerToken / heads;
  // Keys and values may differ in width: only a known head width shows that they do not.
  if (each === 2 * headWidth(section)) return [factor(2, 'keysAndValues'), factor(heads, 'kvHeads'), factor(each / 2, 'headDim')];
  return [factor(heads, 'kvHeads'), factor(each, 'elementsPerHead')];
}

function headWidth(section: Section): number {
  const [own, hidden, heads] = [section.value('headDim'), section.value('hiddenSize'), section.value('heads', 'decoder')];
  return own ?? (hidden !== undefined && heads !== undefined ? Math.floor(hidden / heads) : NaN);
}

/** Bytes per sequence of recurrent or convolution state, as `cacheOf` counts them: never narrower than 16 bits. */
export function stateFormula({ inventory, dtype }: Analysis, kind: 'recurrent' | 'convolution', kvDtype: CacheDtype): Formula | undefined {
  const held = [kvDtype, dtype.value].map((type) => bytesPerElement[type]).find((width) => width >= 2) ?? 2;
  return formula(
    'bytes',
    inventory.states.flatMap(({ state, copies }) => {
      if (!('elements' in state) || state.kind !== kind) return [];
      const width = state.dtype === 'float32' ? 4 : held;
      return [term(factor(state.elements, 'stateElements'), factor(width, 'bytesPerElement'), factor(copies, 'layers'))];
    }),
  );
}
