import { dropout, fusedAttention } from '../kernels';
import { activate, add, batched, bytesOf, cast, constant, copy, expand, scale, softmax, view, type Ops, type Weight } from '../ops';
import type { Scope, Value } from '../tape';
import type { Attended, Attention, Bias, Pass } from './attention';

const up = (value: number, step: number): number => Math.ceil(value / step) * step;

/** scaled_dot_product_attention as transformers calls it (integrations/sdpa_attention.py); `flash` of that package itself, which takes no mask. */
export function fused(ops: Ops, q: Value, k: Value, v: Value, attention: Attention, pass: Pass): Attended {
  const { tape } = ops;
  const { heads, kvHeads, width, valueWidth } = attention;
  const output = tape.scope((scope) => {
    const mask = pass.mask(attention);
    const shared = heads !== kvHeads;
    const grouped = shared && (pass.way === 'flash' || (mask === null && width === valueWidth && width <= 256));
    const repeats = shared && !grouped && pass.tokens > 1;
    const keys = scope.own(repeats ? repeated(ops, k, attention, pass) : view(ops, k));
    const values = scope.own(repeats ? repeated(ops, v, attention, pass) : view(ops, v));
    const low = (value: Value): Value => scope.own(ops.autocast ? cast(ops, value, 2) : view(ops, value));
    const [a, b, c] = [low(q), low(keys), low(values)];
    const columns = k.elements / pass.batch / kvHeads / width;
    const bias = pass.bias && added(ops, scope, pass.bias(), heads, pass, columns);
    let additive: Value | null = null;
    if (bias) additive = scope.own(cast(ops, bias, a.width));
    else if (mask) additive = scope.own(copy(ops, { ...mask, elements: pass.batch * mask.elements }, a.width));
    if (additive && columns % 16)
      additive = scope.replace(additive, copy(ops, { ...additive, elements: (additive.elements / columns) * up(columns, 16) }));
    return fusedAttention(ops, a, b, c, additive, {
      batch: pass.batch,
      heads,
      kvHeads: repeats ? heads : kvHeads,
      queries: pass.tokens,
      keys: columns,
      width,
      valueWidth,
    });
  });
  return { output, scores: null };
}

/** A bias as a mask (sdpa_attention.py, create_position_bias_mask): later tokens masked in it, and its heads put before the tokens. */
function added(ops: Ops, outer: Scope, { value, causal, ordered }: Bias, heads: number, { tokens }: Pass, columns: number): Value {
  const { tape } = ops;
  return outer.own(
    tape.scope((scope) => {
      let bias = scope.own(view(ops, value));
      if (causal && tokens > 1) {
        const seen = scope.own(constant(ops, tokens * columns, 1));
        const masked = tape.output({
          elements: bias.elements,
          width: bias.width,
          inputs: [bias],
          saves: [seen.storage],
          run: () => [tape.allocate(bytesOf(value))],
        });
        bias = scope.replace(bias, masked);
      }
      return ordered || heads === 1 ? view(ops, bias) : copy(ops, bias);
    }),
  );
}

