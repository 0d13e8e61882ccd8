import { cutsTokens, gatherTokens, leaving } from '../collectives';
import { linear, merged, type Factors, type MergedAdapter } from '../linear';
import { activate, add, addInto, bytesOf, cast, constant, multiply, scale, split, view, type Linear, type Ops, type Weight } from '../ops';
import type { Scope, Value } from '../tape';
import { feedForward, type FeedForward } from './feedForward';
import { route, type Router } from './router';

/** Routed experts, held in one tensor per matrix, and an expert that every token uses. */
export interface Experts {
  readonly router: Router;
  readonly hidden: number;
  readonly inner: number;
  /** [count, 2 · inner, hidden] and [count, hidden, inner], with a row of biases per expert (gpt-oss). */
  readonly gateUp: Matrix;
  readonly down: Matrix;
  readonly gate: 'silu' | 'clamped';
  /** An expert beside them: before them with a gate of its own (Qwen), or after them (DeepSeek), `apart` from their block (Granite). */
  readonly shared: { readonly network: FeedForward; readonly gate: Linear | null; readonly apart?: true } | null;
}

interface Matrix {
  readonly weight: Weight;
  readonly bias: Weight | null;
  readonly adapter: MergedAdapter | undefined;
}

/** A block of experts on its input: tokens of all sequences in one row. */
export function mixture(ops: Ops, input: Value, experts: Experts): Value {
  const { shared } = experts;
  return ops.tape.scope((scope) => {
    if (!shared) return routed(ops, input, route(ops, scope, input, experts.router), experts);
    if (shared.apart) {
      const made = scope.own(mixture(ops, input, { ...experts, shared: null }));
      return add(ops, made, feedForward(ops, input, shared.network));
    }
    if (!shared.gate) {
      const weights = scope.own(route(ops, scope, input, experts.router));
      const made = scope.own(routed(ops, input, weights, experts));
      return add(ops, made, feedForward(ops, input, shared.network));
    }
    const always = scope.own(feedForward(ops, input, shared.network));
    const weights = scope.own(route(ops, scope, input, experts.router));
    const made = scope.own(routed(ops, input, weights, experts));
    const share = activate(ops, linear(ops, input, shared.gate), 'output');
    const gated = scope.replace(always, multiply(ops, share, always));
    return add(ops, made, gated);
  });
}

/** Experts among ranks, or all of them here. */
function routed(ops: Ops, input: Value, scores: Value, experts: Experts): Value {
  if (ops.degrees.expert > 1) return dealtOut(ops, input, scores, experts);
  // Each rank runs its part of every expert on the tokens of all; without sequence parallelism sums over ranks are made in place
  // (transformers distributed/tensor_parallel.py, MoeExpertsParallel).
  if (!cutsTokens(ops)) return byGroups(ops, input, scores, experts);
  return leaving(ops, byGroups(ops, gatherTokens(ops, input), gatherTokens(ops, scores), experts));
}

/**
 * Whole experts on each rank (transformers distributed/expert_parallel.py, AllToAllEP): tokens are sent to the ranks of their experts,
 * to each as many as it sends where the router is fair, pass through the rank's own experts one expert each, and come back. Ranks that
 * share matrices and hold the same tokens send a part of them each.
 */
function dealtOut(ops: Ops, input: Value, scores: Value, experts: Experts): Value {
  const { tape, degrees } = ops;
  const { hidden, router } = experts;
  const ranks = cutsTokens(ops) ? 1 : degrees.tensor;
  const tokens = Math.ceil(input.elements / hidden / ranks);
  const pairs = tokens * router.perToken;
  return tape.scope((scope) => {
    const own = (value: Value): Value => scope.own(value);
    const part = (value: Value, elements: number): Value => own(ranks === 1 ? view(ops, value) : ownTokens(ops, value, elements));
    const [x, weights] = [part(input, tokens * hidden), part(scores, pairs)];
    const order = own(constant(ops, pairs, 8));
    const rows = own(constant(ops, pairs, 8));
    const received = own(exchange(ops, gather(ops, x, pairs * hidden, rows)));
    scope.drop(rows);
    // Numbers of experts of what was received, and weights of one.
    own(constant(ops, pairs, 8));
    const ones = own(constant(ops, pairs, received.width));
    const made = own(byGroups(ops, received, ones, { ...experts, router: { ...router, perToken: 1 } }));
    const back = own(exchange(ops, made));
    const ordered = own(
      tape.output({
        elements: back.elements,
        width: back.width,
        inputs: [back],
        saves: [order.storage],
        run: () => [tape.allocate(bytesOf(back))],
      }),
    );
    const summed = own(
      tape.output({
        elements: tokens * hidden,
        width: ordered.width,
        inputs: [multiply(ops, ordered, weights)],
        run: (gradient) => [tape.hold(gradient)],
      }),
    );
    const whole = ranks === 1 ? view(ops, summed) : allTokens(ops, summed, input.elements);
    return cast(ops, own(whole), input.width);
  }, scores);
}

/** What ranks send to each other, as much as they receive (all_to_all_single). */
const exchange = ({ tape }: Ops, value: Value): Value =>
  tape.output({ elements: value.elements, width: value.width, inputs: [value], run: () => [tape.allocate(bytesOf(value))] });

/** A rank's own tokens of those that all hold: a view, whose gradient is gathered. */
const ownTokens = ({ tape }: Ops, value: Value, elements: number): Value =>
  tape.output({ elements, width: value.width, inputs: [value], reuse: value.storage, run: () => [tape.allocate(bytesOf(value))] });

