import { dropout } from './kernels';
import { add, addInto, cast, scale, view, type Ops } from './ops';
import type { Scope, Value } from './tape';

/**
 * How a layer joins its parts, which decides what lives how long: `sequential` (Llama; norms before each part, and after them where
 * a layer has such), `keeping` (GPT-2: names stay to the end), `parallel` (GPT-NeoX: both parts on the layer's input, a norm each),
 * `lasting` (StableLM: the normed input too), `shared` (Phi, GPT-J, Cohere: one norm for both), `into`
 * (Falcon: the same, added in place), `nested` (LFM2: norms within the calls), `inline` (OPT: no module for the network), `single` (Mamba: no
 * network at all).
 */
export type Order = 'single' | 'sequential' | 'keeping' | 'lasting' | 'parallel' | 'shared' | 'into' | 'nested' | 'inline';

type Step = (value: Value) => Value;

/** The parts of a layer, to be run on a value. */
export interface Parts {
  readonly before: Step | null;
  readonly mix: (value: Value) => { readonly output: Value; readonly scores: Value | null };
  readonly after: Step | null;
  readonly beforeNetwork: Step | null;
  readonly network: Step;
  readonly afterNetwork: Step | null;
  /** Dropout of what a part adds, or nothing. */
  readonly drops: boolean;
  /** What a part adds is multiplied by a number (Granite). */
  readonly scales: boolean;
  /** The input comes first in the last sum (Cohere). */
  readonly inputFirst: boolean;
  /** Widths that what is normed has, and that what the layer adds to has at least, where they may be others than the input's (Mamba). */
  readonly widths: { readonly normed: number; readonly residual: number } | null;
}

export const runLayer = (ops: Ops, input: Value, order: Order, parts: Parts): Value =>
  ops.tape.scope((scope) => orders[order](ops, scope, input, parts), input);

type Program = (ops: Ops, scope: Scope, input: Value, parts: Parts) => Value;

/** What a part made, after dropout and scaling. */
const adjusted = (ops: Ops, { drops, scales }: Parts, value: Value): Value => {
  const kept = drops ? dropout(ops, value) : value;
  return scales ? scale(ops, kept) : kept;
};

const mixed = (scope: Scope, { mix }: Parts, value: Value): Value => {
  const { output, scores } = mix(value);
  if (scores) scope.own(scores);
  return output;
};

const sequential: Program = (ops, scope, input, parts) => {
  let hidden = scope.own(parts.before ? parts.before(input) : view(ops, input));
  hidden = scope.replace(hidden, mixed(scope, parts, hidden));
  if (parts.after) hidden = scope.replace(hidden, parts.after(hidden));
  hidden = scope.replace(hidden, adjusted(ops, parts, hidden));
  hidden = scope.replace(hidden, add(ops, input, hidden));
  const residual = scope.own(view(ops, hidden));
  hidden = scope.replace(hidden, parts.beforeNetwork ? parts.beforeNetwork(hidden) : view(ops, hidden));
  hidden = scope.replace(hidden, parts.network(hidden));
  if (parts.afterNetwork) hidden = scope.replace(hidden, parts.afterNetwork(hidden));
  hidden = scope.replace(hidden, adjusted(ops, parts, hidden));
  return add(ops, residual, hidden);
};

const single: Program = (ops, scope, input, parts) => {
  const { normed, residual } = parts.widths ?? { normed: input.width, residual: input.width };
  const narrow = scope.own(cast(ops, input, normed));
  let hidden = scope.own(parts.before ? parts.before(narrow) : view(ops, narrow));
  scope.drop(narrow);
  const before = scope.own(cast(ops, input, Math.max(residual, input.width)));
  hidden = scope.replace(hidden, mixed(scope, parts, hidden));
  return add(ops, before, hidden);
};

