import { maxSafetensorsHeader, maxTensors } from './limits';
import { memberReader } from './members';
import { attempt, cursorOver, refuse, type Problem, type Reading, type Unreadable } from './reading';
import { entryReader } from './safetensorsEntry';
import type { PlacedTensor } from './tensors';
import { endText, textOf, type TextPieces } from './utf8';

export interface SafetensorsHeader {
  readonly kind: 'safetensors';
  readonly tensors: ReadonlyMap<string, PlacedTensor>;
  /** 8, the header's own bytes and its padding: where the data begins. */
  readonly headerBytes: number;
  readonly dataBytes: number;
  /** What is wrong with the file although its header can be read: data that is cut off or goes on. */
  readonly problems: readonly Problem[];
}

/** Bytes of a header that are asked for at once. */
const piece = 1 << 19;

/**
 * Reads the header of a safetensors file: 8 bytes of length, then that many of JSON. What the format demands is checked:
 * bytes equal dtype × shape, and the tensors lie one behind the other up to the end of the file
 * (huggingface/safetensors, safetensors/src/tensor.rs, read_metadata and validate).
 *
 * @param size bytes of the file
 * @param file its number, which each tensor gets
 */
export const readSafetensorsHeader = (size: number, pieces: TextPieces, file = 0): Reading<SafetensorsHeader | Unreadable> =>
  attempt(header(size, pieces, file));

function* header(size: number, pieces: TextPieces, file: number): Reading<SafetensorsHeader> {
  const cursor = cursorOver(size);
  yield* cursor.fill(8);
  const length = Number(cursor.view(8).getBigUint64(0, true));
  if (length > maxSafetensorsHeader) refuse('header-too-large', { bytes: length, limit: maxSafetensorsHeader });
  if (8 + length > size) refuse('header-cut', { bytes: size });
  const tensors = new Map<string, PlacedTensor>();
  const layout = layoutOf(() => tensors.keys());
  const read = entryReader();
  const reader = memberReader(
    (key) => (key === '__metadata__' ? 'skip' : 'text'),
    (name, text) => {
      if (tensors.size >= maxTensors) refuse('too-many-tensors', { limit: maxTensors });
      const { dtype, shape, begin, end } = read(name, text as string);
      const before = tensors.size;
      tensors.set(name, { name, dtype, shape, bytes: end - begin, file });
      if (tensors.size === before) refuse('duplicate-tensor', { name });
      layout.add(begin, end);
    },
  );
  for (let left = length; left > 0;) {
    const next = Math.min(left, piece);
    if (!cursor.has(next)) yield* cursor.fill(next);
    reader.push(textOf(pieces, cursor.bytes(next)));
    left -= next;
  }
  endText(pieces);
  reader.end();
  const dataBytes = layout.end();
  return { kind: 'safetensors', tensors, headerBytes: 8 + length, dataBytes, problems: ending(size - 8 - length - dataBytes) };
}

/**
 * Where tensors lie; `end` gives the bytes of them all, or refuses gaps and overlaps. Most files list them in order.
 * @param names in the order in which they are added
 */
function layoutOf(names: () => Iterable<string>): { add(begin: number, end: number): void; end(): number } {
  const begins: number[] = [];
  const ends: number[] = [];
  let ordered = true;
  return {
    add(begin, end) {
      if (begin !== (ends.at(-1) ?? 0)) ordered = false;
      begins.push(begin);
      ends.push(end);
    },
    end() {
      if (ordered) return ends.at(-1) ?? 0;
      const places = [...names()].map((name, at) => ({ name, begin: begins[at] as number, end: ends[at] as number }));
      places.sort((a, b) => a.begin - b.begin || a.end - b.end);
      let next = 0;
      for (const { name, begin, end } of places) {
        if (begin !== next) refuse('bad-offset', { name });
        next = end;
      }
      return next;
    },
  };
}

/** @param over bytes of the file beyond its data */
export function ending(over: number): readonly Problem[] {
  if (over < 0) return [{ code: 'data-cut', values: { missing: -over } }];
  return over > 0 ? [{ code: 'data-beyond', values: { extra: over } }] : [];
}
