import { activate, add, linear, multiply, scale, slice, type Linear, type Ops } from '../ops';
import type { Value } from '../tape';

/** A feed-forward network: gated with two first layers, or with one whose output is cut in two; or plain. */
export type FeedForward =
  | { readonly kind: 'gated'; readonly gate: Linear; readonly up: Linear; readonly down: Linear }
  | { readonly kind: 'fused'; readonly gateUp: Linear; readonly down: Linear }
  | { readonly kind: 'plain'; readonly first: Linear; readonly second: Linear; readonly activation: Activation };

/** Functions whose way back needs the input, or the output; `gelu_new` is written out in eight steps in the reference. */
export type Activation = 'input' | 'output' | 'gelu_new';

export function feedForward(ops: Ops, input: Value, network: FeedForward): Value {
  return ops.tape.scope((scope) => {
    if (network.kind === 'plain') {
      const first = scope.own(linear(ops, input, network.first));
      const active = scope.replace(first, activation(ops, first, network.activation));
      return linear(ops, active, network.second);
    }
    if (network.kind === 'fused') {
      const both = scope.own(linear(ops, input, network.gateUp));
      const gate = scope.own(slice(ops, both, both.elements / 2));
      const up = scope.own(slice(ops, both, both.elements / 2));
      const active = scope.own(activate(ops, gate));
      const product = scope.own(multiply(ops, up, active));
      scope.drop(active);
      return linear(ops, product, network.down);
    }
    const gate = scope.own(linear(ops, input, network.gate));
    const active = scope.own(activate(ops, gate));
    scope.drop(gate);
    const up = scope.own(linear(ops, input, network.up));
    const product = scope.own(multiply(ops, active, up));
    scope.drop(active, up);
    return linear(ops, product, network.down);
  });
}

/** 0.5 · x · (1 + tanh(√(2/π) · (x + 0.044715 · x³))), step by step (transformers activations.py, NewGELUActivation). */
function activation(ops: Ops, x: Value, kind: Activation): Value {
  if (kind !== 'gelu_new') return activate(ops, x, kind);
  return ops.tape.scope((scope) => {
    const half = scope.own(scale(ops, x));
    const cube = scope.own(activate(ops, x, 'input', 2));
    const small = scope.own(scale(ops, cube));
    scope.drop(cube);
    const sum = scope.own(add(ops, x, small));
    scope.drop(small);
    const stretched = scope.own(scale(ops, sum));
    scope.drop(sum);
    const tanh = scope.own(activate(ops, stretched, 'output'));
    scope.drop(stretched);
    const shifted = scope.own(scale(ops, tanh, 'add'));
    scope.drop(tanh);
    return multiply(ops, half, shifted);
  });
}
