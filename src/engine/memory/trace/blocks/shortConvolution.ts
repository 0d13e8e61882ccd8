import { linear } from '../linear';
import { copy, multiply, split, type Linear, type Ops } from '../ops';
import type { Value } from '../tape';
import type { Pass } from './attention';
import { causalConvolution, type Convolution } from './convolution';

/** A causal convolution of a few tokens between two gates (LFM2, modeling_lfm2.py Lfm2ShortConv). */
export interface ShortConvolution extends Convolution {
  readonly input: Linear;
  readonly output: Linear;
}

export function shortConvolution(ops: Ops, input: Value, part: ShortConvolution, pass: Pass, layer: number): Value {
  const { tape } = ops;
  return tape.scope((scope) => {
    const own = (value: Value): Value => scope.own(value);
    const all = own(linear(ops, input, part.input));
    const third = all.elements / 3;
    const [b, c, x] = split(ops, all, [third, third, third]).map(own) as [Value, Value, Value];
    let hidden = own(multiply(ops, b, x));
    hidden = scope.replace(hidden, causalConvolution(ops, hidden, part, pass, layer));
    const gated = own(multiply(ops, c, hidden));
    const ordered = scope.replace(gated, copy(ops, gated));
    return linear(ops, ordered, part.output);
  }, input);
}
