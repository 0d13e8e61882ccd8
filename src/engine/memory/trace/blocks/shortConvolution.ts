import { linear } from '../linear';
import { bytesOf, cast, copy, multiply, slice, view, type Linear, type Ops, type Weight } from '../ops';
import type { Scope, Value } from '../tape';
import type { Pass } from './attention';

/** A causal convolution of a few tokens between two gates (LFM2, modeling_lfm2.py Lfm2ShortConv). */
export interface ShortConvolution {
  readonly input: Linear;
  readonly output: Linear;
  readonly weight: Weight;
  readonly bias: Weight | null;
  /** Tokens that one output sees. */
  readonly length: number;
}

export function shortConvolution(ops: Ops, input: Value, part: ShortConvolution, pass: Pass, layer: number): Value {
  const { tape } = ops;
  const { length } = part;
  return tape.scope((scope) => {
    const own = (value: Value): Value => scope.own(value);
    const all = own(linear(ops, input, part.input));
    const third = all.elements / 3;
    const [b, c, x] = [own(slice(ops, all, third)), own(slice(ops, all, third)), own(slice(ops, all, third))];
    let hidden = own(multiply(ops, b, x));
    const rows = hidden.elements / pass.tokens;
    const columns = { before: pass.tokens, padded: pass.tokens + length - 1 };
    if (pass.keepsCache) hidden = scope.replace(hidden, remembered(ops, hidden, rows * length, pass, layer));
    const decoding = pass.keepsCache && pass.cached > 0 && pass.tokens === 1;
    const seen = decoding ? columns.before : columns.padded;
    hidden = scope.replace(hidden, convolved(ops, scope, hidden, part, rows * seen));
    hidden = scope.replace(hidden, slice(ops, hidden, rows * pass.tokens));
    const gated = own(multiply(ops, c, hidden));
    const ordered = scope.replace(gated, copy(ops, gated));
    return linear(ops, ordered, part.output);
  }, input);
}

/** The last tokens of a sequence, kept for those to come: a copy at first, with the earlier ones joined before the new later. */
function remembered(ops: Ops, hidden: Value, kept: number, pass: Pass, layer: number): Value {
  const { tape } = ops;
  const known = pass.cache.get(layer);
  if (known)
    return tape.output({
      elements: hidden.elements + kept,
      width: hidden.width,
      inputs: [hidden],
      run: (gradient) => [tape.hold(gradient)],
    });
  const storage = tape.allocate(kept * hidden.width);
  const state: Value = { storage, elements: kept, width: hidden.width, edge: null };
  pass.cache.set(layer, [state, state]);
  return view(ops, hidden);
}

/** torch.conv1d, one filter for each channel: keeps its input and its weight. */
function convolved(ops: Ops, scope: Scope, input: Value, { weight, bias }: ShortConvolution, elements: number): Value {
  const { tape } = ops;
  const x = scope.own(ops.autocast ? cast(ops, input, 2) : view(ops, input));
  const result = tape.output({
    elements,
    width: x.width,
    inputs: [x, weight.trained, bias?.trained ?? null],
    saves: [x.storage],
    run: (_, [wantsX, wantsWeight, wantsBias]) => [
      wantsX ? tape.allocate(bytesOf(x)) : null,
      wantsWeight ? tape.allocate(weight.elements * weight.width) : null,
      wantsBias && bias ? tape.allocate(bias.elements * bias.width) : null,
    ],
  });
  scope.drop(x);
  return result;
}
