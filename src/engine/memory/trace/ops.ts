/** Operations of PyTorch: what each allocates, what autograd keeps of it (tools/autograd/derivatives.yaml), and what its way back allocates. */
import type { Parameter, Storage, Tape, Value } from './tape';

/** A weight: trained ones have somewhere to send their gradient. */
export interface Weight {
  readonly elements: number;
  readonly width: number;
  readonly trained: Parameter | null;
}

/** A matrix of a linear layer, with its bias and what is added to it. */
export interface Linear {
  readonly weight: Weight;
  readonly bias: Weight | null;
  readonly input: number;
  readonly output: number;
  /** A pair of small matrices beside a frozen one (LoRA), in their own type. */
  readonly adapter?: { readonly rank: number; readonly a: Weight; readonly b: Weight };
}

/** How a run computes: autocast casts inputs and weights of matrix products to 16 bits. */
export interface Ops {
  readonly tape: Tape;
  readonly autocast: boolean;
  /** Casts of weights, kept while autocast lasts. */
  casts: Map<Weight, Value>;
}

/** Runs something under an autocast of its own, whose casts of weights go when it ends. */
export function underAutocast<T>(ops: Ops, body: () => T): T {
  const outer = ops.casts;
  ops.casts = new Map();
  const result = body();
  for (const { storage } of ops.casts.values()) ops.tape.release(storage);
  ops.casts = outer;
  return result;
}

/** Runs a region whose inner tensors are made again on the way back, under an autocast of its own then. */
export const checkpoint = (ops: Ops, input: Value, shared: readonly Storage[], region: (input: Value) => Value): Value =>
  ops.tape.checkpoint(input, shared, region, (again) => underAutocast(ops, () => region(again)));

const bytes = (value: Value): number => value.elements * value.width;
export const edged = (value: Value): boolean => value.edge !== null;

/** The same storage seen otherwise: a view, a transposition. Its gradient is a view of the other's. */
export const view = ({ tape }: Ops, value: Value): Value => ({ ...value, storage: tape.hold(value.storage) });

/** A copy in another order of memory, or at another width. */
export function copy({ tape }: Ops, value: Value, width = value.width): Value {
  return tape.output({
    elements: value.elements,
    width,
    inputs: [value],
    run: (gradient) => [width === value.width ? tape.hold(gradient) : tape.allocate(bytes(value))],
  });
}

/** `value.to(width)`: itself where it has that width. */
export const cast = (ops: Ops, value: Value, width: number): Value => (value.width === width ? view(ops, value) : copy(ops, value, width));

/** Repeats along a new dimension and lays the result out (repeat_kv: expand, then reshape). */
export function expand({ tape }: Ops, value: Value, times: number): Value {
  if (times === 1) return { ...value, storage: tape.hold(value.storage) };
  return tape.output({
    elements: value.elements * times,
    width: value.width,
    inputs: [value],
    run: () => [tape.allocate(bytes(value))],
  });
}

/** A sum of two; the narrower is widened. */
export function add({ tape }: Ops, a: Value, b: Value): Value {
  const elements = Math.max(a.elements, b.elements);
  const width = Math.max(a.width, b.width);
  const back = (gradient: Storage, of: Value): Storage =>
    of.width === width && of.elements === elements ? tape.hold(gradient) : tape.allocate(bytes(of));
  return tape.output({
    elements,
    width,
    inputs: [a, b],
    run: (gradient, [first, second]) => [first ? back(gradient, a) : null, second ? back(gradient, b) : null],
  });
}

/** A product by element; what is smaller is broadcast, and its gradient summed. */
export function multiply({ tape }: Ops, a: Value | Weight, b: Value): Value {
  const weight = 'trained' in a ? a : undefined;
  const first: Value | Parameter | null = 'trained' in a ? a.trained : a;
  const wantsA = weight ? weight.trained !== null : edged(a as Value);
  const elements = Math.max(a.elements, b.elements);
  const width = Math.max(a.width, b.width);
  /** Gradient of one side: the product with the other, summed and narrowed where that side is smaller. */
  const back = (of: { readonly elements: number; readonly width: number }): Storage => {
    const full = tape.allocate(elements * width);
    if (of.elements === elements && of.width === width) return full;
    const small = tape.allocate(of.elements * of.width);
    tape.release(full);
    return small;
  };
  return tape.output({
    elements,
    width,
    inputs: [first, b],
    saves: [...(wantsA ? [b.storage] : []), ...(edged(b) && !weight ? [(a as Value).storage] : [])],
    run: (_, [one, two]) => [one ? back(a) : null, two ? back(b) : null],
  });
}

