import { cutsTokens, entering, gatherTokens, leaving } from './collectives';
import { dropout } from './kernels';
import { add, bytesOf, cast, copy, edged, scale, view, type Adapter, type Linear, type Ops, type Weight } from './ops';
import { packedProduct } from './packed';
import type { Scope, Value } from './tape';

/** A dense product of activations with a weight (torch.nn.functional.linear), its adapter's path beside it. */
export function linear(ops: Ops, input: Value, layer: Linear): Value {
  const { adapter } = layer;
  if (!adapter) return product(ops, input, layer);
  return ops.tape.scope((scope) => withAdapter(ops, scope, input, layer, adapter), input);
}

function product(ops: Ops, input: Value, layer: Linear): Value {
  if (!layer.side) return localProduct(ops, input, layer);
  if (layer.side === 'inputs') return leaving(ops, localProduct(ops, input, layer));
  if (!cutsTokens(ops)) return localProduct(ops, entering(ops, input), layer);
  if (layer.weight.packing) return localProduct(ops, gatherTokens(ops, input), layer);
  return localProduct(ops, input, layer, ops.degrees.tensor);
}

/**
 * @param times ranks whose tokens are gathered first, into a buffer that all such products share; what is kept are the rank's own, which
 * are gathered once more on the way back (Megatron-LM, LinearWithGradAccumulationAndAsyncCommunication)
 */
function localProduct(ops: Ops, input: Value, layer: Linear, times = 1): Value {
  const { tape } = ops;
  const { weight, bias, input: columns, output: rows } = layer;
  if (weight.packing) return packedProduct(ops, input, layer, weight.packing);
  return tape.scope((scope) => {
    const b = bias && ops.autocast ? lowered(ops, bias) : undefined;
    const x = scope.own(ops.autocast ? cast(ops, input, 2) : view(ops, input));
    const w = ops.autocast ? lowered(ops, weight) : undefined;
    const width = x.width;
    const elements = ((x.elements * times) / columns) * rows;
    const target = w ?? weight.trained;
    return tape.output({
      elements,
      width,
      inputs: [x, target, b ?? bias?.trained ?? null],
      saves: [...(target !== null && (w === undefined || w.edge !== null) ? [x.storage] : []), ...(w && edged(x) ? [w.storage] : [])],
      savesWeight: w === undefined && edged(x),
      run: (_, [wantsX, wantsW, wantsBias]) => {
        const ofBias = wantsBias && bias ? tape.allocate(bias.elements * width) : null;
        const ofX = wantsX ? tape.allocate(x.elements * times * width) : null;
        const ofW = wantsW ? tape.allocate(weight.elements * width) : null;
        return [ofX && times > 1 ? { storage: ofX, bytes: bytesOf(x) } : ofX, ofW, ofBias];
      },
    });
  }, input);
}

/** A weight at 16 bits under autocast: cast once, and kept until autocast ends. */
export function lowered(ops: Ops, weight: Weight): Value | undefined {
  if (weight.width === 2) return undefined;
  const known = ops.casts.get(weight);
  if (known) return known;
  const { tape } = ops;
  const value = tape.output({
    elements: weight.elements,
    width: 2,
    inputs: [weight.trained],
    run: () => [tape.allocate(weight.elements * weight.width)],
  });
  value.unnamed = false;
  ops.casts.set(weight, value);
  return value;
}

/**
 * peft's LoRA layer: the frozen product, and x → A → B scaled, added in the type of the product (peft lora/layer.py, Linear.forward).
 * Beside a quantized weight the product is copied first, and autocast is left to see to the types (lora/bnb.py, Linear4bit.forward).
 */
