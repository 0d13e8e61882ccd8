import { gatherColumns } from './collectives';
import { linear, lowered } from './linear';
import { bytesOf, cast, constant, edged, view, type Linear, type Ops } from './ops';
import type { Value } from './tape';
import type { Storage } from './storages';

/**
 * How the head and the loss of its logits are computed: `full`, all logits at once; in `chunks` of the tokens, one after the other
 * (torchtune, LitGPT); `fused`, Liger's kernel, which makes gradients on the way forward; `cut`, Cut Cross Entropy, which never
 * writes logits to memory; `parallel`, each rank on its part of the vocabulary, whose logits are not gathered (torch's loss_parallel,
 * torch/distributed/tensor/parallel/loss.py; Megatron-LM, vocab_parallel_cross_entropy).
 */
export type Loss =
  | 'full'
  | 'fused'
  | 'parallel'
  | 'cut'
  | {
      readonly chunks: number;
      /** Logits are widened to 32 bits before the loss. */
      readonly upcast: boolean;
      /** Logits of all chunks are named until those of the next batch are made. */
      readonly keepLogits: boolean;
    };

/** A loss that takes the head with it, so that all logits are never there at once; `held` are logits that are still named. */
export function lossOfHead(
  ops: Ops,
  hidden: Value,
  head: Linear,
  labels: Value,
  loss: Exclude<Loss, 'full' | 'parallel'>,
  held: Value[],
): Value {
  if (loss === 'fused') return fused(ops, hidden, head, labels);
  if (loss === 'cut') return cut(ops, hidden, head, labels);
  return chunked(ops, hidden, head, labels, loss, held);
}

/** Logits of the whole vocabulary, gathered where ranks have a part of it each. */
export const logitsOf = (ops: Ops, hidden: Value, head: Linear): Value => {
  const made = linear(ops, hidden, head);
  if (!head.side) return made;
  return ops.tape.scope(() => gatherColumns(ops, made), made);
};

/** The head and the loss chunk by chunk (torchtune modules/loss/cross_entropy_loss.py; LitGPT utils.py, chunked_cross_entropy). */
function chunked(
  ops: Ops,
  hidden: Value,
  head: Linear,
  labels: Value,
  { chunks, upcast, keepLogits }: Extract<Loss, object>,
  held: Value[],
): Value {
  const { tape } = ops;
  return tape.scope((scope) => {
    const columns = head.input;
    const tokens = hidden.elements / columns;
    const count = Math.min(chunks, tokens);
    const sizes = Array.from({ length: count }, (_, index) => Math.ceil((tokens - index) / count));
    const gradients: Storage[] = [];
    const logits = sizes.map((size, index) => (): { readonly logits: Value; readonly size: number } => {
      // Chunks are views; the gradient of all of them is put together once.
      const chunk = tape.output({
        elements: size * columns,
        width: hidden.width,
        inputs: [hidden],
        reuse: hidden.storage,
        run: (gradient) => {
          gradients.push(tape.hold(gradient));
          if (index > 0) return [null];
          const whole = tape.allocate(bytesOf(hidden));
          for (const each of gradients) tape.release(each);
          return [whole];
        },
      });
      return { logits: logitsOf(ops, chunk, head), size };
    });
    const keep = (value: Value): Value => {
      const kept = { ...view(ops, { ...value, unnamed: false }), unnamed: false };
      held.push(kept);
      return value;
    };
    const lossOf = ({ logits: made, size }: { readonly logits: Value; readonly size: number }): Value =>
      tape.scope((inner) => {
        const named = inner.own(made);
        const wide = inner.own(upcast || ops.autocast ? cast(ops, named, 4) : view(ops, named));
        return negativeLogLikelihood(ops, wide, { ...labels, elements: size });
      });
    // Where logits are kept, all of them are made first; then those of the batch before go.
    const former = held.splice(0);
    const made = keepLogits ? logits.map((make) => make()).map(({ logits: each, size }) => ({ logits: keep(each), size })) : [];
    for (const { storage } of former) tape.release(storage);
    const parts = keepLogits ? made.map(lossOf) : logits.map((make) => lossOf(make()));
    return parts.reduce((sum, part) => sumOf(ops, scope.own(sum), scope.own(part)));
  }, hidden);
}

