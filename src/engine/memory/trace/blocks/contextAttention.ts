import { bytesOf, cast, view, type Ops } from '../ops';
import type { Gradient, Value } from '../tape';
import type { Storage } from '../storages';
import type { Attention, Pass } from './attention';
import { fused } from './scores';

/**
 * Fused attention of ranks that have a part of the tokens each. Their queries see the keys and values of all, which they gather; or they
 * exchange heads for tokens, so that each has all tokens of its heads (DeepSpeed-Ulysses: Jacobs et al. 2023, arXiv 2309.14509).
 */
export function attendAmong(ops: Ops, q: Value, k: Value, v: Value, attention: Attention, pass: Pass): Value {
  return ops.degrees.contextWay === 'ulysses' ? byHeads(ops, q, k, v, attention, pass) : byGathering(ops, q, k, v, attention, pass);
}

function byHeads(ops: Ops, q: Value, k: Value, v: Value, attention: Attention, pass: Pass): Value {
  const { tape, degrees } = ops;
  const { context } = degrees;
  return tape.scope((scope) => {
    const [a, b, c] = [q, k, v].map((value) => scope.own(exchanged(ops, value))) as [Value, Value, Value];
    const own = { ...attention, heads: attention.heads / context, kvHeads: attention.kvHeads / context };
    return exchanged(ops, fused(ops, a, b, c, own, { ...pass, tokens: pass.tokens * context }).output);
  });
}

/** As much is sent to the other ranks as comes from them. */
const exchanged = ({ tape }: Ops, value: Value): Value =>
  tape.output({ elements: value.elements, width: value.width, inputs: [value], run: () => [tape.allocate(bytesOf(value))] });

/**
 * Keys and values of all ranks are gathered at once, and one rank's after another goes through the kernel; outputs are summed at 32 bits,
 * and gradients too, of which those of keys and values are handed around (torch/distributed/tensor/experimental/_context_parallel/_attention.py,
 * _templated_ring_attention and its way back, with the usual rotate method).
 */
function byGathering(ops: Ops, q: Value, k: Value, v: Value, attention: Attention, pass: Pass): Value {
  const { tape, degrees } = ops;
  const { heads, width, valueWidth } = attention;
  const elements = (q.elements / width) * valueWidth;
  return tape.scope((scope) => {
    const low = (value: Value): Value => scope.own(ops.autocast ? cast(ops, value, 2) : view(ops, value));
    const [a, b, c] = [low(q), low(k), low(v)];
    const pair = bytesOf(b) + bytesOf(c);
    const release = (storages: readonly Storage[]): void => {
      for (const each of storages) tape.release(each);
    };
    const sums = tape.allocate((q.elements / width) * 4);
    // Together: the gathered pair; the kernel's output, twice at 32 bits; and what the sum of two is made of.
    release(
      [pair * degrees.context, elements * a.width, ...[4, 4, 4, 4].map((bytes) => elements * bytes)].map((bytes) => tape.allocate(bytes)),
    );
    const output = tape.output({
      elements,
      width: a.width,
      inputs: [a, b, c],
      saves: [a.storage, b.storage, c.storage],
      makes: [sums],
      savesOutput: true,
      run: (_, wanted): readonly Gradient[] => {
        const wide = [a, b, c].map((value) => tape.allocate(value.elements * 4));
        const gathered = tape.allocate(pair * degrees.context);
        const block = [a, b, c].map((value) => tape.allocate(bytesOf(value)));
        const work = [tape.allocate(pass.batch * heads * pass.tokens * 4), tape.allocate(q.elements * 4)];
        release(work);
        // Gradients of keys and values side by side, and those of the rank before.
        const handed = [0, 1].map(() => tape.allocate((b.elements + c.elements) * 4));
        release(block);
        release([gathered]);
        const gradients = [a, b, c].map((value, index) => (wanted[index] ? tape.allocate(bytesOf(value)) : null));
        release([...handed, ...wide]);
        return gradients;
      },
    });
    tape.release(sums);
    return output;
  });
}
