import type { ByteRange, Problem, Reading } from '../../src/engine/index';

/** A file in memory whose size may be far beyond the bytes that it holds: the rest is zero. */
export interface Served {
  readonly bytes: Uint8Array;
  readonly size?: number;
}

/** Brings a reader its ranges; `asked` takes note of them. */
export function serve<T>({ bytes, size = bytes.length }: Served, reading: Reading<T>, asked: ByteRange[] = []): T {
  let step = reading.next();
  while (!step.done) {
    const { offset, length } = step.value;
    asked.push(step.value);
    if (offset + length > size) throw new RangeError(`asked beyond the end: ${offset} + ${length} of ${size}`);
    const answer = new Uint8Array(length);
    answer.set(bytes.subarray(Math.min(offset, bytes.length), Math.min(offset + length, bytes.length)));
    step = reading.next(answer);
  }
  return step.value;
}

/** The code of what a reading refused; its kind where it did not. */
export const refusalOf = (result: { readonly kind: string; readonly problem?: Problem }): string => result.problem?.code ?? result.kind;

/** Runs slices to their end and counts them. */
export function finish<T>(work: Generator<void, T, undefined>): { readonly result: T; readonly slices: number } {
  for (let slices = 0; ; slices++) {
    const step = work.next();
    if (step.done) return { result: step.value, slices };
  }
}
