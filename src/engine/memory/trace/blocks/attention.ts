import {
  activate,
  add,
  batched,
  cast,
  concatenate,
  copy,
  dropout,
  expand,
  fusedAttention,
  linear,
  multiply,
  scale,
  slice,
  softmax,
  view,
  type Linear,
  type Ops,
} from '../ops';
import type { Scope, Storage, Value } from '../tape';
import { normalize, type Norm } from './norms';

/** How one layer attends. */
export interface Attention {
  readonly heads: number;
  readonly kvHeads: number;
  /** Elements of a head of queries and keys, and of values. */
  readonly width: number;
  readonly valueWidth: number;
  /** Separate projections, or one whose output is cut in three. */
  readonly projections:
    { readonly q: Linear; readonly k: Linear; readonly v: Linear } | { readonly qkv: Linear; readonly cut: 'slice' | 'view' };
  readonly output: Linear;
  readonly qNorm?: Norm;
  readonly kNorm?: Norm;
  /** Elements of a head that are rotated; 0 for none. */
  readonly rotated: number;
  /** Tokens of a window, where there is one. */
  readonly window: number | null;
  /** Scores are capped (Gemma 2), which only the plain way of attention can. */
  readonly softcap: boolean;
  /** Share of scores that is dropped while training. */
  readonly dropout: boolean;
}

/** What layers share in one pass. */
export interface Pass {
  readonly batch: number;
  /** Tokens that are computed, and those that are in the cache before. */
  readonly tokens: number;
  readonly cached: number;
  readonly way: 'fused' | 'plain';
  readonly keepsCache: boolean;
  readonly training: boolean;
  /** Cosines and sines by the number of elements that are rotated. */
  readonly rotation: (elements: number) => readonly [cos: Value, sin: Value];
  /** The mask of a window (or of all earlier tokens), where the way of attention needs one. */
  readonly mask: (window: number | null) => Value | null;
  /** Storages of all of these. */
  readonly shared: readonly Storage[];
  /** Keys (0) and values (1) that layers keep, by layer. */
  readonly cache: Map<number, readonly [keys: Value, values: Value]>;
}

/** The output of attention, and its scores where they are made: the caller keeps them while the layer runs. */
export interface Attended {
  readonly output: Value;
  readonly scores: Value | null;
}

export function attend(ops: Ops, input: Value, attention: Attention, pass: Pass, layer: number): Attended {
  let scores: Value | null = null;
  const output = ops.tape.scope((scope) => {
    let { q, k, v } = project(ops, scope, input, attention);
    if (attention.rotated > 0) {
      const [cos, sin] = pass.rotation(attention.rotated);
      const [turnedQ, turnedK] = [rotated(ops, q, attention, cos, sin), rotated(ops, k, attention, cos, sin)];
      q = scope.replace(q, turnedQ);
      k = scope.replace(k, turnedK);
    }
    if (pass.keepsCache) {
      const [keys, values] = cached(ops, [k, v], pass, layer, attention.window);
      k = scope.replace(k, keys);
      v = scope.replace(v, values);
    }
    const attended =
      pass.way === 'fused' && !attention.softcap ? fused(ops, q, k, v, attention, pass) : plain(ops, q, k, v, attention, pass);
    scores = attended.scores;
    const gathered = scope.own(attended.output);
    return linear(ops, gathered, attention.output);
  });
  return { output, scores };
}

function project(ops: Ops, scope: Scope, input: Value, attention: Attention): { q: Value; k: Value; v: Value } {
  const { projections, heads, kvHeads, width, valueWidth, qNorm, kNorm } = attention;
  const normed = (value: Value, norm: Norm | undefined): Value => (norm ? scope.replace(value, normalize(ops, value, norm)) : value);
  if (!('qkv' in projections)) {
    const q = normed(scope.own(linear(ops, input, projections.q)), qNorm);
    const k = normed(scope.own(linear(ops, input, projections.k)), kNorm);
    const v = scope.own(linear(ops, input, projections.v));
    return { q, k, v };
  }
  const all = scope.own(linear(ops, input, projections.qkv));
  const tokens = all.elements / projections.qkv.output;
  const part = (elements: number): Value => scope.own(slice(ops, all, elements));
  return { q: part(tokens * heads * width), k: part(tokens * kvHeads * width), v: part(tokens * kvHeads * valueWidth) };
}

/** Rotary positions (apply_rotary_pos_emb): x · cos + rotate_half(x) · sin, over all of a head or its first elements. */
function rotated(ops: Ops, value: Value, { width, rotated: part }: Attention, cos: Value, sin: Value): Value {
  return ops.tape.scope((scope) => {
    if (part === width) return turn(ops, value, cos, sin);
    const turning = scope.own(slice(ops, value, (value.elements / width) * part));
    const rest = scope.own(slice(ops, value, (value.elements / width) * (width - part)));
    const turned = scope.own(turn(ops, turning, cos, sin));
    return concatenate(ops, [turned, rest]);
  });
}

