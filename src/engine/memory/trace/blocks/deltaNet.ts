import { linear } from '../linear';
import {
  activate,
  add,
  cast,
  concatenate,
  constant,
  copy,
  cumulate,
  expand,
  fillMasked,
  loop,
  matmul,
  multiply,
  pad,
  scale,
  slice,
  split,
  subtract,
  sum,
  view,
  weightValue,
  write,
  type Linear,
  type Ops,
  type Weight,
} from '../ops';
import type { Scope, Value } from '../tape';
import type { Pass } from './attention';
import { causalConvolution, type Convolution } from './convolution';
import { gatedNorm, type Norm } from './norms';

/**
 * Linear attention by the gated delta rule (Yang et al. 2024, arXiv 2412.06464) as transformers writes it in PyTorch
 * (models/qwen3_next/modeling_qwen3_next.py, Qwen3NextGatedDeltaNet): tokens in chunks, whose triangular systems are solved at
 * once, and a state of keys × values for each head from chunk to chunk.
 */
export interface DeltaNet {
  /** One projection for queries, keys, values and the gate and one for both rates (Qwen3-Next), or separate ones (Qwen3.5). */
  readonly projections:
    | { readonly all: Linear; readonly rates: Linear }
    | { readonly mixed: Linear; readonly gate: Linear; readonly step: Linear; readonly decay: Linear };
  readonly keyHeads: number;
  readonly keyWidth: number;
  readonly valueHeads: number;
  readonly valueWidth: number;
  readonly convolution: Convolution;
  readonly decay: Weight;
  readonly decayBias: Weight;
  readonly norm: Norm;
  readonly output: Linear;
}

/** Tokens of a chunk (`chunk_size` of torch_chunk_gated_delta_rule). */
const chunk = 64;

export function gatedDeltaNet(ops: Ops, input: Value, net: DeltaNet, pass: Pass, layer: number): Value {
  const { tape } = ops;
  const { keyHeads, keyWidth, valueHeads, valueWidth } = net;
  return tape.scope((scope) => {
    const own = (value: Value): Value => scope.own(value);
    const tokens = pass.batch * pass.tokens;
    const keys = tokens * keyHeads * keyWidth;
    const values = tokens * valueHeads * valueWidth;
    const state = pass.keepsCache ? pass.states.get(layer) : undefined;
    const { mixed, gate, step, rate } = project(ops, scope, input, net, tokens);
    let hidden = scope.replace(
      mixed.value,
      causalConvolution(ops, mixed.value, net.convolution, pass, layer, (value) => activate(ops, value)),
    );
    scope.drop(...mixed.parts);
    const [query, key, value] = split(ops, hidden, [keys, keys, values]).map(own) as [Value, Value, Value];
    const beta = own(activate(ops, step, 'output'));
    const g = own(decayOf(ops, rate, net));
    const made =
      state && pass.tokens === 1
        ? recurrent(ops, { query, key, value, g, beta }, net, pass)
        : chunked(ops, { query, key, value, g, beta }, net, pass);
    if (made.state) own(made.state);
    let attended = own(made.output);
    if (made.state && pass.keepsCache && !state) keepState(ops, made.state, pass, layer);
    attended = scope.replace(attended, gatedNorm(ops, attended, gate, net.norm));
    hidden = attended;
    return linear(ops, hidden, net.output);
  }, input);
}

interface Projected {
  /** Queries, keys and values together, and the parts of them that still have names. */
  readonly mixed: { readonly value: Value; readonly parts: readonly Value[] };
  readonly gate: Value;
  readonly step: Value;
  readonly rate: Value;
}

function project(ops: Ops, scope: Scope, input: Value, { projections, ...net }: DeltaNet, tokens: number): Projected {
  const own = (value: Value): Value => scope.own(value);
  if ('mixed' in projections) {
    const value = own(linear(ops, input, projections.mixed));
    const gate = own(linear(ops, input, projections.gate));
    const step = own(linear(ops, input, projections.step));
    return { mixed: { value, parts: [] }, gate, step, rate: own(linear(ops, input, projections.decay)) };
  }
  const keys = tokens * net.keyHeads * net.keyWidth;
  const values = tokens * net.valueHeads * net.valueWidth;
  const rates = tokens * net.valueHeads;
  const all = own(linear(ops, input, projections.all));
  const both = own(linear(ops, input, projections.rates));
  const [query, key, value, gate] = split(ops, all, [keys, keys, values, values]).map(own) as [Value, Value, Value, Value];
  const [step, rate] = split(ops, both, [rates, rates]).map(own) as [Value, Value];
  // Heads of values that share one of keys stand side by side within it, and are laid out.
  const shared = net.valueHeads !== net.keyHeads;
  const laidOut = (part: Value): Value => scope.replace(part, shared ? copy(ops, part) : view(ops, part));
  const [v, z, b, a] = [value, gate, step, rate].map(laidOut) as [Value, Value, Value, Value];
  const [q, k] = [query, key].map((part) => scope.replace(part, copy(ops, part))) as [Value, Value];
  const flat = shared ? v : scope.replace(v, copy(ops, v));
  return { mixed: { value: own(concatenate(ops, [q, k, flat])), parts: [q, k, flat] }, gate: z, step: b, rate: a };
}

