import { activate, add, cast, constant, mean, multiply, scale, square, view, weightValue, type Ops, type Weight } from '../ops';
import type { Value } from '../tape';

/**
 * How a norm is written in the reference, which decides what it keeps:
 * `rms` (LlamaRMSNorm), `rms-input` (T5: the input at its own type times the 32-bit factor), `rms-offset` (Gemma: 1 + weight, at 32 bits), `rms-wide` (OLMo 2, gpt-oss: weight times the 32-bit value),
 * `layer` (torch.nn.LayerNorm, one kernel), `layer-wide` (Cohere: its own, at 32 bits), `layer-plain` (OLMo: the kernel at 32 bits, without
 * weights), `layer-offset` (Nemotron: 1 + weight).
 */
export type NormKind = 'rms' | 'rms-input' | 'rms-offset' | 'rms-wide' | 'layer' | 'layer-wide' | 'layer-plain' | 'layer-offset';

export interface Norm {
  readonly kind: NormKind;
  readonly weight: Weight | null;
  readonly bias: Weight | null;
  /** Elements that are normalized together. */
  readonly columns: number;
}

export function normalize(ops: Ops, input: Value, norm: Norm): Value {
  switch (norm.kind) {
    case 'layer':
      return layerNorm(ops, input, norm);
    case 'layer-plain':
      return ops.tape.scope((scope) => cast(ops, layerNorm(ops, scope.own(cast(ops, input, 4)), norm), input.width), input);
    case 'layer-offset':
      return ops.tape.scope((scope) => {
        // Its caller leaves autocast first (modeling_nemotron.py).
        const one = norm.weight && scope.own(offset(ops, norm.weight, norm.weight.width));
        return layerNorm(ops, input, norm, one, false);
      }, input);
    case 'layer-wide':
      return layerWide(ops, input, norm);
    case 'rms-input':
      return rmsOfInput(ops, input, norm);
    default:
      return rms(ops, input, norm);
  }
}

