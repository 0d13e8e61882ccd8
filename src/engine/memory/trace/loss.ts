import { bytesOf, cast, constant, view, type Ops } from './ops';
import type { Value } from './tape';

/** Cross entropy of the next token (transformers loss/loss_utils.py, ForCausalLMLoss): logits at 32 bits, labels moved by one, a log-softmax. */
export function crossEntropy(ops: Ops, logits: Value, labels: Value): Value {
  const { tape } = ops;
  return tape.scope((scope) => {
    const wide = scope.own(cast(ops, logits, 4));
    scope.own(constant(ops, labels.elements + 1, 8));
    const shifted = scope.own(constant(ops, labels.elements, 8));
    return negativeLogLikelihood(ops, wide, shifted);
  });
}

/** torch.nn.functional.cross_entropy over the last dimension. */
export function negativeLogLikelihood(ops: Ops, logits: Value, labels: Value): Value {
  const { tape } = ops;
  return tape.scope((scope) => {
    const logs = scope.own(
      tape.output({
        elements: logits.elements,
        width: logits.width,
        inputs: [logits],
        savesOutput: true,
        run: () => [tape.allocate(bytesOf(logits))],
      }),
    );
    const total = scope.own(constant(ops, 1, 4));
    return tape.output({
      elements: 1,
      width: 4,
      inputs: [logs],
      saves: [logs.storage, labels.storage, total.storage],
      run: () => [tape.allocate(bytesOf(logs))],
    });
  });
}

/** torch.nn.CrossEntropyLoss of logits at their own type, which autocast widens. */
export const lossOfLogits = (ops: Ops, logits: Value, labels: Value): Value =>
  ops.tape.scope((scope) => negativeLogLikelihood(ops, scope.own(ops.autocast ? cast(ops, logits, 4) : view(ops, logits)), labels));
