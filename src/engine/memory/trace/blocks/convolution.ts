import { lowered } from '../linear';
import { bytesOf, cast, pad, slice, view, type Ops, type Weight } from '../ops';
import type { Value } from '../tape';
import type { Pass } from './attention';

/** One filter for each channel over its last tokens. */
export interface Convolution {
  readonly weight: Weight;
  readonly bias: Weight | null;
  /** Tokens that one output sees. */
  readonly length: number;
}

/**
 * A causal convolution of all tokens, or of one after those that are kept (`causal_conv1d_fn` and `causal_conv1d_update` of
 * transformers models/qwen3_next/modeling_qwen3_next.py and of the types that share them).
 *
 * @param finish what is done to its output within the same function
 */
export function causalConvolution(
  ops: Ops,
  input: Value,
  convolution: Convolution,
  pass: Pass,
  layer: number,
  finish: (value: Value) => Value = (value) => value,
): Value {
  const { length } = convolution;
  const rows = input.elements / pass.tokens;
  const decoding = pass.keepsCache && pass.cached > 0 && pass.tokens === 1;
  return ops.tape.scope((scope) => {
    const seen = scope.own(pass.keepsCache ? remembered(ops, input, rows * length, pass, layer) : view(ops, input));
    const columns = seen.elements / rows;
    if (decoding) return finish(slice(ops, convolve(ops, seen, convolution, rows * (columns - length + 1)), input.elements));
    const made = finish(slice(ops, convolve(ops, seen, convolution, rows * (columns + length - 1)), seen.elements));
    return columns > pass.tokens ? slice(ops, made, input.elements) : made;
  }, input);
}

/** The last tokens of a sequence, kept for those to come: a copy at first, with the earlier ones joined before the new later. */
function remembered(ops: Ops, hidden: Value, kept: number, { states }: Pass, layer: number): Value {
  const { tape } = ops;
  if (states.has(layer)) return pad(ops, hidden, hidden.elements + kept);
  const storage = tape.allocate(kept * hidden.width);
  const state: Value = { storage, elements: kept, width: hidden.width, edge: null };
  states.set(layer, [state, state]);
  // Fewer tokens than a filter sees are filled up to them.
  return hidden.elements < kept ? pad(ops, hidden, kept) : view(ops, hidden);
}

/** torch.conv1d, one filter for each channel: keeps its input and its weight, a view that autocast lowers at every call. */
function convolve(ops: Ops, input: Value, { weight, bias }: Convolution, elements: number): Value {
  const { tape } = ops;
  return tape.scope((scope) => {
    const wide = cast(ops, input, weight.width);
    const filter =
      ops.autocast && weight.width > 2
        ? scope.own(
            tape.output({
              elements: weight.elements,
              width: 2,
              inputs: [weight.trained],
              run: () => [tape.allocate(weight.elements * weight.width)],
            }),
          )
        : null;
    const lowBias = bias && ops.autocast ? lowered(ops, bias) : undefined;
    const x = ops.autocast ? cast(ops, wide, 2) : wide;
    return tape.output({
      elements,
      width: x.width,
      inputs: [x, filter ?? weight.trained, lowBias ?? bias?.trained ?? null],
      saves: [x.storage, ...(filter ? [filter.storage] : [])],
      run: (_, [wantsX, wantsWeight, wantsBias]) => [
        wantsX ? tape.allocate(bytesOf(x)) : null,
        wantsWeight ? tape.allocate(weight.elements * x.width) : null,
        wantsBias && bias ? tape.allocate(bias.elements * x.width) : null,
      ],
    });
  }, input);
}