function rms(ops: Ops, input: Value, { weight, columns, kind }: Norm): Value {
  return ops.tape.scope((scope) => {
    const wide = scope.own(cast(ops, input, 4));
    const squares = scope.own(square(ops, wide));
    const variance = scope.own(mean(ops, squares, columns));
    scope.drop(squares);
    const inverse = scope.own(activate(ops, scale(ops, variance, 'add'), 'output'));
    if (kind === 'rms-offset') {
      const scaled = scope.own(multiply(ops, wide, inverse));
      scope.drop(inverse, variance);
      if (!weight) return cast(ops, scaled, input.width);
      const one = scope.own(offset(ops, weight, 4));
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
    return cast(ops, multiply(ops, weight, scaled), input.width);
  }, input);
}

/** A norm whose output a gate multiplies at 32 bits (Qwen3NextRMSNormGated). */
export function gatedNorm(ops: Ops, input: Value, gate: Value, { weight, columns }: Norm): Value {
  return ops.tape.scope((scope) => {
    let hidden = scope.own(cast(ops, input, 4));
    const variance = scope.own(mean(ops, square(ops, hidden), columns));
    hidden = scope.replace(hidden, multiply(ops, hidden, activate(ops, scale(ops, variance, 'add'), 'output')));
    if (weight) hidden = scope.replace(hidden, multiply(ops, weight, cast(ops, hidden, input.width)));
    hidden = scope.replace(hidden, multiply(ops, hidden, activate(ops, cast(ops, gate, 4))));
    return cast(ops, hidden, input.width);
  }, input);
}

/** A norm and its weight at 32 bits, whose output a gate multiplies (FalconH1RMSNormGated). */
export function normThenGate(ops: Ops, input: Value, gate: Value, { weight, columns }: Norm): Value {
  return ops.tape.scope((scope) => {
    let hidden = scope.own(cast(ops, input, 4));
    const variance = scope.own(mean(ops, square(ops, hidden), columns));
    hidden = scope.replace(hidden, multiply(ops, hidden, activate(ops, scale(ops, variance, 'add'), 'output')));
    if (weight) hidden = scope.replace(hidden, multiply(ops, weight, hidden));
    hidden = scope.replace(hidden, multiply(ops, hidden, activate(ops, cast(ops, gate, 4))));
    return cast(ops, hidden, input.width);
  }, input);
}

/** A norm of what a gate has multiplied at 32 bits (MambaRMSNormGated). */
export function normOfGated(ops: Ops, input: Value, gate: Value, { weight, columns }: Norm): Value {
  return ops.tape.scope((scope) => {
    const wide = scope.own(cast(ops, input, 4));
    const gated = scope.replace(wide, multiply(ops, wide, activate(ops, cast(ops, gate, 4))));
    const variance = scope.own(mean(ops, square(ops, gated), columns));
    const scaled = scope.replace(gated, multiply(ops, gated, activate(ops, scale(ops, variance, 'add'), 'output')));
    const narrow = cast(ops, scaled, input.width);
    return weight ? multiply(ops, weight, narrow) : narrow;
  }, input);
}

/** x · rsqrt(mean of x² at 32 bits), then the weight at its own type (T5LayerNorm). */
function rmsOfInput(ops: Ops, input: Value, { weight, columns }: Norm): Value {
  return ops.tape.scope((scope) => {
    const variance = scope.own(mean(ops, square(ops, cast(ops, input, 4)), columns));
    let scaled = scope.own(multiply(ops, input, activate(ops, scale(ops, variance, 'add'), 'output')));
    if (weight?.width === 2) scaled = scope.replace(scaled, cast(ops, scaled, 2));
    return weight ? multiply(ops, weight, scaled) : scaled;
  });
}

/** (x − mean) · rsqrt(variance) at 32 bits, then the weight at 32 bits (CohereLayerNorm). */
function layerWide(ops: Ops, input: Value, { weight, columns }: Norm): Value {
  return ops.tape.scope((scope) => {
    let wide = scope.own(cast(ops, input, 4));
    const centre = scope.own(mean(ops, wide, columns));
    const variance = scope.own(mean(ops, square(ops, add(ops, wide, centre)), columns));
    const centred = scope.own(add(ops, wide, centre));
    const inverse = scope.own(activate(ops, scale(ops, variance, 'add'), 'output'));
    wide = scope.replace(wide, multiply(ops, centred, inverse));
    scope.drop(centred, inverse);
    if (!weight) return cast(ops, wide, input.width);
    const scaled = multiply(ops, scope.own(cast(ops, weightValue(ops, weight), 4)), wide);
    wide = scope.replace(wide, scaled);
    return cast(ops, wide, input.width);
  }, input);
}

/** 1 + weight. */
function offset({ tape }: Ops, weight: Weight, width: number): Value {
  return tape.output({
    elements: weight.elements,
    width,
    inputs: [weight.trained],
    run: () => [tape.allocate(weight.elements * weight.width)],
  });
}

/** torch.native_layer_norm: keeps its input, the means and the inverse deviations; autocast computes it at 32 bits. */
function layerNorm(ops: Ops, input: Value, { weight, bias, columns }: Norm, made: Value | null = null, widens = ops.autocast): Value {
  const { tape } = ops;
  return tape.scope((scope) => {
    const x = scope.own(widens ? cast(ops, input, 4) : view(ops, input));
    const rows = x.elements / columns;
    const statistics = [tape.allocate(rows * 4), tape.allocate(rows * 4)];
    // Weights of a frozen model are narrow under autocast, too.
    const widened = [weight, bias].flatMap((each) =>
      widens && each && each.width < 4 ? [scope.own(constant(ops, each.elements, 4))] : [],
    );
    const output = tape.output({
      elements: x.elements,
      width: x.width,
      inputs: [x, made ?? weight?.trained ?? null, bias?.trained ?? null],
      saves: [x.storage, ...widened.map(({ storage }) => storage)],
      makes: statistics,
      run: (_, [wantsX, wantsWeight, wantsBias]) => [
        wantsX ? tape.allocate(x.elements * x.width) : null,
        wantsWeight && weight ? tape.allocate(weight.elements * weight.width) : null,
        wantsBias && bias ? tape.allocate(bias.elements * bias.width) : null,
      ],
    });
    for (const each of statistics) tape.release(each);
    return output;
  }, input);
}
