import { linear } from '../linear';
import {
  activate,
  add,
  batched,
  cast,
  concatenate,
  constant,
  copy,
  cumulate,
  expand,
  fillMasked,
  matmul,
  multiply,
  pad,
  relaid,
  scale,
  slice,
  split,
  subtract,
  view,
  weightValue,
  type Linear,
  type Ops,
  type Weight,
} from '../ops';
import type { Value } from '../tape';
import type { Pass } from './attention';
import { causalConvolution, type Convolution } from './convolution';
import { normOfGated, normThenGate, type Norm } from './norms';

/**
 * A state space of Mamba-2 (Dao and Gu 2024, arXiv 2405.21060) as transformers writes it in PyTorch
 * (models/mamba2/modeling_mamba2.py, Mamba2Mixer and those copied from it): scores of all pairs of tokens within a chunk, and a state
 * of width × state for each head at the end of every chunk.
 */
export interface StateSpace {
  /** To the gate, what is convolved, and a step for each head. */
  readonly input: Linear;
  readonly output: Linear;
  readonly convolution: Convolution;
  readonly decay: Weight;
  readonly skip: Weight;
  readonly stepBias: Weight;
  /** Of what the gate has multiplied; null where the gate alone is applied (Falcon-H1). */
  readonly norm: Norm | null;
  readonly heads: number;
  readonly width: number;
  /** Elements of the state for each element of a head. */
  readonly state: number;
  /** Groups of heads that share what reads and writes their states. */
  readonly groups: number;
  readonly chunk: number;
  /** The input is multiplied by a number, and what is projected by a vector that the model holds (Falcon-H1). */
  readonly scaled: boolean;
  /** The gate multiplies what the norm makes (Falcon-H1), not what it takes. */
  readonly gatesAfter: boolean;
}

export function stateSpace(ops: Ops, input: Value, space: StateSpace, pass: Pass, layer: number): Value {
  const { tape } = ops;
  return tape.scope((scope) => {
    const own = (value: Value): Value => scope.own(value);
    const tokens = pass.batch * pass.tokens;
    const inner = space.heads * space.width;
    const shared = space.groups * space.state;
    const kept = pass.keepsCache ? pass.states.get(layer) : undefined;
    const start = own(space.scaled ? scale(ops, input) : view(ops, input));
    let projected = own(linear(ops, start, space.input));
    if (space.scaled) projected = scope.replace(projected, scale(ops, projected));
    const decay = own(scale(ops, activate(ops, cast(ops, weightValue(ops, space.decay), 4), 'output'), 'negate'));
    const sizes = [tokens * inner, tokens * (inner + 2 * shared), tokens * space.heads];
    const [gate, mixed, step] = split(ops, projected, sizes).map(own) as [Value, Value, Value];
    const convolved = scope.replace(
      mixed,
      causalConvolution(ops, mixed, space.convolution, pass, layer, (value) => activate(ops, value)),
    );
    const [x, b, c] = split(ops, convolved, [tokens * inner, tokens * shared, tokens * shared]).map(own) as [Value, Value, Value];
    scope.drop(start);
    const parts = { x, b, c, step, decay };
    let scanned: Value;
    if (kept && pass.tokens === 1) scanned = own(updated(ops, parts, space, pass));
    else {
      const made = scan(ops, parts, space, pass);
      scanned = own(made.output);
      if (made.states) keepState(ops, pass.batch * inner * space.state, own(made.states), pass, layer);
    }
    const gated = space.norm
      ? (space.gatesAfter ? normThenGate : normOfGated)(ops, scanned, gate, space.norm)
      : multiply(ops, scanned, activate(ops, gate));
    const normed = own(gated);
    // Of all tokens the scan's answer has a name until the end.
    if (kept) scope.drop(scanned);
    return linear(ops, cast(ops, normed, input.width), space.output);
  }, input);
}

/** The state after the last token, beside the last tokens themselves. */
function keepState({ tape }: Ops, elements: number, made: Value, { states }: Pass, layer: number): void {
  const [convolution] = states.get(layer) ?? [];
  const kept: Value = { ...made, elements, storage: tape.allocate(elements * made.width), edge: null };
  states.set(layer, [convolution ?? kept, kept]);
}

interface Parts {
  readonly x: Value;
  readonly b: Value;
  readonly c: Value;
  readonly step: Value;
  readonly decay: Value;
}

/** softplus(dt + bias), within bounds. */
function bounded(ops: Ops, step: Value, bias: Weight): Value {
  const sum = add(ops, step, cast(ops, weightValue(ops, bias), step.width));
  // Autocast computes it at 32 bits.
  return activate(ops, activate(ops, ops.autocast ? cast(ops, sum, 4) : sum));
}

