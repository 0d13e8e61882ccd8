import { bytesOf, view, type Ops } from './ops';
import type { Value } from './tape';

/**
 * What ranks that share matrices send each other, by what it allocates. Without sequence parallelism as DTensor does it for the plans of
 * transformers: a sum over ranks is made beside what is summed (torch/distributed/tensor, redistribute; _c10d_functional.all_reduce);
 * with it, as Megatron-LM does (megatron/core/tensor_parallel/mappings.py and layers.py).
 */

/** Whether a rank holds a part of the tokens between its matrices. */
export const cutsTokens = ({ degrees }: Ops): boolean => degrees.sequence && degrees.tensor > 1;

/** The input of matrices whose outputs are cut: itself, and on the way back a sum of what all ranks send back. */
export function entering(ops: Ops, value: Value): Value {
  const { tape } = ops;
  return tape.output({
    elements: value.elements,
    width: value.width,
    inputs: [value],
    reuse: value.storage,
    ...(value.packed && { packed: true }),
    run: () => [tape.allocate(bytesOf(value))],
  });
}

/** What matrices whose inputs are cut put out: summed over ranks, of which each keeps its tokens where tokens are cut. */
export function leaving(ops: Ops, value: Value): Value {
  const { tape, degrees } = ops;
  if (!cutsTokens(ops))
    return tape.output({ elements: value.elements, width: value.width, inputs: [value], run: (gradient) => [tape.hold(gradient)] });
  return tape.output({
    elements: value.elements / degrees.tensor,
    width: value.width,
    inputs: [value],
    run: () => [tape.allocate(bytesOf(value))],
  });
}

/** Tokens of all ranks; on the way back the sum of what ranks have for each. */
export function gatherTokens(ops: Ops, value: Value): Value {
  if (!cutsTokens(ops)) return view(ops, value);
  const { tape, degrees } = ops;
  return tape.output({
    elements: value.elements * degrees.tensor,
    width: value.width,
    inputs: [value],
    run: () => [tape.allocate(bytesOf(value))],
  });
}

/** Columns of all ranks side by side: gathered rank after rank, then put in order; a rank's own part of the gradient is copied out. */
export function gatherColumns({ tape, degrees }: Ops, value: Value): Value {
  const elements = value.elements * degrees.tensor;
  const gathered = tape.allocate(elements * value.width);
  const joined = tape.output({ elements, width: value.width, inputs: [value], run: () => [tape.allocate(bytesOf(value))] });
  tape.release(gathered);
  return joined;
}