/** Attention written out: scores, a softmax, and their product with the values (`eager_attention_forward`). */
export function plain(ops: Ops, q: Value, k: Value, v: Value, attention: Attention, pass: Pass): Attended {
  const { tape } = ops;
  const { heads, kvHeads, width, softcap } = attention;
  let scores: Value | null = null;
  const output = tape.scope((scope) => {
    const keys = scope.own(repeated(ops, k, attention, pass));
    const values = scope.own(repeated(ops, v, attention, pass));
    const columns = k.elements / pass.batch / kvHeads / width;
    const size = pass.batch * heads * pass.tokens * columns;
    const wide = (value: Value): Value => (attention.wideScores ? scope.own(cast(ops, value, 4)) : value);
    let weights = scope.own(product(ops, wide(q), wide(keys), size, pass, columns));
    if (!attention.scalesInPlace) weights = scope.replace(weights, scale(ops, weights));
    if (softcap) {
      weights = scope.replace(weights, scale(ops, weights));
      weights = scope.replace(weights, activate(ops, weights, 'output'));
      weights = scope.replace(weights, scale(ops, weights));
    }
    if (pass.bias) weights = scope.replace(weights, add(ops, weights, pass.bias().value));
    const mask = pass.mask(attention);
    if (mask) weights = scope.replace(weights, add(ops, weights, mask));
    if (attention.sinks) {
      const shares = scope.own(withSinks(ops, scope, weights, columns, attention.sinks));
      weights = scope.replace(weights, cast(ops, shares, v.width));
    } else if (attention.narrowSoftmax) weights = scope.replace(weights, softmax(ops, weights, weights.width));
    else {
      const shares = scope.own(softmax(ops, weights));
      weights = scope.replace(weights, cast(ops, shares, q.width));
      scope.drop(shares);
    }
    if (weights.width !== v.width) weights = scope.replace(weights, cast(ops, weights, v.width));
    if (attention.dropout && pass.training) weights = scope.replace(weights, dropout(ops, weights));
    const result = product(ops, { ...weights, packed: true }, values, (q.elements / width) * attention.valueWidth, pass, columns);
    scores = view(ops, weights);
    scores.unnamed = false;
    return pass.tokens > 1 ? copy(ops, scope.own({ ...result, packed: false })) : result;
  });
  return { output, scores };
}

/** Key or value heads for every head of queries (`repeat_kv`): a single head is seen again and again, and not copied. */
const repeated = (ops: Ops, value: Value, { heads, kvHeads }: Attention, { batch }: Pass): Value =>
  expand(ops, value, heads / kvHeads, kvHeads === 1 ? batch : null);

/** Heads side by side for each token: a copy where they aren't. */
export const inOrder = (ops: Ops, output: Value, heads: number, { tokens }: Pass): Value =>
  output.packed && heads > 1 && tokens > 1 ? copy(ops, output) : view(ops, output);

/** torch.matmul of four dimensions: what isn't in the order of batch and heads is copied first. `columns`: tokens of keys and values, `b`. */
function product(ops: Ops, a: Value, b: Value, elements: number, { batch, tokens }: Pass, columns: number): Value {
  return ops.tape.scope((scope) => {
    const low = (value: Value): Value => scope.own(ops.autocast ? cast(ops, value, 2) : view(ops, value));
    const ordered = (value: Value, rows: number): Value =>
      value.packed || batch === 1 || rows === 1 ? value : scope.own(copy(ops, value));
    const [first, second] = [low(a), low(b)];
    return { ...batched(ops, ordered(first, tokens), ordered(second, columns), elements), packed: true };
  });
}

/** gpt-oss: the sinks beside the scores, the largest of a row taken off, a softmax, and the sinks let go (modeling_gpt_oss.py). */
function withSinks(ops: Ops, outer: Scope, weights: Value, columns: number, sinks: Weight): Value {
  const { tape } = ops;
  return tape.scope((scope) => {
    const rows = weights.elements / columns;
    const joined = tape.output({
      elements: rows * (columns + 1),
      width: weights.width,
      inputs: [weights, sinks.trained],
      packed: true,
      run: (gradient, [, wants]) => [
        tape.hold(gradient),
        wants ? { storage: tape.hold(gradient), bytes: sinks.elements * sinks.width } : null,
      ],
    });
    let combined = outer.own(joined);
    const numbers = scope.own(constant(ops, rows, 8));
    const largest = tape.output({
      elements: rows,
      width: combined.width,
      inputs: [combined],
      saves: [numbers.storage],
      run: () => [tape.allocate(bytesOf(combined))],
    });
    scope.drop(numbers);
    combined = outer.replace(combined, add(ops, combined, largest));
    const probabilities = scope.own(softmax(ops, combined, combined.width));
    const kept = tape.output({
      elements: weights.elements,
      width: probabilities.width,
      inputs: [probabilities],
      reuse: probabilities.storage,
      run: () => [tape.allocate(bytesOf(probabilities))],
    });
    return { ...kept, packed: false };
  });
}
