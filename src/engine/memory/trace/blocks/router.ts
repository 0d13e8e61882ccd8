import { linear, linearBy, merged, type MergedAdapter } from '../linear';
import { activate, add, bytesOf, cast, constant, copy, multiply, scale, softmax, sum, weightValue, type Linear, type Ops } from '../ops';
import type { Scope, Value } from '../tape';

/**
 * How scores of experts are made: `softmax` over all, then the best (Mixtral, Qwen); `chosen`: the best, then a softmax over them
 * (gpt-oss); `wide`: the same as `chosen` at 32 bits (Granite); `sigmoid`: at 32 bits with groups and a correction (DeepSeek V3); `wide-softmax`:
 * a softmax at 32 bits of weights too (DeepSeek V2).
 */
export type Scoring = 'softmax' | 'chosen' | 'wide' | 'sigmoid' | 'wide-softmax';

export interface Router {
  readonly layer: Linear;
  readonly adapter: MergedAdapter | undefined;
  readonly scoring: Scoring;
  readonly count: number;
  readonly perToken: number;
  readonly groups: number;
  /** Weights of the chosen experts are divided by their sum. */
  readonly norms: boolean;
  /** Weights of the chosen experts go back to the type of the router's output. */
  readonly narrows: boolean;
}

/** Weights of the chosen experts of each token; logits and numbers of experts live as long as `outer`. */
export function route(ops: Ops, outer: Scope, input: Value, router: Router): Value {
  const { count, perToken, layer, scoring } = router;
  const tokens = input.elements / layer.input;
  const pairs = tokens * perToken;
  const keep = (value: Value): Value => outer.own(value);
  const indices = (): Value => keep(constant(ops, pairs, 8));
  if (scoring === 'sigmoid' || scoring === 'wide-softmax') return wide(ops, outer, input, router);
  const logits = keep(ops.tape.scope((scope) => logitsOf(ops, scope, input, router)));
  return ops.tape.scope((scope) => {
    if (scoring === 'softmax') {
      const probabilities = scope.own(softmax(ops, logits));
      const chosen = best(ops, probabilities, indices(), tokens * count);
      const top = scope.own(router.norms ? shares(ops, chosen, perToken) : chosen);
      return cast(ops, top, router.narrows ? logits.width : 4);
    }
    const top = scope.own(best(ops, logits, indices(), tokens * count));
    const scores = softmax(ops, top, top.width);
    return cast(ops, scores, scoring === 'wide' ? input.width : scores.width);
  });
}

/** Logits, through the merged weight of an adapter where there is one (peft ParamWrapper). */
function logitsOf(ops: Ops, scope: Scope, input: Value, { layer, adapter, scoring }: Router): Value {
  if (!adapter) return scoring === 'wide' ? cast(ops, linear(ops, input, layer), 4) : linear(ops, input, layer);
  const factors = adapter.factors(ops, scope);
  return linearBy(ops, input, scope.own(merged(ops, layer.weight, factors)), layer.output);
}

function wide(ops: Ops, outer: Scope, input: Value, { layer, adapter, scoring, count, perToken, groups }: Router): Value {
  const { tape } = ops;
  const tokens = input.elements / layer.input;
  const pairs = tokens * perToken;
  return tape.scope((scope) => {
    const own = (value: Value): Value => scope.own(value);
    const made = adapter ? own(merged(ops, layer.weight, adapter.factors(ops, scope))) : undefined;
    const weight = own(cast(ops, made ?? own(weightValue(ops, layer.weight)), 4));
    const x = own(cast(ops, input, 4));
    const logits = outer.own(linearBy(ops, x, weight, layer.output));
    scope.drop(x, weight);
    const numbers = outer.own(constant(ops, pairs, 8));
    if (scoring === 'wide-softmax') {
      const scores = own(softmax(ops, logits));
      const top = own(best(ops, scores, numbers, tokens * count));
      return scale(ops, top);
    }
    const scores = own(activate(ops, logits, 'output'));
    const choice = own(add(ops, { ...scores, edge: null }, { ...scores, edge: null, width: 4 }));
    if (groups > 1) for (const each of [1, 1, 1]) own(constant(ops, tokens * count * each, 4));
    scope.drop(choice);
    const top = tape.output({
      elements: pairs,
      width: scores.width,
      inputs: [scores],
      saves: [numbers.storage],
      run: () => [tape.allocate(bytesOf(scores))],
    });
    own(top);
    const total = own(constant(ops, tokens, top.width));
    const shares = own(multiply(ops, top, total));
    return scale(ops, own(copy(ops, shares)));
  });
}

/** A division by the sum, in place: what was there before is kept in a copy for the way back. */
function shares(ops: Ops, value: Value, columns: number): Value {
  const { tape } = ops;
  return tape.scope((scope) => {
    const total = scope.own(sum(ops, value, columns));
    return tape.output({
      elements: value.elements,
      width: value.width,
      inputs: [value, total],
      saves: [total.storage],
      keeps: bytesOf(value),
      reuse: value.storage,
      run: () => [tape.allocate(bytesOf(value)), { storage: tape.allocate(bytesOf(value)), bytes: bytesOf(total) }],
    });
  }, value);
}

/** torch.topk: values and their numbers; its way back is a whole of zeros with the values put in. */
function best({ tape }: Ops, scores: Value, numbers: Value, all: number): Value {
  return tape.output({
    elements: numbers.elements,
    width: scores.width,
    inputs: [scores],
    saves: [numbers.storage],
    run: () => [tape.allocate(all * scores.width)],
  });
}