/** A product with, or a sum with, a number that is no tensor. */
export function scale({ tape }: Ops, value: Value, way: 'multiply' | 'add' | 'negate' = 'multiply'): Value {
  return tape.output({
    elements: value.elements,
    width: value.width,
    inputs: [value],
    run: (gradient) => [way === 'add' ? tape.hold(gradient) : tape.allocate(bytes(value))],
  });
}

/** A function by element whose derivative needs its input (silu, gelu) or its output (tanh, sigmoid, relu, rsqrt). */
export function activate({ tape }: Ops, value: Value, needs: 'input' | 'output' = 'input', temporaries = 0): Value {
  return tape.output({
    elements: value.elements,
    width: value.width,
    inputs: [value],
    saves: needs === 'input' ? [value.storage] : [],
    savesOutput: needs === 'output',
    run: () => {
      const held = Array.from({ length: temporaries }, () => tape.allocate(bytes(value)));
      const gradient = tape.allocate(bytes(value));
      for (const each of held) tape.release(each);
      return [gradient];
    },
  });
}

/** x², whose way back makes 2x and then the product. */
export const square = (ops: Ops, value: Value): Value => activate(ops, value, 'input', 2);

/** The mean over the last dimension of `columns`. */
export function mean({ tape }: Ops, value: Value, columns: number): Value {
  return tape.output({
    elements: value.elements / columns,
    width: value.width,
    inputs: [value],
    run: () => [tape.allocate(bytes(value))],
  });
}

/** A dense product of activations with a weight (torch.nn.functional.linear), its adapter's path beside it. */
export function linear(ops: Ops, input: Value, layer: Linear): Value {
  if (!layer.adapter) return product(ops, input, layer);
  return ops.tape.scope((scope) => withAdapter(ops, scope, input, layer, layer.adapter as NonNullable<Linear['adapter']>));
}

function product(ops: Ops, input: Value, { weight, bias, input: columns, output: rows }: Linear): Value {
  const { tape } = ops;
  return tape.scope((scope) => {
    const x = scope.own(ops.autocast ? cast(ops, input, 2) : view(ops, input));
    const w = ops.autocast ? lowered(ops, weight) : undefined;
    const width = x.width;
    const elements = (x.elements / columns) * rows;
    const target = w ?? weight.trained;
    return tape.output({
      elements,
      width,
      inputs: [x, target, bias ? bias.trained : null],
      saves: [...(target !== null && (w === undefined || w.edge !== null) ? [x.storage] : []), ...(w && edged(x) ? [w.storage] : [])],
      run: (_, [wantsX, wantsW, wantsBias]) => {
        const ofBias = wantsBias && bias ? tape.allocate(bias.elements * bias.width) : null;
        const ofX = wantsX ? tape.allocate(x.elements * width) : null;
        const ofW = wantsW ? tape.allocate(weight.elements * width) : null;
        return [ofX, ofW, ofBias];
      },
    });
  });
}

/** A weight at 16 bits under autocast: cast once, and kept until autocast ends. */
function lowered(ops: Ops, weight: Weight): Value | undefined {
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
  ops.casts.set(weight, value);
  return value;
}

/** peft's LoRA layer: the frozen product, and x → A → B scaled, added in the type of the product (peft lora/layer.py, Linear.forward). */
function withAdapter(
  ops: Ops,
  scope: Parameters<Parameters<Tape['scope']>[0]>[0],
  input: Value,
  layer: Linear,
  { a, b, rank }: NonNullable<Linear['adapter']>,
): Value {
  const result = scope.own(product(ops, input, layer));
  const x = scope.own(cast(ops, input, a.width));
  const down = scope.own(product(ops, x, { weight: a, bias: null, input: layer.input, output: rank }));
  const up = scope.own(product(ops, down, { weight: b, bias: null, input: rank, output: layer.output }));
  scope.drop(down);
  const scaled = scope.own(scale(ops, up));
  scope.drop(up);
  const sum = scope.own(add(ops, result, scaled));
  scope.drop(scaled);
  return sum.width === result.width ? sum : cast(ops, sum, result.width);
}

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

