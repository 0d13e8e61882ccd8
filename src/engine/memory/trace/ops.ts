/** Operations of PyTorch by element and shape: what each allocates, what autograd keeps of it (tools/autograd/derivatives.yaml), and what its way back allocates. */
import type { Degrees } from './degrees';
import type { Packing } from './packed';
import type { Side } from './rankTree';
import type { Gradient, Parameter, Storage, Tape, Value } from './tape';

/** A weight: trained ones have somewhere to send their gradient. */
export interface Weight {
  readonly elements: number;
  readonly width: number;
  readonly trained: Parameter | null;
  /** Quantized: its product unpacks it first. */
  readonly packing?: Packing;
}

/** A matrix of a linear layer, with its bias and what is added to it. */
export interface Linear {
  readonly weight: Weight;
  readonly bias: Weight | null;
  readonly input: number;
  readonly output: number;
  readonly adapter?: Adapter;
  /** The side that a rank holds a part of, where ranks share the matrix. */
  readonly side?: Side;
}

/** A pair of small matrices beside a frozen one (LoRA), in their own type. */
export interface Adapter {
  readonly rank: number;
  readonly a: Weight;
  readonly b: Weight;
  /** Its input loses a share while training. */
  readonly drops: boolean;
}

/** How a run computes: autocast casts inputs and weights of matrix products to 16 bits. */
export interface Ops {
  readonly tape: Tape;
  readonly autocast: boolean;
  /** Embeddings want a gradient although no weight before them is trained (peft's enable_input_require_grads). */
  readonly trainsInputs: boolean;
  /** Inner tensors of layers are made again on the way back. */
  readonly checkpoints: boolean;
  /** How ranks share what is run. */
  readonly degrees: Degrees;
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

/** Runs a layer; in a run that checkpoints, one whose inner tensors are made again on the way back, under an autocast of its own then. */
export const checkpoint = (ops: Ops, input: Value, shared: readonly Storage[], layer: (input: Value) => Value): Value =>
  ops.checkpoints ? ops.tape.checkpoint(input, shared, layer, (again) => underAutocast(ops, () => layer(again))) : layer(input);

export const bytesOf = (value: Value): number => value.elements * value.width;
export const edged = (value: Value): boolean => value.edge !== null;

/** The same storage seen otherwise: a view, a transposition. Its gradient is a view of the other's. */
export function view({ tape }: Ops, value: Value): Value {
  const seen = { ...value, storage: tape.hold(value.storage), unnamed: true };
  tape.take([value]);
  return seen;
}

/** A copy in another order of memory, or at another width. */
export function copy({ tape }: Ops, value: Value, width = value.width): Value {
  return tape.output({
    elements: value.elements,
    width,
    inputs: [value],
    // Heads that were one in memory are laid out one after another.
    packed: value.packed === true || value.repeated === true,
    run: (gradient) => [width === value.width ? tape.hold(gradient) : tape.allocate(bytesOf(value))],
  });
}

/** `value.to(width)`: itself where it has that width. */
export const cast = (ops: Ops, value: Value, width: number): Value => (value.width === width ? view(ops, value) : copy(ops, value, width));

/**
 * Repeats along a new dimension and lays the result out (repeat_kv: expand, then reshape). Where one head alone is repeated, reshape has
 * nothing to lay out: the result is a view with a stride of 0.
 *
 * @param single sequences of a value of one head; null for one of several heads
 */
export function expand(ops: Ops, value: Value, times: number, single: number | null): Value {
  const { tape } = ops;
  if (times === 1) return view(ops, value);
  const output = tape.output({
    elements: value.elements * times,
    width: value.width,
    inputs: [value],
    packed: single === null || single === 1,
    ...(single !== null && { reuse: value.storage }),
    run: () => [tape.allocate(bytesOf(value))],
  });
  return single === null ? output : { ...output, repeated: true };
}

/** A sum of two; the narrower is widened. */
export function add({ tape }: Ops, a: Value, b: Value): Value {
  const elements = Math.max(a.elements, b.elements);
  const width = Math.max(a.width, b.width);
  const back = (gradient: Storage, of: Value): Gradient => {
    const storage = tape.hold(gradient);
    return of.width === width && of.elements === elements ? storage : { storage, bytes: bytesOf(of) };
  };
  return tape.output({
    elements,
    width,
    inputs: [a, b],
    run: (gradient, [first, second]) => [first ? back(gradient, a) : null, second ? back(gradient, b) : null],
  });
}

/** A sum in place of its first part. */
export const addInto = ({ tape }: Ops, value: Value, other: Value): Value =>
  tape.output({
    elements: value.elements,
    width: value.width,
    inputs: [value, other],
    reuse: value.storage,
    run: (gradient, [one, two]) => {
      const ofBias = two ? tape.hold(gradient) : null;
      return [
        one ? tape.hold(gradient) : null,
        ofBias && other.width !== value.width ? { storage: ofBias, bytes: bytesOf(other) } : ofBias,
      ];
    },
  });

/** A product by element; what is smaller is broadcast, and its gradient summed. */
export function multiply({ tape }: Ops, a: Value | Weight, b: Value): Value {
  const weight = 'trained' in a ? a : undefined;
  const first: Value | Parameter | null = 'trained' in a ? a.trained : a;
  const wantsA = weight ? weight.trained !== null : edged(a as Value);
  const elements = Math.max(a.elements, b.elements);
  const width = Math.max(a.width, b.width);
  /** A gradient as large as the output, which is summed and narrowed where its input is smaller. */
  const fitting = (want: boolean | undefined, of: { readonly elements: number; readonly width: number }): Gradient => {
    if (!want) return null;
    const storage = tape.allocate(elements * width);
    return of.elements === elements && of.width === width ? storage : { storage, bytes: of.elements * of.width };
  };
  return tape.output({
    elements,
    width,
    inputs: [first, b],
    saves: [...(wantsA ? [b.storage] : []), ...(edged(b) && !weight ? [(a as Value).storage] : [])],
    savesWeight: weight !== undefined && edged(b),
    run: (_, [one, two]) => [fitting(one, a), fitting(two, b)],
  });
}

/** A constant: nothing wants its gradient. */
export const constant = ({ tape }: Ops, elements: number, width: number): Value => ({
  storage: tape.allocate(elements * width),
  elements,
  width,
  edge: null,
  unnamed: true,
});

/** An activation that from here on wants a gradient, and stays with it until the step is over. */
export function leaf({ tape }: Ops, value: Value): Value {
  const edge: Parameter = { elements: value.elements, width: value.width, awaited: 0, pending: null, input: true, trained: true };
  // One reference for the name, one for as long as the loss lives.
  tape.hold(value.storage);
  tape.untilEnd(() => {
    tape.release(value.storage);
    if (edge.pending) tape.release(edge.pending);
    edge.pending = null;
  });
  return { ...value, storage: tape.hold(value.storage), edge, unnamed: true };
}

/** A weight as something that operations read: it is there already. */
export const weightValue = ({ tape }: Ops, { elements, width, trained }: Weight): Value => {
  const storage = tape.allocate(0);
  return { storage, elements, width, edge: trained, unnamed: true };
};

/** A product with, or a sum with, a number that is no tensor. */
export function scale({ tape }: Ops, value: Value, way: 'multiply' | 'add' | 'negate' = 'multiply'): Value {
  return tape.output({
    elements: value.elements,
    width: value.width,
    inputs: [value],
    run: (gradient) => [way === 'add' ? tape.hold(gradient) : tape.allocate(bytesOf(value))],
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
      const held = Array.from({ length: temporaries }, () => tape.allocate(bytesOf(value)));
      const gradient = tape.allocate(bytesOf(value));
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
    run: () => [tape.allocate(bytesOf(value))],
  });
}

/** Several values side by side along a dimension. */
export function concatenate({ tape }: Ops, parts: readonly Value[], kind?: 'cache'): Value {
  const width = Math.max(...parts.map((part) => part.width));
  return tape.output({
    packed: true,
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
    run: () => [tape.allocate(bytesOf(value))],
  });
}

/**
 * Softmax at a width that the call states: what is narrower is widened first. A call that states none keeps its input's type: so
 * does the traced reference even under autocast, where a GPU widens.
 */
export function softmax(ops: Ops, value: Value, width = 4): Value {
  const { tape } = ops;
  return tape.scope((scope) => {
    const wide = scope.own(cast(ops, value, width));
    return tape.output({
      elements: wide.elements,
      width: wide.width,
      inputs: [wide],
      savesOutput: true,
      run: () => [tape.allocate(bytesOf(wide))],
    });
  }, value);
}

/** A product of two activations by batch (torch.bmm). */
export function batched({ tape }: Ops, a: Value, b: Value, elements: number): Value {
  return tape.output({
    elements,
    width: a.width,
    inputs: [a, b],
    saves: [...(edged(b) ? [a.storage] : []), ...(edged(a) ? [b.storage] : [])],
    run: (_, [one, two]) => [one ? tape.allocate(bytesOf(a)) : null, two ? tape.allocate(bytesOf(b)) : null],
  });
}
