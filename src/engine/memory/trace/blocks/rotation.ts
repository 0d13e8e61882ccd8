import { add, cast, concatenate, constant, multiply, scale, slice, view, type Ops } from '../ops';
import type { Scope, Value } from '../tape';

/**
 * How queries and keys are turned (`apply_rotary_pos_emb` of a type): `half` with cosines of the model's type (Llama), `wide-table`
 * with cosines at 32 bits (OLMo), `wide` at 32 bits altogether (Cohere), `paired` with cosines repeated at every call (GLM),
 * `halves` half by half (gpt-oss, DeepSeek V3), `complex` as complex
 * numbers of 2 × 32 bits (DeepSeek V2).
 */
export type Turn = 'half' | 'wide-table' | 'wide' | 'paired' | 'halves' | 'complex';

/** What is rotated of a head of `width`: its first `part` elements, or all of them. */
export interface Rotation {
  readonly width: number;
  readonly part: number;
  readonly turn: Turn;
  /** Names of the parts live as long as attention's own (Phi, StableLM), where other types cut and join in a function of its own. */
  readonly lasting: boolean;
  /** What is rotated is joined to the rest even where nothing is left (Phi 3). */
  readonly joins: boolean;
}

/** Queries and keys with x · cos + rotate_half(x) · sin in place of each; names that last are given to `outer`. */
export function rotateBoth(
  ops: Ops,
  outer: Scope,
  pair: readonly [Value, Value],
  { width, part, turn, lasting, joins }: Rotation,
  table: readonly [cos: Value, sin: Value],
): [Value, Value] {
  const named: Value[] = [];
  const own = (value: Value): Value => {
    named.push(value);
    return outer.own(value);
  };
  // The first half of each, every element twice.
  const [cos, sin] = turn === 'paired' ? (table.map((each) => own(constant(ops, each.elements, each.width))) as [Value, Value]) : table;
  const parts = pair.map((value) => {
    if (part === width) return { turning: value, rest: null };
    const heads = value.elements / width;
    return { turning: own(slice(ops, value, heads * part)), rest: own(slice(ops, value, heads * (width - part))) };
  });
  if (turn === 'wide' || turn === 'complex') for (const part of parts) part.turning = own(cast(ops, part.turning, 4));
  const turnedParts = parts.map(({ turning }) => own(turned(ops, turning, turn, cos, sin)));
  // Types that turn by something wider go back to the type that they had; the others take that of their cosines (autocast).
  const returns = turn === 'wide-table' || turn === 'wide' || turn === 'complex';
  const done = turnedParts.map((value, index) => (returns ? own(cast(ops, value, (pair[index] as Value).width)) : value));
  const joined = parts.map(({ rest }, index) => {
    const one = done[index] as Value;
    if (!rest) return outer.own(joins ? concatenate(ops, [one]) : view(ops, one));
    return outer.own(concatenate(ops, [one, rest]));
  });
  if (!lasting || part === width) outer.drop(...named);
  return joined as [Value, Value];
}

function turned(ops: Ops, input: Value, turn: Turn, cos: Value, sin: Value): Value {
  return ops.tape.scope((scope) => {
    const value = scope.own(view(ops, input));
    if (turn === 'complex') return multiply(ops, value, cos);
    if (turn === 'halves') {
      const first = scope.own(slice(ops, value, value.elements / 2));
      const second = scope.own(slice(ops, value, value.elements / 2));
      // One cosine for each pair, of a table that may hold two.
      const half = (table: Value): Value => ({ ...table, elements: Math.min(table.elements, first.elements) });
      const cross = (a: Value, b: Value): Value => {
        const kept = scope.own(multiply(ops, a, half(cos)));
        const sum = add(ops, kept, multiply(ops, b, half(sin)));
        scope.drop(kept);
        return scope.own(sum);
      };
      const one = cross(first, second);
      return concatenate(ops, [one, cross(second, first)]);
    }
    const kept = scope.own(multiply(ops, value, cos));
    const turning = add(ops, kept, multiply(ops, halfTurn(ops, value), sin));
    scope.drop(kept);
    return turning;
  });
}

/** (−x₂, x₁) of the halves, or of pairs, of x. */
function halfTurn(ops: Ops, value: Value): Value {
  return ops.tape.scope((scope) => {
    const first = scope.own(slice(ops, value, value.elements / 2));
    const second = scope.own(slice(ops, value, value.elements / 2));
    return concatenate(ops, [scale(ops, second, 'negate'), first]);
  });
}