const keeping: Program = (ops, scope, input, parts) => {
  const normed = scope.own(parts.before ? parts.before(input) : view(ops, input));
  const attended = scope.own(mixed(scope, parts, normed));
  let hidden = scope.replace(normed, add(ops, attended, input));
  const residual = scope.own(view(ops, hidden));
  hidden = scope.replace(hidden, parts.beforeNetwork ? parts.beforeNetwork(hidden) : view(ops, hidden));
  const made = scope.own(adjusted(ops, parts, parts.network(hidden)));
  return add(ops, residual, made);
};

const lasting: Program = (ops, scope, input, parts) => {
  if (!parts.beforeNetwork) return shared(ops, scope, input, { ...parts, inputFirst: true });
  const normed = scope.own(parts.before ? parts.before(input) : view(ops, input));
  const attended = scope.own(mixed(scope, parts, normed));
  const residual = scope.own(add(ops, input, attended));
  const made = scope.own(adjusted(ops, parts, parts.network(parts.beforeNetwork(residual))));
  return add(ops, residual, made);
};

const parallel: Program = (ops, scope, input, parts) => {
  const normed = scope.own(parts.before ? parts.before(input) : view(ops, input));
  let attended = scope.replace(normed, mixed(scope, parts, normed));
  attended = scope.replace(attended, adjusted(ops, parts, attended));
  const other = scope.own(parts.beforeNetwork ? parts.beforeNetwork(input) : view(ops, input));
  let made = scope.own(parts.network(other));
  scope.drop(other);
  made = scope.replace(made, adjusted(ops, parts, made));
  return add(ops, add(ops, made, attended), input);
};

const shared: Program = (ops, scope, input, parts) => {
  const normed = scope.own(parts.before ? parts.before(input) : view(ops, input));
  let attended = scope.own(mixed(scope, parts, normed));
  attended = scope.replace(attended, adjusted(ops, parts, attended));
  const other = parts.beforeNetwork ? scope.own(parts.beforeNetwork(input)) : normed;
  const made = scope.own(adjusted(ops, parts, parts.network(other)));
  return parts.inputFirst ? add(ops, add(ops, input, attended), made) : add(ops, add(ops, attended, made), input);
};

const into: Program = (ops, scope, input, parts) => {
  const normed = scope.own(parts.before ? parts.before(input) : view(ops, input));
  const other = parts.beforeNetwork ? scope.own(parts.beforeNetwork(input)) : normed;
  const attended = scope.own(mixed(scope, parts, normed));
  const made = scope.own(parts.network(other));
  const sum = scope.own(addInto(ops, made, attended));
  return add(ops, input, scope.own(adjusted(ops, parts, sum)));
};

const nested: Program = (ops, scope, input, parts) => {
  let hidden = scope.own(mixed(scope, parts, parts.before ? parts.before(input) : view(ops, input)));
  hidden = scope.replace(hidden, add(ops, hidden, input));
  return add(ops, hidden, parts.network(parts.beforeNetwork ? parts.beforeNetwork(hidden) : view(ops, hidden)));
};

const inline: Program = (ops, scope, input, parts) => {
  let hidden = scope.own(parts.before ? parts.before(input) : view(ops, input));
  hidden = scope.replace(hidden, mixed(scope, parts, hidden));
  if (parts.drops) hidden = scope.replace(hidden, dropout(ops, hidden));
  hidden = scope.replace(hidden, add(ops, input, hidden));
  if (parts.after) hidden = scope.replace(hidden, parts.after(hidden));
  const residual = scope.own(view(ops, hidden));
  hidden = scope.replace(hidden, parts.beforeNetwork ? parts.beforeNetwork(hidden) : view(ops, hidden));
  // The network's input has no other name than the one that its first step takes.
  hidden = scope.own(parts.network(scope.pass(hidden)));
  if (parts.drops) hidden = scope.replace(hidden, dropout(ops, hidden));
  hidden = scope.replace(hidden, add(ops, residual, hidden));
  return parts.afterNetwork ? parts.afterNetwork(hidden) : view(ops, hidden);
};

const orders: Readonly<Record<Order, Program>> = { single, sequential, keeping, lasting, parallel, shared, into, nested, inline };