function withAdapter(ops: Ops, scope: Scope, input: Value, layer: Linear, { a, b, rank, drops }: Adapter): Value {
  let result = scope.own(product(ops, input, layer));
  const packed = layer.weight.packing?.kind === 'bitsandbytes';
  if (packed) result = scope.replace(result, copy(ops, result));
  const x = scope.own(packed && ops.autocast ? view(ops, input) : cast(ops, input, a.width));
  const kept = drops ? dropout(ops, x) : x;
  const [into, outOf] = sidesOf(layer);
  const down = scope.own(product(ops, kept, { weight: a, bias: null, input: layer.input, output: rank, ...into }));
  const up = scope.own(product(ops, down, { weight: b, bias: null, input: rank, output: layer.output, ...outOf }));
  scope.drop(down);
  let scaled = scope.own(scale(ops, up));
  scope.drop(up);
  if (packed && !ops.autocast) scaled = scope.replace(scaled, cast(ops, scaled, result.width));
  const sum = scope.own(add(ops, result, scaled));
  if (packed) return view(ops, sum);
  scope.drop(scaled);
  return cast(ops, sum, result.width);
}

/** Of an adapter beside a matrix that ranks share, the matrix on the shared side is shared too (peft tuners/lora/tp_layer.py). */
const sidesOf = ({ side }: Linear): readonly [Pick<Linear, 'side'>, Pick<Linear, 'side'>] => [
  side === 'inputs' ? { side } : {},
  side === 'outputs' ? { side } : {},
];

/** A lookup in a table; its way back makes a gradient as large as the table. */
export function embed({ tape }: Ops, ids: Value, table: Weight, columns: number): Value {
  return tape.output({
    elements: ids.elements * columns,
    width: table.width,
    inputs: [table.trained],
    saves: [ids.storage],
    run: () => [tape.allocate(table.elements * table.width)],
  });
}

/** A product with a weight that is itself computed. */
export function linearBy(ops: Ops, input: Value, weight: Value, rows: number): Value {
  const { tape } = ops;
  return tape.scope(
    (scope) => {
      const low = (value: Value): Value => scope.own(ops.autocast ? cast(ops, value, 2) : view(ops, value));
      const [x, w] = [low(input), low(weight)];
      return tape.output({
        elements: (x.elements / (w.elements / rows)) * rows,
        width: x.width,
        inputs: [x, w],
        saves: [...(edged(w) ? [x.storage] : []), ...(edged(x) ? [w.storage] : [])],
        run: (_, [one, two]) => {
          const ofWeight = two ? tape.allocate(bytesOf(w)) : null;
          return [one ? tape.allocate(bytesOf(x)) : null, ofWeight];
        },
      });
    },
    input,
    weight,
  );
}

/** The two matrices of an adapter for a weight that is no linear layer, cut by expert and at the weight's type. */
export interface Factors {
  readonly left: Value;
  readonly right: Value;
}

/** peft's adapter of a parameter (lora/layer.py, ParamWrapper): its product is added to the weight, in whole. */
export interface MergedAdapter {
  readonly a: Weight;
  readonly b: Weight;
  factors(ops: Ops, scope: Scope): Factors;
}

export const mergedAdapter = (a: Weight, b: Weight): MergedAdapter => ({
  a,
  b,
  factors: (ops, scope) => ({
    left: scope.own(narrowed(ops, b, true)),
    right: scope.own(narrowed(ops, a, false)),
  }),
});

/** A factor at 16 bits; the gradient of one whose experts stand last is put in order by a copy. */
const narrowed = ({ tape }: Ops, weight: Weight, reorders: boolean): Value =>
  tape.output({
    elements: weight.elements,
    width: 2,
    inputs: [weight.trained],
    run: () => {
      const wide = tape.allocate(weight.elements * weight.width);
      if (!reorders) return [wide];
      const ordered = tape.allocate(weight.elements * weight.width);
      tape.release(wide);
      return [ordered];
    },
  });

/** The weight with its adapter's product added (torch.baddbmm). */
export const merged = ({ tape }: Ops, weight: Weight, { left, right }: Factors): Value =>
  tape.output({
    elements: weight.elements,
    width: weight.width,
    inputs: [weight.trained, left, right],
    saves: [left.storage, right.storage],
    run: () => [null, tape.allocate(bytesOf(left)), tape.allocate(bytesOf(right))],
  });