function turn(ops: Ops, value: Value, cos: Value, sin: Value): Value {
  return ops.tape.scope((scope) => {
    const kept = scope.own(multiply(ops, value, cos));
    const first = scope.own(slice(ops, value, value.elements / 2));
    const second = scope.own(slice(ops, value, value.elements / 2));
    const negated = scope.own(scale(ops, second, 'negate'));
    const halves = scope.own(concatenate(ops, [negated, first]));
    scope.drop(first, second, negated);
    const turned = scope.own(multiply(ops, halves, sin));
    scope.drop(halves);
    return add(ops, kept, turned);
  });
}

/**
 * Keys and values joined to those of earlier tokens. A windowed layer keeps a view of the last of them, whose storage stays
 * whole until the next token comes (cache_utils.py, DynamicSlidingWindowLayer).
 */
function cached(
  ops: Ops,
  pair: readonly [Value, Value],
  { cache, tokens }: Pass,
  layer: number,
  window: number | null,
): readonly [Value, Value] {
  const { tape } = ops;
  const earlier = cache.get(layer);
  // What is replaced is no cache any more.
  for (const { storage } of earlier ?? []) tape.rename(storage, 'activations');
  const join = (value: Value, which: 0 | 1): Value => {
    const joined = concatenate(ops, earlier ? [earlier[which], value] : [value], 'cache');
    tape.hold(joined.storage);
    if (earlier && window === null) tape.release(earlier[which].storage);
    return joined;
  };
  const [keys, values] = [join(pair[0], 0), join(pair[1], 1)];
  if (window !== null) for (const { storage } of earlier ?? []) tape.release(storage);
  const kept = (joined: Value, value: Value): Value => {
    const perToken = value.elements / tokens;
    return window !== null && window > 1 ? { ...joined, elements: Math.min(joined.elements, perToken * (window - 1)) } : joined;
  };
  cache.set(layer, [kept(keys, pair[0]), kept(values, pair[1])]);
  return [keys, values];
}

function fused(ops: Ops, q: Value, k: Value, v: Value, { heads, kvHeads, width, valueWidth, window }: Attention, pass: Pass): Attended {
  const { tape } = ops;
  const output = tape.scope((scope) => {
    const mask = pass.mask(window);
    const shared = heads !== kvHeads;
    const grouped = shared && mask === null && width === valueWidth && width <= 256;
    const packed = shared && !grouped && pass.tokens === 1;
    const repeats = shared && !grouped && !packed;
    const keys = scope.own(repeats ? expand(ops, k, heads / kvHeads) : view(ops, k));
    const values = scope.own(repeats ? expand(ops, v, heads / kvHeads) : view(ops, v));
    const [a, b, c] = [q, keys, values].map((each) => scope.own(ops.autocast ? cast(ops, each, 2) : view(ops, each))) as [
      Value,
      Value,
      Value,
    ];
    const additive = mask ? scope.own(copy(ops, mask, a.width)) : null;
    return fusedAttention(ops, a, b, c, additive?.storage ?? null, {
      batch: pass.batch,
      heads,
      kvHeads: repeats ? heads : kvHeads,
      queries: pass.tokens,
      keys: k.elements / pass.batch / kvHeads / width,
      width,
      valueWidth,
    });
  });
  return { output, scores: null };
}

/** Attention written out: scores, a softmax at 32 bits, and their product with the values. */
function plain(ops: Ops, q: Value, k: Value, v: Value, attention: Attention, pass: Pass): Attended {
  const { tape } = ops;
  const { heads, kvHeads, width, window, softcap } = attention;
  let scores: Value | null = null;
  const output = tape.scope((scope) => {
    const keys = scope.own(expand(ops, k, heads / kvHeads));
    const values = scope.own(expand(ops, v, heads / kvHeads));
    const columns = k.elements / pass.batch / kvHeads / width;
    const size = pass.batch * heads * pass.tokens * columns;
    const low = (value: Value): Value => scope.own(ops.autocast ? cast(ops, value, 2) : view(ops, value));
    const raw = scope.own(batched(ops, low(q), low(keys), size));
    let weights = scope.own(scale(ops, raw));
    scope.drop(raw);
    if (softcap) {
      weights = scope.replace(weights, scale(ops, weights));
      weights = scope.replace(weights, activate(ops, weights, 'output'));
      weights = scope.replace(weights, scale(ops, weights));
    }
    const mask = pass.mask(window);
    if (mask) weights = scope.replace(weights, add(ops, weights, mask));
    const wide = scope.own(softmax(ops, weights));
    weights = scope.replace(weights, cast(ops, wide, q.width));
    scope.drop(wide);
    if (attention.dropout && pass.training) weights = scope.replace(weights, dropout(ops, weights));
    const product = scope.own(batched(ops, low(weights), low(values), (q.elements / width) * attention.valueWidth));
    scores = view(ops, weights);
    return copy(ops, product);
  });
  return { output, scores };
}