/** −exp(A) · softplus(a + bias), at 32 bits. */
function decayOf(ops: Ops, rate: Value, { decay, decayBias }: DeltaNet): Value {
  return ops.tape.scope((scope) => {
    const factor = scope.own(scale(ops, activate(ops, cast(ops, weightValue(ops, decay), 4), 'output'), 'negate'));
    return multiply(ops, factor, activate(ops, add(ops, cast(ops, rate, 4), weightValue(ops, decayBias))));
  });
}

interface Parts {
  readonly query: Value;
  readonly key: Value;
  readonly value: Value;
  readonly g: Value;
  readonly beta: Value;
}
interface Made {
  readonly output: Value;
  /** What the last token leaves; null where nothing asks for it. */
  readonly state: Value | null;
}

/** Queries, keys, values and rates at 32 bits and head by head; queries and keys for every head of values, and normalized. */
function prepared(ops: Ops, scope: Scope, parts: Parts, { keyHeads, valueHeads, keyWidth }: DeltaNet): Omit<Parts, 'g'> {
  const own = (value: Value): Value => scope.own(value);
  const times = valueHeads / keyHeads;
  const shared = [parts.query, parts.key].map((part) => own(expand(ops, part, times, null))) as [Value, Value];
  const [query, key, value, beta] = [...shared, parts.value, parts.beta].map((part) => own(cast(ops, part, 4))) as [
    Value,
    Value,
    Value,
    Value,
  ];
  scope.drop(...shared);
  const normal = (part: Value): Value => scope.replace(part, unit(ops, part, keyWidth));
  const q = normal(query);
  return { key: normal(key), query: scope.replace(q, scale(ops, q)), value, beta };
}

/** x · rsqrt(sum of x²) (`l2norm`). */
const unit = (ops: Ops, value: Value, columns: number): Value =>
  ops.tape.scope((scope) => {
    const squares = sum(ops, multiply(ops, value, value), columns);
    return multiply(ops, value, scope.own(activate(ops, scale(ops, squares, 'add'), 'output', 2)));
  });