/** All tokens, chunk by chunk (mamba2_chunk_scan); `states` are those of all chunks. */
function scan(ops: Ops, parts: Parts, space: StateSpace, pass: Pass): { readonly output: Value; readonly states: Value | null } {
  const { tape } = ops;
  const { heads, width, state, chunk } = space;
  let states: Value | null = null;
  const output = tape.scope((scope) => {
    const own = (value: Value): Value => scope.own(value);
    const chunks = Math.ceil(pass.tokens / chunk);
    const rows = pass.batch * chunks * chunk;
    const inner = heads * width;
    const step = own(bounded(ops, parts.step, space.stepBias));
    let x = own(cast(ops, parts.x, 4));
    const forHeads = (value: Value): Value => own(expand(ops, cast(ops, value, 4), heads / space.groups, null));
    const [b, c] = [forHeads(parts.b), forHeads(parts.c)];
    const residual = own(multiply(ops, space.skip, pad(ops, x, rows * inner)));
    x = scope.replace(x, multiply(ops, x, cast(ops, step, 4)));
    const a = own(multiply(ops, parts.decay, cast(ops, step, 4)));
    const padded = (value: Value, columns: number): Value => own(pad(ops, value, rows * columns));
    const [xs, as, bs, cs] = [padded(x, inner), padded(a, heads), padded(b, heads * state), padded(c, heads * state)];
    scope.drop(x, a, b, c);
    // What goes back to these is in the order of the products, and laid out anew; a single chunk stands in that order.
    const many = chunks > 1;
    // Heads alone are the parts of a product.
    const several = many || pass.batch > 1;
    const [xx, bb, cc] = [xs, bs, cs].map((value) => (many ? scope.replace(value, relaid(ops, value)) : value)) as [Value, Value, Value];
    const total = own(cumulate(ops, as));
    const ends = pass.batch * chunks * heads;
    const decays = own(activate(ops, segmentSums(ops, as, rows * heads * chunk, chunk), 'output'));
    const scores = own(contracted(ops, cc, bb, rows * heads * chunk, [several, several], false));
    const masked = own(multiply(ops, scores, decays));
    const within = own(contracted(ops, masked, xx, rows * inner, [false, many], several));
    const left = own(activate(ops, subtract(ops, slice(ops, total, ends), total), 'output'));
    const written = own(multiply(ops, bb, left));
    const size = pass.batch * inner * state;
    let perChunk = own(contracted(ops, written, xx, chunks * size, [several, many], many));
    const none = own(constant(ops, size, perChunk.width));
    perChunk = scope.replace(perChunk, concatenate(ops, [none, perChunk]));
    const places = chunks + 1;
    const between = own(
      activate(
        ops,
        segmentSums(ops, pad(ops, slice(ops, total, ends), pass.batch * heads * places), pass.batch * heads * places ** 2, places),
        'output',
      ),
    );
    const all = own(contracted(ops, between, perChunk, places * size, [false, pass.batch > 1], pass.batch > 1));
    const before = scope.replace(perChunk, slice(ops, all, chunks * size));
    const since = own(activate(ops, total, 'output'));
    const read = own(contracted(ops, cc, before, rows * inner, [several, many], several));
    const across = own(multiply(ops, read, since));
    let sum = own(copy(ops, add(ops, within, across)));
    sum = scope.replace(sum, add(ops, sum, residual));
    if (pass.keepsCache) states = scope.pass(all);
    return rows === pass.batch * pass.tokens ? view(ops, sum) : slice(ops, sum, pass.batch * pass.tokens * inner);
  });
  return { output, states };
}

/** Sums between all pairs of places, later ones masked (`segment_sum`). */
const segmentSums = (ops: Ops, value: Value, elements: number, size: number): Value =>
  ops.tape.scope((scope) => {
    /** A triangle of ones, whose inverse is what masks. */
    const triangle = (): Value => {
      const ones = ops.tape.allocate(size * size);
      const made = scope.own(constant(ops, size * size, 1));
      ops.tape.release(ones);
      return made;
    };
    const first = triangle();
    const spread = scope.own(fillMasked(ops, value, constant(ops, size * size, 1), elements));
    const sums = scope.own(cumulate(ops, spread));
    triangle();
    scope.drop(first);
    return fillMasked(ops, sums, constant(ops, size * size, 1));
  }, value);

/**
 * torch.einsum of two: which of them are laid out for the product, and whether the gradient is.
 */
const contracted = (ops: Ops, a: Value, b: Value, elements: number, [first, second]: readonly [boolean, boolean], back: boolean): Value =>
  ops.tape.scope((scope) => {
    const [one, two] = [scope.own(first ? copy(ops, a) : view(ops, a)), scope.own(second ? copy(ops, b) : view(ops, b))];
    const made = matmul(ops, one, two, elements);
    return back ? relaid(ops, made) : made;
  });

/** One token after those that are kept (mamba2_selective_state_update). */
function updated(ops: Ops, { x, b, c, step, decay }: Parts, space: StateSpace, pass: Pass): Value {
  const { heads, width, state } = space;
  return ops.tape.scope((scope) => {
    const own = (value: Value): Value => scope.own(value);
    const elements = pass.batch * heads * width;
    const size = elements * state;
    const all = (value: Value, as = size): Value => ({ ...value, elements: as, unnamed: false });
    let rate = own(add(ops, all(step, elements), weightValue(ops, space.stepBias)));
    rate = scope.replace(rate, activate(ops, rate));
    const wide = own(cast(ops, rate, 4));
    const product = multiply(ops, all(wide), decay);
    scope.drop(wide);
    const decayed = own(activate(ops, product, 'output'));
    const shared = (value: Value): Value => own(expand(ops, value, heads / space.groups, null));
    const written = shared(b);
    const steps = own(multiply(ops, all(rate), written));
    const added = own(multiply(ops, steps, x));
    const kept: Value = { ...constant(ops, 0, 4), elements: size };
    let next = own(add(ops, multiply(ops, kept, decayed), added));
    const read = shared(c);
    next = scope.replace(next, cast(ops, next, c.width));
    let out = own(batched(ops, next, read, elements));
    out = scope.replace(out, add(ops, out, multiply(ops, space.skip, x)));
    return view(ops, out);
  });
}
