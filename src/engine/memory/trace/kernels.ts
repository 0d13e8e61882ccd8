import { bytesOf, type Ops } from './ops';
import type { Value } from './tape';
import type { Storage } from './storages';

const up = (value: number, step: number): number => Math.ceil(value / step) * step;

/** Shapes of one call of fused attention. */
export interface AttentionShape {
  readonly batch: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly queries: number;
  readonly keys: number;
  readonly width: number;
  readonly valueWidth: number;
}

/**
 * Fused attention (flash and memory-efficient kernels): keeps queries, keys, values, the output and a logsumexp; its way back
 * works with an fp32 gradient of the queries, and with one of keys and values per query head where these are shared.
 */
export function fusedAttention({ tape }: Ops, q: Value, k: Value, v: Value, mask: Value | null, shape: AttentionShape): Value {
  const { batch, heads, kvHeads, queries, width, valueWidth, keys } = shape;
  const sums = tape.allocate(batch * heads * queries * 4);
  const output = tape.output({
    elements: batch * heads * queries * valueWidth,
    width: q.width,
    inputs: [q, k, v, mask],
    saves: [q.storage, k.storage, v.storage, sums, ...(mask ? [mask.storage] : [])],
    savesOutput: true,
    packed: q.packed === true && mask === null && width === valueWidth,
    run: (_, [one, two, three, four]) => {
      // A mask that is learned: its gradient is made for every sequence, then summed (PyTorch, attention_backward.cu, bias_requires_grad).
      const ofMask =
        mask && four ? { storage: tape.allocate(batch * heads * queries * up(keys, 16) * mask.width), bytes: bytesOf(mask) } : null;
      const work = [
        tape.allocate(batch * heads * up(queries, 128) * 4),
        tape.allocate(batch * up(queries, 128) * heads * up(width, 32) * 4),
        ...(kvHeads === heads
          ? []
          : [tape.allocate(batch * keys * heads * width * k.width), tape.allocate(batch * keys * heads * valueWidth * v.width)]),
      ];
      const gradients = [q, k, v].map((each) => tape.allocate(bytesOf(each)));
      for (const each of work) tape.release(each);
      const wanted = gradients.map((each, index) => {
        if ([one, two, three][index]) return each;
        tape.release(each);
        return null;
      });
      return [...wanted, ofMask];
    },
  });
  tape.release(sums);
  return output;
}

/** Dropout while training: the output, and a byte per element that says what was kept. */
export function dropout({ tape }: Ops, value: Value): Value {
  const mask: Storage = tape.allocate(value.elements);
  const output = tape.output({
    elements: value.elements,
    width: value.width,
    inputs: [value],
    makes: [mask],
    run: () => [tape.allocate(bytesOf(value))],
  });
  tape.release(mask);
  return output;
}
