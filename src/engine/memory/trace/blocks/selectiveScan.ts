import { linear } from '../linear';
import {
  activate,
  add,
  batched,
  cast,
  constant,
  copy,
  loop,
  matmul,
  multiply,
  scale,
  slice,
  split,
  view,
  weightValue,
  type Linear,
  type Ops,
  type Weight,
} from '../ops';
import type { Scope, Value } from '../tape';
import type { Pass } from './attention';
import { causalConvolution, type Convolution } from './convolution';
import { normalize, type Norm } from './norms';

/**
 * A selective state space (Mamba, Gu and Dao 2023, arXiv 2312.00752) as transformers writes it in PyTorch (models/mamba/modeling_mamba.py,
 * MambaMixer and those copied from it): decays and inputs of every token, channel and element of the state at once, then token by token.
 */
export interface SelectiveScan {
  /** To what is convolved and the gate. */
  readonly input: Linear;
  readonly output: Linear;
  readonly convolution: Convolution;
  /** To a narrow step and to what writes and reads the state. */
  readonly select: Linear;
  /** From the narrow step to one for each channel. */
  readonly step: Linear;
  readonly decay: Weight;
  readonly skip: Weight;
  /** Norms of the step and of what writes and reads (Jamba, Falcon-Mamba). */
  readonly norms: readonly [Norm, Norm, Norm] | null;
  readonly inner: number;
  readonly state: number;
}

export function selectiveScan(ops: Ops, input: Value, part: SelectiveScan, pass: Pass, layer: number): Value {
  return ops.tape.scope((scope) => {
    const own = (value: Value): Value => scope.own(value);
    const { inner, state } = part;
    const tokens = pass.batch * pass.tokens;
    const kept = pass.keepsCache ? pass.states.get(layer) : undefined;
    const projected = own(linear(ops, input, part.input));
    const decay = own(scale(ops, activate(ops, cast(ops, weightValue(ops, part.decay), 4), 'output'), 'negate'));
    const [mixed, gate] = split(ops, projected, [tokens * inner, tokens * inner]).map(own) as [Value, Value];
    const x = scope.replace(
      mixed,
      causalConvolution(ops, mixed, part.convolution, pass, layer, (value) => activate(ops, value)),
    );
    // Channels stand before tokens, and a product lays them out.
    const selected = linear(ops, copy(ops, x), part.select);
    const sizes = [tokens * (part.select.output - 2 * state), tokens * state, tokens * state];
    const parts = split(ops, selected, sizes).map(own);
    const { norms } = part;
    const [narrow, b, c] = parts.map((each, index) => (norms ? scope.replace(each, normalize(ops, each, norms[index] as Norm)) : each)) as [
      Value,
      Value,
      Value,
    ];
    const step = scope.replace(narrow, stepOf(ops, narrow, part.step));
    const scanned =
      kept && pass.tokens === 1
        ? updated(ops, { x, step, b, c, decay, gate }, part, pass)
        : scan(ops, { x, step, b, c, decay, gate }, part, pass);
    const output = own(scanned);
    if (pass.keepsCache && !kept) keepState(ops, pass, layer, pass.batch * inner * state);
    return linear(ops, cast(ops, output, input.width), part.output);
  }, input);
}

/** weight @ narrow step, whose output is put in the order of channels and tokens. */
function stepOf(ops: Ops, input: Value, layer: Linear): Value {
  const made = linear(ops, input, { ...layer, bias: null });
  return copy(ops, made);
}

interface Parts {
  readonly x: Value;
  readonly step: Value;
  readonly b: Value;
  readonly c: Value;
  readonly decay: Value;
  readonly gate: Value;
}

/** The step of each channel, with its bias, after softplus. */
const bounded = (ops: Ops, step: Value, bias: Value | null): Value => {
  const sum = bias ? add(ops, step, cast(ops, bias, step.width)) : view(ops, step);
  return activate(ops, ops.autocast ? cast(ops, sum, 4) : sum);
};

