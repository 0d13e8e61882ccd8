import { activate, cast, linear, multiply, slice, softmax, type Linear, type Ops, type Weight } from '../ops';
import type { Value } from '../tape';
import type { FeedForward } from './feedForward';

/** Routed experts, held in one tensor per matrix, and an expert that every token uses. */
export interface Experts {
  readonly router: Linear;
  readonly count: number;
  readonly perToken: number;
  /** [count, 2 · inner, hidden] and [count, hidden, inner]. */
  readonly gateUp: Weight;
  readonly down: Weight;
  readonly inner: number;
  /** Weights of the chosen experts go back to the type of the router's output. */
  readonly narrowsScores: boolean;
  readonly shared?: { readonly network: FeedForward; readonly gate: Linear | null };
}

/**
 * A mixture by grouped products (transformers integrations/moe.py, grouped_mm_experts_forward): tokens are gathered once per
 * chosen expert, pass through all experts in one product per matrix, and are put back and summed.
 */
export function mixture(ops: Ops, input: Value, experts: Experts): Value {
  const { tape } = ops;
  const { perToken, count, inner } = experts;
  const hidden = experts.router.input;
  const tokens = input.elements / hidden;
  const pairs = tokens * perToken;
  return tape.scope((scope) => {
    const constant = (elements: number, width: number): Value =>
      scope.own({ storage: tape.allocate(elements * width), elements, width, edge: null });
    const logits = scope.own(linear(ops, input, experts.router));
    const scores = scope.own(
      tape.scope((inside) => {
        const probabilities = inside.own(softmax(ops, logits));
        const indices = constant(pairs, 8);
        const top = inside.own(
          tape.output({
            elements: pairs,
            width: 4,
            inputs: [probabilities],
            saves: [indices.storage],
            run: () => [tape.allocate(tokens * count * 4)],
          }),
        );
        return cast(ops, top, experts.narrowsScores ? logits.width : 4);
      }),
    );
    const [order, permutation, rows] = [constant(pairs, 8), constant(pairs, 8), constant(pairs, 8)] as const;
    scope.own(order);
    const gathered = scope.own(gather(ops, input, pairs * hidden, rows));
    scope.drop(rows);
    const weights = scope.own(gather(ops, scores, pairs, permutation));
    const both = scope.own(grouped(ops, gathered, experts.gateUp, pairs * 2 * inner));
    const active = scope.own(
      tape.scope((inside) => {
        const gate = inside.own(slice(ops, both, pairs * inner));
        const up = inside.own(slice(ops, both, pairs * inner));
        const turned = inside.own(activate(ops, gate));
        return multiply(ops, turned, up);
      }),
    );
    scope.drop(both);
    const down = scope.own(grouped(ops, active, experts.down, pairs * hidden));
    scope.drop(active);
    const weighted = scope.own(multiply(ops, down, weights));
    const back = constant(pairs, 8);
    const restored = scope.replace(weighted, gather(ops, weighted, weighted.elements, back));
    const summed = scope.own(
      tape.output({
        elements: tokens * hidden,
        width: restored.width,
        inputs: [restored],
        run: (gradient) => [tape.hold(gradient)],
      }),
    );
    return cast(ops, summed, input.width);
  });
}

/** Rows by number; its way back adds them up in a whole of zeros. */
const gather = ({ tape }: Ops, value: Value, elements: number, index: Value): Value =>
  tape.output({
    elements,
    width: value.width,
    inputs: [value],
    saves: [index.storage],
    run: () => [tape.allocate(value.elements * value.width)],
  });

/** One product for all experts; autocast narrows the weights at every call. */
function grouped(ops: Ops, input: Value, weight: Weight, elements: number): Value {
  const { tape } = ops;
  return tape.scope((scope) => {
    const x = scope.own(cast(ops, input, 2));
    const narrowed =
      weight.width === 2
        ? null
        : scope.own(
            tape.output({
              elements: weight.elements,
              width: 2,
              inputs: [weight.trained],
              run: () => [tape.allocate(weight.elements * weight.width)],
            }),
          );
    const target = narrowed ?? weight.trained;
    return tape.output({
      elements,
      width: 2,
      inputs: [x, target],
      saves: [...(weight.trained ? [x.storage] : []), ...(narrowed && x.edge ? [narrowed.storage] : [])],
      run: (_, [wantsX, wantsWeight]) => [
        wantsX ? tape.allocate(x.elements * 2) : null,
        wantsWeight ? tape.allocate(weight.elements * 2) : null,
      ],
    });
  });
}
