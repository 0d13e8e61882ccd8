/** Operations of PyTorch by element and shape: what each allocates, what autograd keeps of it (tools/autograd/derivatives.yaml), and what its way back allocates. */
import type { Degrees } from './degrees';
import type { Packing } from './packed';
import type { Side } from './rankTree';
import type { Gradient, Parameter, Scope, Tape, Value } from './tape';
import type { Storage } from './storages';

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
 * A value cut side by side (torch.split, chunk): each part shows its storage, and their gradients are put together once, in
 * one whole.
 *
 * @param sizes elements of each part
 */
export function split({ tape }: Ops, value: Value, sizes: readonly number[]): Value[] {
  const gradients: Storage[] = [];
  const parts = sizes.map((elements, index) =>
    tape.output({
      elements,
      width: value.width,
      inputs: [{ ...value, unnamed: false }],
      reuse: value.storage,
      run: (gradient) => {
        gradients.push(tape.hold(gradient));
        if (index > 0) return [null];
        const whole = tape.allocate(bytesOf(value));
        for (const each of gradients.splice(0)) tape.release(each);
        return [whole];
      },
    }),
  );
  tape.take([value]);
  return parts;
}

/** More elements around a value (torch.nn.functional.pad, which copies even where none are added), or fewer. */
export function pad({ tape }: Ops, value: Value, elements: number): Value {
  return tape.output({ elements, width: value.width, inputs: [value], run: () => [tape.allocate(bytesOf(value))] });
}

/** A sum over a dimension of `columns`; its gradient is seen again and again, and not copied. */
export function sum({ tape }: Ops, value: Value, columns: number): Value {
  return tape.output({
    elements: value.elements / columns,
    width: value.width,
    inputs: [value],
    run: (gradient) => [tape.hold(gradient)],
  });
}

/** A difference of two; each may be seen again and again to make `elements`. */
export function subtract({ tape }: Ops, a: Value, b: Value, elements = Math.max(a.elements, b.elements)): Value {
  const width = Math.max(a.width, b.width);
  const fitting = (storage: Storage, of: Value): Gradient =>
    of.width === width && of.elements === elements ? storage : { storage, bytes: bytesOf(of) };
  return tape.output({
    elements,
    width,
    inputs: [a, b],
    run: (gradient, [one, two]) => {
      const negated = two ? tape.allocate(elements * width) : null;
      return [one ? fitting(tape.hold(gradient), a) : null, negated && fitting(negated, b)];
    },
  });
}

/** Sums of all earlier elements of a row (torch.cumsum), whose way back turns the row around, sums, and turns it again. */
export function cumulate({ tape }: Ops, value: Value): Value {
  return tape.output({
    elements: value.elements,
    width: value.width,
    inputs: [value],
    run: () => {
      const turned = [tape.allocate(bytesOf(value)), tape.allocate(bytesOf(value))];
      const gradient = tape.allocate(bytesOf(value));
      for (const each of turned) tape.release(each);
      return [gradient];
    },
  });
}

/** A number in place of what a mask names (masked_fill), in a copy; what is smaller is seen again and again to make `elements`. */
export function fillMasked({ tape }: Ops, value: Value, mask: Value, elements = value.elements): Value {
  const output = tape.output({
    elements,
    width: value.width,
    inputs: [value],
    saves: [mask.storage],
    run: () => {
      const storage = tape.allocate(elements * value.width);
      return [elements === value.elements ? storage : { storage, bytes: bytesOf(value) }];
    },
  });
  tape.take([mask]);
  return output;
}

/** The same storage seen otherwise, whose gradient comes in another order and is laid out. */
export function relaid({ tape }: Ops, value: Value): Value {
  return tape.output({
    elements: value.elements,
    width: value.width,
    inputs: [value],
    reuse: value.storage,
    run: () => [tape.allocate(bytesOf(value))],
  });
}

/** A part written into a whole, in place: its way back copies the whole, and the part that it hands on (autograd's CopySlices). */
export function write({ tape }: Ops, whole: Value, part: Value): Value {
  return tape.output({
    elements: whole.elements,
    width: whole.width,
    inputs: [whole, part],
    reuse: whole.storage,
    run: (_, [wantsWhole, wantsPart]) => {
      const copied = tape.allocate(bytesOf(whole));
      const bytes = part.elements * whole.width;
      const handed = tape.allocate(bytes);
      if (wantsWhole) tape.release(tape.allocate(bytes));
      else tape.release(copied);
      if (!wantsPart) tape.release(handed);
      const fitting = part.width === whole.width ? handed : { storage: handed, bytes: bytesOf(part) };
      return [wantsWhole ? copied : null, wantsPart ? fitting : null];
    },
  });
}

/** Rounds of a loop that are followed one by one: those at its beginning, and at its end. */
const followed = { first: 2, last: 3 };

/**
 * A loop whose rounds all allocate and keep alike. Of many, those in the middle are one step that keeps as much as they would; where
 * nothing is recorded, they are left out.
 *
 * @param round makes the next state of that of the round before, and lets the old one go; told whether it is the last one
 */
export function loop({ tape }: Ops, scope: Scope, start: Value, count: number, round: (state: Value, last: boolean) => Value): Value {
  const { first, last } = followed;
  const middle = Math.max(0, count - first - last);
  let state = start;
  let kept = 0;
  for (let index = 0; index < count - middle; index++) {
    if (index === first && middle > 0) {
      const between = { elements: state.elements, width: state.width, inputs: [state], reuse: state.storage, keeps: middle * kept };
      state = scope.replace(state, tape.output({ ...between, run: (gradient) => [tape.hold(gradient)] }));
    }
    const before = tape.bytesOf('activations');
    state = round(state, index === count - middle - 1);
    kept = tape.bytesOf('activations') - before;
  }
  return state;
}

/** A product of two activations by batch (torch.matmul), which autocast lowers. */
export function matmul(ops: Ops, a: Value, b: Value, elements: number): Value {
  return ops.tape.scope(
    (scope) => {
      const low = (value: Value): Value => scope.own(ops.autocast ? cast(ops, value, 2) : view(ops, value));
      const second = low(b);
      return batched(ops, low(a), second, elements);
    },
    a,
    b,
  );
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
