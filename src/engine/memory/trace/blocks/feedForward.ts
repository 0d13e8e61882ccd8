import { linear } from '../linear';
import { activate, add, cast, multiply, scale, split, square, view, type Linear, type Ops } from '../ops';
import type { Value } from '../tape';

/** A feed-forward network: gated with two first layers, or with one whose output is cut in two; or plain. */
export type FeedForward =
  | {
      readonly kind: 'gated';
      readonly gate: Linear;
      readonly up: Linear;
      readonly down: Linear;
      readonly activation: Activation;
      readonly scales?: boolean;
    }
  | { readonly kind: 'fused'; readonly gateUp: Linear; readonly down: Linear; readonly activation: Activation }
  /** `inline`: the layer's own steps, in which each takes the name of the one before (OPT). */
  | { readonly kind: 'plain'; readonly first: Linear; readonly second: Linear; readonly activation: Activation; readonly inline: boolean };

/**
 * Functions whose way back needs the input, or the output (relu); `gelu_new` is written out in eight steps in the reference, `relu2`
 * in two.
 */
export type Activation = 'input' | 'output' | 'gelu_new' | 'relu2';

/** How a function of `ACT2FN` goes back (transformers activations.py); `undefined` for one that is not followed here. */
export function activationOf(name: unknown): Activation | undefined {
  if (name === 'relu' || name === 'tanh' || name === 'sigmoid') return 'output';
  if (name === 'gelu' || name === 'silu' || name === 'swish' || name === 'gelu_pytorch_tanh') return 'input';
  return name === 'gelu_new' || name === 'relu2' ? name : undefined;
}

export function feedForward(ops: Ops, input: Value, network: FeedForward): Value {
  if (network.kind === 'plain' && network.inline)
    return linear(ops, activation(ops, linear(ops, input, network.first), network.activation), network.second);
  return ops.tape.scope((scope) => {
    if (network.kind === 'plain') {
      const first = scope.own(linear(ops, input, network.first));
      const active = scope.replace(first, activation(ops, first, network.activation));
      return linear(ops, active, network.second);
    }
    if (network.kind === 'fused') {
      const both = scope.own(linear(ops, input, network.gateUp));
      const halves = split(ops, both, [both.elements / 2, both.elements / 2]);
      const [gate, up] = halves.map((half) => scope.own(half)) as [Value, Value];
      const product = scope.replace(up, multiply(ops, up, activation(ops, gate, network.activation)));
      return linear(ops, product, network.down);
    }
    if (network.scales) {
      const up = linear(ops, input, network.up);
      const gate = activation(ops, scale(ops, linear(ops, input, network.gate)), network.activation);
      return scale(ops, linear(ops, scope.own(multiply(ops, up, gate)), network.down));
    }
    const active = scope.own(activation(ops, linear(ops, input, network.gate), network.activation));
    const product = scope.own(multiply(ops, active, linear(ops, input, network.up)));
    scope.drop(active);
    return linear(ops, product, network.down);
  }, input);
}

/** The function by element between the layers. */
export function activation(ops: Ops, input: Value, kind: Activation): Value {
  if (kind === 'input' || kind === 'output') return activate(ops, input, kind);
  return ops.tape.scope((scope) => {
    if (kind === 'relu2') return square(ops, scope.own(activate(ops, input, 'output')));
    // 0.5 · x · (1 + tanh(√(2/π) · (x + 0.044715 · x³))) (transformers activations.py, NewGELUActivation).
    const half = scope.own(scale(ops, input));
    const wide = scope.own(ops.autocast ? cast(ops, input, 4) : view(ops, input));
    const cube = square(ops, wide);
    scope.drop(wide);
    const inner = scale(ops, add(ops, input, scale(ops, cube)));
    return multiply(ops, half, scale(ops, activate(ops, inner, 'output'), 'add'));
  }, input);
}
