/** Figures of what is kept per sequence, from the states that the modules declare. */
import type { Analysis } from '../analysis';
import { cacheOf } from '../estimate';
import { windowKeeps } from '../memory/cache';
import type { State } from '../modules/tree';
import { bytesPerElement, type CacheDtype } from '../units/dtypes';
import { factor, formula, term, type Factor, type Formula, type Term } from './formula';
import type { Section } from './sections';

/** Everything kept for `batch` sequences of `tokens` tokens. */
export interface CachePoint {
  readonly tokens: number;
  readonly bytes: number;
}

type KeyValueState = Extract<State, { readonly elementsPerToken: number }>;

/** Keys and values that grow with what is generated; what an encoder's output costs a decoder (cross) is apart. */
export const isKeyValue = (state: State): state is KeyValueState => 'elementsPerToken' in state && state.kind !== 'cross';

export const keyValueStates = ({ inventory }: Analysis): readonly { readonly state: KeyValueState; readonly copies: number }[] =>
  inventory.states.flatMap(({ state, copies }) => (isKeyValue(state) ? [{ state, copies }] : []));

/** Elements per token that a layer would keep if every query head had a key and a value of its own; `undefined` where that is not known. */
function fullElements(state: KeyValueState, section: Section): number | undefined {
  const heads = section.value('heads', 'decoder');
  if (heads === undefined) return undefined;
  if (state.kind !== 'latent') return state.heads === undefined ? undefined : (state.elementsPerToken / state.heads) * heads;
  const [nope, rope, value] = (['nopeHeadDim', 'ropeHeadDim', 'valueHeadDim'] as const).map((meaning) => section.value(meaning));
  return nope === undefined || rope === undefined || value === undefined ? undefined : heads * (nope + rope + value);
}

/** What a model keeps per token of one sequence, against what multi-head attention would. */
export interface KeyValueFigures {
  /** Of every token while no window is full. */
  readonly bytesPerToken: number;
  /** Growth from one more token at the context asked about: full windows add nothing. */
  readonly growth: number;
  /** As `bytesPerToken`, if every query head had a key and a value of its own; null where that is not known. */
  readonly fullBytesPerToken: number | null;
  /** Layers that keep keys and values. */
  readonly layers: number;
  /** Of these, layers that keep a window only. */
  readonly windowed: number;
}

/** `undefined` for a model that keeps no keys and values (an encoder, a state-space model). */
export function keyValueFigures(analysis: Analysis, context: number, dtype: CacheDtype, section: Section): KeyValueFigures | undefined {
  const states = keyValueStates(analysis);
  if (states.length === 0) return undefined;
  const width = bytesPerElement[dtype];
  let bytesPerToken = 0;
  let full: number | null = 0;
  let layers = 0;
  let windowed = 0;
  for (const { state, copies } of states) {
    bytesPerToken += state.elementsPerToken * copies * width;
    const each = fullElements(state, section);
    full = full === null || each === undefined ? null : full + each * copies * width;
    layers += copies;
    if (state.kind === 'sliding') windowed += copies;
  }
  return { bytesPerToken, growth: cacheOf(analysis, context, 1, dtype).bytesPerToken, fullBytesPerToken: full, layers, windowed };
}

export const cachePoint = (analysis: Analysis, tokens: number, batch: number, dtype: CacheDtype): CachePoint => ({
  tokens,
  bytes: cacheOf(analysis, tokens, batch, dtype).bytes,
});

/** Bytes per token of one sequence: "2 · 8 heads · 128 · 2 B · 32 layers". */
export const perTokenFormula = (analysis: Analysis, dtype: CacheDtype, section: Section): Formula | undefined =>
  formula(
    'bytesPerToken',
    keyValueStates(analysis).map(({ state, copies }) =>
      term(...stateFactors(state, section), factor(bytesPerElement[dtype], 'bytesPerElement'), factor(copies, 'layers')),
    ),
  );

/** Bytes for `batch` sequences of `tokens` tokens, as `cacheSize` counts them. */
export function cacheFormula(analysis: Analysis, { tokens, bytes }: CachePoint, batch: number, dtype: CacheDtype, section: Section) {
  const width = factor(bytesPerElement[dtype], 'bytesPerElement');
  const terms: Term[] = analysis.inventory.states.flatMap(({ state, copies }) => {
    if (!('elementsPerToken' in state)) return [];
    const kept =
      state.kind === 'sliding' && windowKeeps(state.window) < tokens
        ? factor(windowKeeps(state.window), 'tokensKept')
        : factor(tokens, 'tokens');
    return [term(...stateFactors(state, section), width, factor(copies, 'layers'), kept, factor(batch, 'sequences'))];
  });
  const rest = bytes - terms.reduce((sum, { value }) => sum + value, 0);
  return formula('bytes', [...terms, ...(rest > 0 ? [term(factor(rest, 'rest'))] : [])]);
}

function stateFactors(state: KeyValueState, section: Section): readonly Factor[] {
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