/** A weight at 32 bits, named until the scan is over. */
const widened = (ops: Ops, scope: Scope, weight: Weight): Value => scope.own(cast(ops, weightValue(ops, weight), 4));

/** All tokens, one after the other (mamba_selective_scan). */
function scan(ops: Ops, { x, step, b, c, decay, gate }: Parts, part: SelectiveScan, pass: Pass): Value {
  const { tape } = ops;
  const { inner, state } = part;
  return tape.scope((scope) => {
    const own = (value: Value): Value => scope.own(value);
    const size = pass.batch * inner * state;
    const all = size * pass.tokens;
    const spread = (value: Value): Value => ({ ...value, elements: all, unnamed: false });
    const skip = widened(ops, scope, part.skip);
    const rate = own(bounded(ops, step, part.step.bias && widened(ops, scope, part.step.bias)));
    const decays = own(activate(ops, multiply(ops, decay, spread(rate)), 'output'));
    const wide = own(cast(ops, b, 4));
    const writes = own(multiply(ops, spread(rate), wide));
    scope.drop(wide);
    const inputs = own(multiply(ops, writes, cast(ops, x, 4)));
    const outputs = own(constant(ops, x.elements, x.width));
    const placed: Value[] = [];
    loop(ops, scope, own(constant(ops, size, x.width)), pass.tokens, (old) => {
      const next = own(add(ops, multiply(ops, slice(ops, decays, size), old), slice(ops, inputs, size)));
      scope.drop(old);
      const low = own(cast(ops, next, x.width));
      const made = matmul(ops, low, slice(ops, c, pass.batch * state), pass.batch * inner);
      scope.drop(low);
      placed.push(
        own(
          tape.output({
            elements: made.elements,
            width: made.width,
            inputs: [made],
            reuse: outputs.storage,
            run: (gradient) => [tape.hold(gradient)],
          }),
        ),
      );
      return next;
    });
    let result = own(
      tape.output({
        elements: x.elements,
        width: x.width,
        inputs: placed,
        run: (gradient, wanted) => wanted.map((want) => (want ? tape.hold(gradient) : null)),
      }),
    );
    result = scope.replace(result, add(ops, result, multiply(ops, x, skip)));
    return multiply(ops, result, activate(ops, gate));
  });
}

/** One token after those that are kept (mamba_selective_state_update). */
function updated(ops: Ops, { x, step, b, c, decay, gate }: Parts, part: SelectiveScan, pass: Pass): Value {
  const { inner, state } = part;
  return ops.tape.scope((scope) => {
    const own = (value: Value): Value => scope.own(value);
    const elements = pass.batch * inner;
    const size = elements * state;
    const spread = (value: Value): Value => ({ ...value, elements: size, unnamed: false });
    const rate = own(bounded(ops, step, part.step.bias && widened(ops, scope, part.step.bias)));
    const decayed = own(activate(ops, multiply(ops, decay, spread(rate)), 'output'));
    const wide = own(cast(ops, b, 4));
    const writes = own(multiply(ops, spread(rate), wide));
    scope.drop(wide);
    const inputs = own(multiply(ops, writes, cast(ops, x, 4)));
    const before: Value = { ...constant(ops, 0, 4), elements: size };
    const next = own(add(ops, multiply(ops, decayed, before), inputs));
    const low = own(cast(ops, next, c.width));
    const read = own(batched(ops, low, c, elements));
    const sum = own(add(ops, read, multiply(ops, x, weightValue(ops, part.skip))));
    return multiply(ops, sum, activate(ops, gate));
  });
}

/** The state of a sequence, beside its last tokens. */
function keepState({ tape }: Ops, { states }: Pass, layer: number, elements: number): void {
  const [convolution] = states.get(layer) ?? [];
  const kept: Value = { storage: tape.allocate(elements * 4), elements, width: 4, edge: null };
  states.set(layer, [convolution ?? kept, kept]);
}
