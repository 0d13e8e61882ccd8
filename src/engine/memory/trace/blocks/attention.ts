import { dropout } from '../kernels';
import { linear } from '../linear';
import { activate, concatenate, copy, multiply, scale, slice, split, view, type Linear, type Ops, type Weight } from '../ops';
import type { Scope, Value } from '../tape';
import type { Storage } from '../storages';
import { attendAmong } from './contextAttention';
import { normalize, type Norm } from './norms';
import { rotateBoth, type Rotation } from './rotation';
import { fused, inOrder, plain } from './scores';

/** How one layer attends. */
export interface Attention {
  readonly heads: number;
  readonly kvHeads: number;
  /** Elements of a head of queries and keys, and of values. */
  readonly width: number;
  readonly valueWidth: number;
  /** Separate projections, or one whose output is cut in three. */
  readonly projections:
    { readonly q: Linear; readonly k: Linear; readonly v: Linear } | { readonly qkv: Linear; readonly cut: 'slice' | 'copy' };
  /** `null` where the layer itself projects what comes out (BERT). */
  readonly output: Linear | null;
  readonly qNorm: Norm | null;
  readonly kNorm: Norm | null;
  /** What is rotated of each head; a `part` of 0 for nothing. */
  readonly rotation: Rotation;
  /** Rotation by another table than the rest has (Gemma 3: layers with a window). */
  readonly table: 'main' | 'local';
  /** Tokens of a window, where there is one. */
  readonly window: number | null;
  /** Scores are capped (Gemma 2), which only the plain way of attention can. */
  readonly softcap: boolean;
  /** Scores, and the output, lose a share while training. */
  readonly dropout: boolean;
  readonly outputDropout: boolean;
  /** What a layer adds loses a share while training. */
  readonly hiddenDropout: boolean;
  /** Softmax at the type of the scores, where others widen them. */
  readonly narrowSoftmax: boolean;
  /** Queries and keys are widened to 32 bits before their product. */
  readonly wideScores?: boolean;
  /** Scores are divided in place (Falcon). */
  readonly scalesInPlace?: boolean;
  /** Keys are multiplied by a number (Falcon-H1). */
  readonly scalesKeys?: true;
  /** Queries have a part beside them that multiplies what comes out (Qwen3-Next). */
  readonly gated?: true;
  /** A score that every head has beside its keys (gpt-oss). */
  readonly sinks: Weight | null;
}

/** Attention of an encoder, or of one beside a decoder: a key head for each query head, nothing rotated, no window. */
export const usualAttention = (
  {
    q,
    k,
    v,
    output,
    heads,
  }: { readonly q: Linear; readonly k: Linear; readonly v: Linear; readonly output: Linear | null; readonly heads: number },
  drops: boolean,
): Attention => {
  const width = q.output / heads;
  return {
    ...{ heads, kvHeads: heads, width, valueWidth: width, projections: { q, k, v }, output, qNorm: null, kNorm: null },
    ...{ rotation: { width, part: 0, turn: 'half', lasting: false, joins: false }, table: 'main', window: null, softcap: false },
    ...{ dropout: drops, outputDropout: false, hiddenDropout: false, narrowSoftmax: true, sinks: null },
  };
};

/** What layers share in one pass. */
export interface Pass {
  readonly batch: number;
  /** Tokens that are computed, and those that are in the cache before. */
  readonly tokens: number;
  readonly cached: number;
  readonly way: 'fused' | 'flash' | 'plain';
  readonly keepsCache: boolean;
  readonly training: boolean;
  /** Cosines and sines that an attention's queries and keys are rotated by. */
  readonly rotation: (attention: Attention) => readonly [cos: Value, sin: Value];
  /** The mask of an attention's window (or of all earlier tokens), of one sequence, where the way of attention needs one. */
  readonly mask: (attention: Attention) => Value | null;
  /** Storages of what a layer reads of these: without attention, positions and tables, which all layers are called with. */
  readonly shared: (attention: Attention | null) => readonly Storage[];
  /** Keys (0) and values (1) that layers keep, by layer. */
  readonly cache: Map<number, readonly [keys: Value, values: Value]>;
  /** The last tokens (0) and the state (1) that layers without keys keep; those of a short convolution are the same. */
  readonly states: Pass['cache'];
  /** Those that layers keep of an encoder's output. */
  readonly crossCache: Pass['cache'];
  /** Asked for once queries, keys and values are there. */
  readonly bias?: () => Bias;
}

/** What is added to the scores of every sequence by the distance of two tokens. */
export interface Bias {
  readonly value: Value;
  /** Later tokens are masked with it. */
  readonly causal: boolean;
  /** Heads stand before tokens in memory. */
  readonly ordered: boolean;
}

/** The output of attention, and its scores where they are made: the caller keeps them while the layer runs. */
export interface Attended {
  readonly output: Value;
  readonly scores: Value | null;
}