function chunked(ops: Ops, parts: Parts, net: DeltaNet, pass: Pass): Made {
  const { tape } = ops;
  const { valueHeads, keyWidth, valueWidth } = net;
  let state: Value | null = null;
  const output = tape.scope((scope) => {
    const own = (value: Value): Value => scope.own(value);
    const count = Math.ceil(pass.tokens / chunk);
    const rows = pass.batch * valueHeads * count * chunk;
    const heads = pass.batch * valueHeads;
    const before = prepared(ops, scope, parts, net);
    const padded = [
      [before.query, rows * keyWidth],
      [before.key, rows * keyWidth],
      [before.value, rows * valueWidth],
    ].map(([part, elements]) => own(pad(ops, part as Value, elements as number))) as [Value, Value, Value];
    scope.drop(before.query, before.key, before.value);
    const rates = [own(pad(ops, before.beta, rows)), own(pad(ops, parts.g, rows))] as const;
    scope.drop(before.beta);
    let [query, key] = padded;
    const [beta, decay] = rates;
    const valueByStep = own(multiply(ops, padded[2], beta));
    const keyByStep = own(multiply(ops, key, beta));
    const mask = own(constant(ops, chunk * chunk, 1));
    tape.release(tape.allocate(chunk * chunk));
    const total = own(cumulate(ops, decay));
    const pairs = rows * chunk;
    let pairwise = own(subtract(ops, total, total, pairs));
    pairwise = scope.replace(pairwise, fillMasked(ops, pairwise, mask));
    pairwise = scope.replace(pairwise, activate(ops, pairwise, 'output'));
    const system = own(multiply(ops, matmul(ops, keyByStep, key, pairs), pairwise));
    const within = own(multiply(ops, matmul(ops, query, key, pairs), pairwise));
    const decayedKeys = own(multiply(ops, keyByStep, activate(ops, total, 'output')));
    const newValues = own(solved(ops, system, valueByStep));
    const keysByDecay = own(solved(ops, system, decayedKeys));
    const size = heads * keyWidth * valueWidth;
    let whole = own(constant(ops, newValues.elements, 4));
    query = scope.replace(query, multiply(ops, query, activate(ops, total, 'output')));
    const ends = rows / chunk;
    const left = activate(ops, subtract(ops, slice(ops, total, ends), total), 'output');
    key = scope.replace(key, multiply(ops, key, left));
    const perChunk = own(activate(ops, slice(ops, total, ends), 'output'));
    let names: Value[] = [];
    const part = (value: Value): Value => slice(ops, value, value.elements / count);
    const values = newValues.elements / count;
    const last = loop(ops, scope, own(constant(ops, size, 4)), count, (old, ends) => {
      const [formerValues, formerRead] = names;
      const news = own(subtract(ops, part(newValues), matmul(ops, part(keysByDecay), old, values)));
      if (formerValues) scope.drop(formerValues);
      const read = own(matmul(ops, part(query), old, values));
      if (formerRead) scope.drop(formerRead);
      names = [news, read];
      whole = scope.replace(whole, write(ops, whole, add(ops, read, matmul(ops, part(within), news, values))));
      const next = (): Value => add(ops, multiply(ops, old, part(perChunk)), matmul(ops, part(key), news, size));
      return scope.replace(old, ends && !pass.keepsCache ? tape.aside(next) : next());
    });
    if (pass.keepsCache) state = scope.pass(last);
    else scope.drop(last);
    // The solved systems stand column by column, and what is made alike is laid out.
    whole = scope.replace(whole, copy(ops, whole));
    const cut = count * chunk === pass.tokens ? view(ops, whole) : slice(ops, whole, heads * pass.tokens * valueWidth);
    return cast(ops, cut, parts.query.width);
  });
  return { output, state };
}

/** torch.linalg.solve_triangular: keeps the system and what solves it; the system's gradient is a product, negated and cut. */
const solved = ({ tape }: Ops, system: Value, right: Value): Value =>
  tape.output({
    elements: right.elements,
    width: right.width,
    inputs: [system, right],
    saves: [system.storage],
    savesOutput: true,
    run: (_, [wantsSystem]) => {
      const ofRight = tape.allocate(right.elements * right.width);
      if (!wantsSystem) return [null, ofRight];
      const bytes = system.elements * system.width;
      const product = tape.allocate(bytes);
      const negated = tape.allocate(bytes);
      tape.release(product);
      const cut = tape.allocate(bytes);
      tape.release(negated);
      return [cut, ofRight];
    },
  });

/** One token after those that are kept (torch_recurrent_gated_delta_rule). */
function recurrent(ops: Ops, parts: Parts, net: DeltaNet, pass: Pass): Made {
  const { valueHeads, keyWidth, valueWidth } = net;
  const size = pass.batch * valueHeads * keyWidth * valueWidth;
  let state: Value | null = null;
  const output = ops.tape.scope((scope) => {
    const own = (value: Value): Value => scope.own(value);
    const before = prepared(ops, scope, parts, net);
    const whole = own(constant(ops, before.value.elements, 4));
    const kept: Value = { ...constant(ops, 0, 4), elements: size };
    const decay = own(activate(ops, parts.g, 'output'));
    let next = own(multiply(ops, kept, decay));
    const known = own(sum(ops, multiply(ops, next, before.key), keyWidth));
    const change = own(multiply(ops, subtract(ops, before.value, known), before.beta));
    // Every pair of what a value changes and a key holds.
    next = scope.replace(next, add(ops, next, multiply(ops, { ...change, elements: size }, before.key)));
    const written = scope.replace(whole, write(ops, whole, sum(ops, multiply(ops, next, before.query), keyWidth)));
    state = scope.pass(next);
    return cast(ops, written, parts.query.width);
  });
  return { output, state };
}

/** The state of a sequence beside its last tokens. */
function keepState({ tape }: Ops, state: Value, { states }: Pass, layer: number): void {
  const [convolution] = states.get(layer) ?? [];
  const kept: Value = { ...state, storage: tape.allocate(state.elements * state.width), edge: null };
  states.set(layer, [convolution ?? kept, kept]);
}