const sumOf = ({ tape }: Ops, a: Value, b: Value): Value =>
  tape.output({ elements: 1, width: 4, inputs: [a, b], run: (gradient) => [tape.hold(gradient), tape.hold(gradient)] });

/**
 * Liger's fused linear cross entropy (ops/fused_linear_cross_entropy.py): as many tokens at a time as make the logits about as large
 * as the hidden states; gradients of the input and of the weight are made on the way forward, and kept.
 */
function fused(ops: Ops, hidden: Value, head: Linear, labels: Value): Value {
  const { tape } = ops;
  return tape.scope((scope) => {
    const [columns, vocabulary] = [head.input, head.output];
    const tokens = hidden.elements / columns;
    const x = scope.own(ops.autocast ? cast(ops, hidden, 2) : view(ops, hidden));
    const cast16 = ops.autocast ? lowered(ops, head.weight) : undefined;
    const target = cast16 ?? head.weight.trained;
    const width = x.width;
    const rows = Math.min(tokens, nextPowerOfTwo(Math.ceil(tokens / Math.ceil(vocabulary / columns))));
    const ofInput = tape.allocate(bytesOf(x));
    const trainsHead = target !== null && edged(x);
    const ofWeight = trainsHead ? tape.allocate(head.weight.elements * width) : null;
    const losses = tape.allocate(tokens * 4);
    const mask = tape.allocate(tokens);
    const logits = tape.allocate(rows * vocabulary * width);
    tape.release(tape.allocate(rows * columns * width));
    if (trainsHead) {
      // The product of a chunk, which is widened before it is added.
      const part = tape.allocate(head.weight.elements * width);
      tape.release(tape.allocate(head.weight.elements * 4));
      tape.release(part);
    }
    for (const each of [logits, mask]) tape.release(each);
    const kept: Storage[] = [ofInput, ...(ofWeight ? [ofWeight] : [])];
    const loss = tape.output({
      elements: 1,
      width: 4,
      inputs: [x, target],
      saves: kept,
      run: (_, [wantsX, wantsWeight]) => [wantsX ? tape.hold(ofInput) : null, wantsWeight && ofWeight ? tape.hold(ofWeight) : null],
    });
    for (const each of [...kept, losses]) tape.release(each);
    scope.own({ ...labels, storage: tape.hold(labels.storage) });
    return loss;
  }, hidden);
}

/**
 * Cut Cross Entropy (Wijmans et al. 2024, arXiv 2411.09009; cut_cross_entropy/cce.py): keeps a logsumexp for each token, and makes
 * logits block by block within its kernels, both ways.
 */
function cut(ops: Ops, hidden: Value, head: Linear, labels: Value): Value {
  const { tape } = ops;
  return tape.scope((scope) => {
    const x = scope.own(ops.autocast ? cast(ops, hidden, 2) : view(ops, hidden));
    const cast16 = ops.autocast ? lowered(ops, head.weight) : undefined;
    const target = cast16 ?? head.weight.trained;
    const tokens = hidden.elements / head.input;
    const sums = tape.allocate(tokens * 4);
    const means = tape.allocate(head.output * 4);
    const dots = tape.allocate(tokens * 4);
    const loss = tape.output({
      elements: 1,
      width: 4,
      inputs: [x, target],
      saves: [x.storage, ...(cast16 ? [cast16.storage] : []), sums, means, labels.storage],
      run: (_, [wantsX, wantsWeight]) => [
        wantsX ? tape.allocate(bytesOf(x)) : null,
        wantsWeight ? tape.allocate(head.weight.elements * x.width) : null,
      ],
    });
    for (const each of [sums, means, dots]) tape.release(each);
    return loss;
  }, hidden);
}

const nextPowerOfTwo = (value: number): number => 2 ** Math.ceil(Math.log2(value));

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