/** Attention of projected heads, by the kernel or written out. */
export function scored(ops: Ops, q: Value, k: Value, v: Value, attention: Attention, pass: Pass): Attended {
  if (pass.way === 'plain' || attention.softcap || attention.sinks) return plain(ops, q, k, v, attention, pass);
  if (ops.degrees.context > 1) return { output: attendAmong(ops, q, k, v, attention, pass), scores: null };
  return fused(ops, q, k, v, attention, pass);
}

/** @param states what keys and values are made of, where it is not the input: an encoder's output, of which they are kept */
export function attend(ops: Ops, input: Value, attention: Attention, pass: Pass, layer: number, states?: Value): Attended {
  let scores: Value | null = null;
  const output = ops.tape.scope((scope) => {
    const projected: Projected = states
      ? projectAcross(ops, scope, input, states, attention, pass, layer)
      : project(ops, scope, input, attention);
    let { q, k, v } = projected;
    if (attention.rotation.part > 0) {
      const [cos, sin] = pass.rotation(attention);
      const before = [q, k] as const;
      [q, k] = rotateBoth(ops, scope, before, attention.rotation, [cos, sin]);
      scope.drop(...before);
    }
    if (pass.keepsCache && !states) {
      const [keys, values] = cached(ops, [k, v], pass, layer, attention.window);
      k = scope.replace(k, keys);
      v = scope.replace(v, values);
    }
    const attended = scored(ops, q, k, v, attention, pass);
    scores = attended.scores;
    let gathered = scope.own(inOrder(ops, attended.output, attention.heads, pass));
    if (projected.gate) gathered = scope.replace(gathered, multiply(ops, gathered, activate(ops, projected.gate, 'output')));
    if (!attention.output) return gathered;
    const output = linear(ops, gathered, attention.output);
    if (!attention.outputDropout || !pass.training) return output;
    return dropout(ops, scope.own(output));
  }, input);
  return { output, scores };
}

interface Projected {
  readonly q: Value;
  readonly k: Value;
  readonly v: Value;
  readonly gate?: Value;
}

function project(ops: Ops, scope: Scope, input: Value, attention: Attention): Projected {
  const { projections, heads, kvHeads, width, valueWidth, qNorm, kNorm, gated, scalesKeys } = attention;
  const normed = (value: Value, norm: Norm | null): Value => (norm ? scope.replace(value, normalize(ops, value, norm)) : value);
  if (!('qkv' in projections)) {
    const all = scope.own(linear(ops, input, projections.q));
    const [queries, beside] = gated ? split(ops, all, [all.elements / 2, all.elements / 2]).map((part) => scope.own(part)) : [all];
    if (beside) scope.drop(all);
    const gate = beside && scope.replace(beside, copy(ops, beside));
    const q = normed(queries as Value, qNorm);
    const keys = linear(ops, input, projections.k);
    const k = normed(scope.own(scalesKeys ? scale(ops, keys) : keys), kNorm);
    const v = scope.own(linear(ops, input, projections.v));
    return { q, k, v, ...(gate && { gate }) };
  }
  const all = scope.own(linear(ops, input, projections.qkv));
  const tokens = all.elements / projections.qkv.output;
  const part = (elements: number): Value => scope.own(projections.cut === 'copy' ? laidOut(ops, all, elements) : slice(ops, all, elements));
  return { q: part(tokens * heads * width), k: part(tokens * kvHeads * width), v: part(tokens * kvHeads * valueWidth) };
}

/** Queries of the input, and keys and values of an encoder's output: made once, then read. */
function projectAcross(
  ops: Ops,
  scope: Scope,
  input: Value,
  states: Value,
  { projections }: Attention,
  pass: Pass,
  layer: number,
): Projected {
  if (!('q' in projections)) throw new Error('attention to an encoder has a projection for each of its parts');
  const q = scope.own(linear(ops, input, projections.q));
  const known = pass.keepsCache ? pass.crossCache.get(layer) : undefined;
  if (known) return { q, k: scope.own(view(ops, known[0])), v: scope.own(view(ops, known[1])) };
  const k = scope.own(linear(ops, states, projections.k));
  const v = scope.own(linear(ops, states, projections.v));
  if (!pass.keepsCache) return { q, k, v };
  const [keys, values] = cached(ops, [k, v], { ...pass, cache: pass.crossCache }, layer, null);
  return { q, k: scope.replace(k, keys), v: scope.replace(v, values) };
}

/** A part that is repeated for every head of queries, or else cut out so that it has to be copied (Falcon, `_split_heads`). */
const laidOut = ({ tape }: Ops, value: Value, elements: number): Value =>
  tape.output({ elements, width: value.width, inputs: [value], run: () => [tape.allocate(value.elements * value.width)] });

/**
 * Keys and values joined to those of earlier tokens. A windowed layer keeps a view of the last of them, whose storage stays
 * whole until the next token comes (cache_utils.py, DynamicSlidingWindowLayer).
 */
export function cached(
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
    const elements = window !== null && window > 1 ? Math.min(joined.elements, perToken * (window - 1)) : joined.elements;
    return { ...joined, elements, unnamed: false };
  };
  cache.set(layer, [kept(keys, pair[0]), kept(values, pair[1])]);
  return [keys, values];
}
