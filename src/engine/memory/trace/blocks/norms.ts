import { activate, add, cast, mean, multiply, scale, square, view, type Ops, type Weight } from '../ops';
import type { Value } from '../tape';

/**
 * How a norm is written in the reference, which decides what it keeps:
 * `rms` (LlamaRMSNorm), `rms-offset` (Gemma: 1 + weight, at 32 bits), `rms-wide` (OLMo 2, gpt-oss: weight times the 32-bit value),
 * `layer` (torch.nn.LayerNorm, one kernel), `layer-wide` (Cohere: its own, at 32 bits).
 */
export type NormKind = 'rms' | 'rms-offset' | 'rms-wide' | 'layer' | 'layer-wide';

export interface Norm {
  readonly kind: NormKind;
  readonly weight: Weight | null;
  readonly bias: Weight | null;
  /** Elements that are normalized together. */
  readonly columns: number;
}

export function normalize(ops: Ops, input: Value, norm: Norm): Value {
  if (norm.kind === 'layer') return layerNorm(ops, input, norm);
  return ops.tape.scope((scope) => {
    const { weight, columns, kind } = norm;
    let wide = scope.own(cast(ops, input, 4));
    if (kind === 'layer-wide') {
      const centre = scope.own(mean(ops, wide, columns));
      wide = scope.own(add(ops, wide, centre));
    }
    const squares = scope.own(square(ops, wide));
    const variance = scope.own(mean(ops, squares, columns));
    scope.drop(squares);
    const shifted = scope.own(scale(ops, variance, 'add'));
    const inverse = scope.own(activate(ops, shifted, 'output'));
    scope.drop(shifted);
    if (kind === 'rms-offset') {
      const scaled = scope.own(multiply(ops, wide, inverse));
      scope.drop(inverse, variance);
      if (!weight) return cast(ops, scaled, input.width);
      const one = scope.own(offset(ops, weight));
      const result = scope.own(multiply(ops, scaled, one));
      scope.drop(scaled);
      return cast(ops, result, input.width);
    }
    const scaled = scope.replace(wide, multiply(ops, wide, inverse));
    scope.drop(inverse);
    if (!weight) return cast(ops, scaled, input.width);
    if (kind === 'rms') {
      const narrow = scope.own(cast(ops, scaled, input.width));
      return multiply(ops, weight, narrow);
    }
    const result = scope.own(multiply(ops, weight, scaled));
    return cast(ops, result, input.width);
  });
}

/** 1 + weight at 32 bits. */
function offset({ tape }: Ops, weight: Weight): Value {
  return tape.output({
    elements: weight.elements,
    width: 4,
    inputs: [weight.trained],
    run: () => [tape.allocate(weight.elements * weight.width)],
  });
}

/** torch.native_layer_norm: keeps its input, the means and the inverse deviations; autocast computes it at 32 bits. */
function layerNorm(ops: Ops, input: Value, { weight, bias, columns }: Norm): Value {
  const { tape } = ops;
  return tape.scope((scope) => {
    const x = scope.own(ops.autocast ? cast(ops, input, 4) : view(ops, input));
    const rows = x.elements / columns;
    const statistics = [tape.allocate(rows * 4), tape.allocate(rows * 4)];
    const output = tape.output({
      elements: x.elements,
      width: x.width,
      inputs: [x, weight?.trained ?? null, bias?.trained ?? null],
      saves: [x.storage, ...statistics],
      run: (_, [wantsX, wantsWeight, wantsBias]) => [
        wantsX ? tape.allocate(x.elements * x.width) : null,
        wantsWeight && weight ? tape.allocate(weight.elements * weight.width) : null,
        wantsBias && bias ? tape.allocate(bias.elements * bias.width) : null,
      ],
    });
    for (const each of statistics) tape.release(each);
    return output;
  });
}