/** Several values side by side along a dimension. */
export function concatenate({ tape }: Ops, parts: readonly Value[], kind?: 'cache'): Value {
  const width = Math.max(...parts.map((part) => part.width));
  return tape.output({
    elements: parts.reduce((sum, { elements }) => sum + elements, 0),
    width,
    inputs: parts,
    ...(kind && { kind }),
    // Views of the whole gradient.
    run: (gradient, wanted) => wanted.map((want) => (want ? tape.hold(gradient) : null)),
  });
}

/** A part of a value, which shows its storage; its way back is a whole one of zeros around the part. */
export function slice({ tape }: Ops, value: Value, elements: number): Value {
  return tape.output({
    elements,
    width: value.width,
    inputs: [value],
    reuse: value.storage,
    run: () => [tape.allocate(bytes(value))],
  });
}

/** Softmax at 32 bits over a narrower input, which is widened first. */
export function softmax(ops: Ops, value: Value): Value {
  const { tape } = ops;
  return tape.scope((scope) => {
    const wide = scope.own(cast(ops, value, 4));
    return tape.output({
      elements: wide.elements,
      width: 4,
      inputs: [wide],
      savesOutput: true,
      run: () => [tape.allocate(bytes(wide))],
    });
  });
}

/** A product of two activations by batch (torch.bmm). */
export function batched({ tape }: Ops, a: Value, b: Value, elements: number): Value {
  return tape.output({
    elements,
    width: a.width,
    inputs: [a, b],
    saves: [...(edged(b) ? [a.storage] : []), ...(edged(a) ? [b.storage] : [])],
    run: (_, [one, two]) => [one ? tape.allocate(bytes(a)) : null, two ? tape.allocate(bytes(b)) : null],
  });
}

const up = (value: number, step: number): number => Math.ceil(value / step) * step;

/** Shapes of one call of fused attention. */
export interface AttentionShape {
  readonly batch: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly queries: number;
  readonly keys: number;
  readonly width: number;
  readonly valueWidth: number;
}

/**
 * Fused attention (flash and memory-efficient kernels): keeps queries, keys, values, the output and a logsumexp; its way back
 * works with an fp32 gradient of the queries, and with one of keys and values per query head where these are shared.
 */
export function fusedAttention({ tape }: Ops, q: Value, k: Value, v: Value, mask: Storage | null, shape: AttentionShape): Value {
  const { batch, heads, kvHeads, queries, width, valueWidth, keys } = shape;
  const sums = tape.allocate(batch * heads * queries * 4);
  const output = tape.output({
    elements: batch * heads * queries * valueWidth,
    width: q.width,
    inputs: [q, k, v],
    saves: [q.storage, k.storage, v.storage, sums, ...(mask ? [mask] : [])],
    savesOutput: true,
    run: (_, [one, two, three]) => {
      const work = [
        tape.allocate(batch * heads * up(queries, 128) * 4),
        tape.allocate(batch * up(queries, 128) * heads * up(width, 32) * 4),
        ...(kvHeads === heads
          ? []
          : [tape.allocate(batch * keys * heads * width * k.width), tape.allocate(batch * keys * heads * valueWidth * v.width)]),
      ];
      const gradients = [q, k, v].map((each) => tape.allocate(bytes(each)));
      for (const each of work) tape.release(each);
      return gradients.map((each, index) => {
        if ([one, two, three][index]) return each;
        tape.release(each);
        return null;
      });
    },
  });
  tape.release(sums);
  return output;
}

/** Cross entropy over a vocabulary: logits at 32 bits, their log-softmax, and the gradients of both. */
export function crossEntropy(ops: Ops, logits: Value): Value {
  const { tape } = ops;
  return tape.scope((scope) => {
    const wide = scope.own(cast(ops, logits, 4));
    const logs = scope.own(
      tape.output({ elements: wide.elements, width: 4, inputs: [wide], savesOutput: true, run: () => [tape.allocate(bytes(wide))] }),
    );
    return tape.output({ elements: 1, width: 4, inputs: [logs], saves: [logs.storage], run: () => [tape.allocate(bytes(logs))] });
  });
}

/** Dropout while training: the output, and a byte per element that says what was kept. */
export function dropout({ tape }: Ops, value: Value): Value {
  const mask: Storage = tape.allocate(value.elements);
  const output = tape.output({
    elements: value.elements,
    width: value.width,
    inputs: [value],
    saves: [mask],
    run: () => [tape.allocate(bytes(value))],
  });
  tape.release(mask);
  return output;
}
