import { bytesPerElement, type CacheDtype } from '../units/dtypes';
import type { State } from '../modules/tree';
import type { Inventory } from '../weights/inventory';

export type StateKind = State['kind'];
type GrowingState = Extract<State, { readonly elementsPerToken: number }>;

export interface Cache {
  /** Everything kept for `batch` sequences of `context` tokens. */
  readonly bytes: number;
  /** Growth from one more token of one sequence at this context. */
  readonly bytesPerToken: number;
  /** The part that does not grow with the context: recurrent and convolution state. */
  readonly state: number;
  readonly byKind: Readonly<Partial<Record<StateKind, number>>>;
  readonly context: number;
  readonly batch: number;
  readonly dtype: CacheDtype;
}

/**
 * Tokens at which a window stops growing: of w tokens the last w − 1 are needed for the next one. transformers, cache_utils.py,
 * DynamicSlidingWindowLayer, which slices from −(w − 1) on and so keeps everything at w = 1.
 */
export const windowKeeps = (window: number): number => (window > 1 ? window - 1 : Infinity);

/** Tokens that a state keeps after `context` tokens. */
const tokensKept = (state: GrowingState, context: number): number =>
  state.kind === 'sliding' ? Math.min(context, windowKeeps(state.window)) : context;

/**
 * The cache as the transformers library keeps it (DynamicCache), from what each module of the tree declares.
 * Keys and values are held at `dtype`; recurrent state stays float32 where the reference keeps it so, and at `stateDtype`
 * (the model's own) otherwise: 8-bit cache types quantize keys and values only.
 *
 * @param context tokens per sequence; an encoder-decoder has that many on both sides
 */
export function cacheSize({ states }: Inventory, context: number, batch: number, dtype: CacheDtype, stateDtype: CacheDtype = dtype): Cache {
  const byKind: Partial<Record<StateKind, number>> = {};
  const width = bytesPerElement[dtype];
  const stateWidth = stateWidthOf(stateDtype);
  let bytes = 0;
  let constant = 0;
  let perToken = 0;
  for (const { state, copies } of states) {
    const all = bytesOfOne(state, context, width, stateWidth) * copies * batch;
    if ('elements' in state) constant += all;
    else perToken += (tokensKept(state, context + 1) - tokensKept(state, context)) * state.elementsPerToken * width * copies;
    bytes += all;
    byKind[state.kind] = (byKind[state.kind] ?? 0) + all;
  }
  return { bytes, bytesPerToken: perToken, state: constant, byKind, context, batch, dtype };
}

/** `cacheSize(…).bytes` alone, for searches that ask for many contexts or batches. */
export function cacheBytes(
  { states }: Inventory,
  context: number,
  batch: number,
  dtype: CacheDtype,
  stateDtype: CacheDtype = dtype,
): number {
  const width = bytesPerElement[dtype];
  const stateWidth = stateWidthOf(stateDtype);
  let bytes = 0;
  for (const { state, copies } of states) bytes += bytesOfOne(state, context, width, stateWidth) * copies * batch;
  return bytes;
}

/** Bytes that one module keeps for one sequence. */
const bytesOfOne = (state: State, context: number, width: number, stateWidth: number): number =>
  'elements' in state
    ? state.elements * (state.dtype === 'float32' ? 4 : stateWidth)
    : tokensKept(state, context) * state.elementsPerToken * width;

const stateWidthOf = (dtype: CacheDtype): number => bytesPerElement[bytesPerElement[dtype] >= 2 ? dtype : 'bf16'];