/** Tokens of all ranks, of which a rank's own gradient is a part. */
const allTokens = ({ tape }: Ops, value: Value, elements: number): Value =>
  tape.output({ elements, width: value.width, inputs: [value], run: () => [tape.allocate(bytesOf(value))] });

/**
 * Experts by grouped products (transformers integrations/moe.py, grouped_mm_experts_forward): tokens are gathered once per
 * chosen expert, pass through all experts in one product per matrix, and are put back and summed.
 */
function byGroups(ops: Ops, input: Value, scores: Value, experts: Experts): Value {
  const { tape } = ops;
  const { hidden, inner } = experts;
  const tokens = input.elements / hidden;
  const pairs = tokens * experts.router.perToken;
  return tape.scope((scope) => {
    const own = (value: Value): Value => scope.own(value);
    // The wrappers of adapters: each makes its factors, and once its merged weight, to see that it can.
    const factors = [experts.down, experts.gateUp].map((matrix) => wrapped(ops, scope, matrix)).reverse();
    own(constant(ops, pairs, 8));
    const permutation = own(constant(ops, pairs, 8));
    const rows = own(constant(ops, pairs, 8));
    const gathered = own(gather(ops, input, pairs * hidden, rows));
    scope.drop(rows);
    // How many pairs each expert has: numbers at 32 bits, counts, and sums of counts.
    const [, , ends] = [pairs, experts.router.count, experts.router.count].map((elements) => own(constant(ops, elements, 4)));
    const weights = own(gather(ops, scores, pairs, permutation));
    let bias: Value | null = null;
    const product = (x: Value, matrix: Matrix, made: Factors | undefined, columns: number): Value => {
      const next = matrix.bias && own(biases(ops, matrix.bias, pairs * columns));
      if (bias) scope.drop(bias);
      bias = next;
      const weight = made ? own(merged(ops, matrix.weight, made)) : matrix.weight;
      const out = grouped(ops, x, weight, pairs * columns, ends as Value);
      return bias ? addInto(ops, out, bias) : out;
    };
    let state = own(product(gathered, experts.gateUp, factors[0], 2 * inner));
    state = scope.replace(state, gated(ops, state, experts.gate));
    state = scope.replace(state, product(state, experts.down, factors[1], hidden));
    const weighted = own(multiply(ops, state, weights));
    const back = own(constant(ops, pairs, 8));
    // Numbers that are put in the order's reverse.
    tape.release(tape.allocate(pairs * 8));
    const restored = scope.replace(weighted, gather(ops, weighted, weighted.elements, back));
    const summed = own(
      tape.output({
        elements: tokens * hidden,
        width: ops.autocast ? 4 : restored.width,
        inputs: [restored],
        // The gradient is laid out once per chosen expert: it was expanded, and its rows are put in order next.
        run: () => [tape.allocate(bytesOf(restored))],
      }),
    );
    return cast(ops, summed, input.width);
  }, scores);
}

function wrapped(ops: Ops, scope: Scope, { weight, adapter }: Matrix): Factors | undefined {
  const factors = adapter?.factors(ops, scope);
  if (factors) ops.tape.release(ops.tape.allocate(weight.elements * weight.width));
  return factors;
}

/** act(gate) · up; gpt-oss bounds both and writes its activation out (modeling_gpt_oss.py, _apply_gate). */
const gated = (ops: Ops, both: Value, kind: Experts['gate']): Value =>
  ops.tape.scope((scope) => {
    const own = (value: Value): Value => scope.own(value);
    let [gate, up] = split(ops, both, [both.elements / 2, both.elements / 2]).map(own) as [Value, Value];
    if (kind === 'silu') return multiply(ops, activate(ops, gate), up);
    gate = scope.replace(gate, activate(ops, gate));
    up = scope.replace(up, activate(ops, up));
    const glu = own(multiply(ops, gate, activate(ops, scale(ops, gate), 'output')));
    return multiply(ops, scale(ops, up, 'add'), glu);
  });

/** Rows by number; its way back adds them up in a whole of zeros. */
const gather = ({ tape }: Ops, value: Value, elements: number, index: Value): Value =>
  tape.output({
    elements,
    width: value.width,
    inputs: [value],
    saves: [index.storage],
    run: () => [tape.allocate(value.elements * value.width)],
  });

/** A row of biases for each pair. */
const biases = ({ tape }: Ops, bias: Weight, elements: number): Value =>
  tape.output({ elements, width: bias.width, inputs: [bias.trained], run: () => [tape.allocate(bias.elements * bias.width)] });

/** One product for all experts; autocast narrows the weights at every call. */
function grouped(ops: Ops, input: Value, weight: Weight | Value, elements: number, ends: Value): Value {
  const { tape } = ops;
  return tape.scope((scope) => {
    const x = scope.own(cast(ops, input, 2));
    const value = 'storage' in weight ? weight : undefined;
    const narrowed =
      value || weight.width === 2
        ? undefined
        : scope.own(
            tape.output({
              elements: weight.elements,
              width: 2,
              inputs: [(weight as Weight).trained],
              run: () => [tape.allocate(weight.elements * weight.width)],
            }),
          );
    const made = value ?? narrowed;
    const target = made ?? (weight as Weight).trained;
    const wants = target !== null && (made ? made.edge !== null : true);
    return tape.output({
      elements,
      width: 2,
      inputs: [x, target],
      saves: [...(wants ? [x.storage] : []), ...(made && x.edge ? [made.storage] : []), ends.storage],
      savesWeight: made === undefined && x.edge !== null,
      run: (_, [wantsX, wantsWeight]) => {
        const ofWeight = wantsWeight ? tape.allocate(weight.elements * 2) : null;
        return [wantsX ? tape.allocate(x.elements * 2) : null, ofWeight];
      },
    });
  });
}
