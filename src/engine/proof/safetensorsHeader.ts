import { isList, isObject, type JsonValue } from '../config/json';
import { maxRank, maxSafetensorsHeader, maxTensors } from './limits';
import { memberReader } from './members';
import { attempt, cursorOver, refuse, type Problem, type Reading, type Unreadable } from './reading';
import { elementsOf, isCount, safetensorsBits, shapePool, type PlacedTensor } from './tensors';
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
  const layout = layoutOf();
  const pooled = shapePool();
  const reader = memberReader(
    (key) => (key === '__metadata__' ? 'skip' : 'keep'),
    (name, value) => {
      if (tensors.size >= maxTensors) refuse('too-many-tensors', { limit: maxTensors });
      if (tensors.has(name)) refuse('duplicate-tensor', { name });
      const { dtype, shape, begin, end } = checked(name, value as JsonValue);
      tensors.set(name, { name, dtype, shape: pooled(shape), bytes: end - begin, file });
      layout.add(name, begin, end);
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

/** An entry's values, if they are what the format says. */
function checked(name: string, value: JsonValue) {
  if (!isObject(value)) return refuse('bad-tensor', { name });
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== 'string' || !isList(shape) || !isList(offsets)) return refuse('bad-tensor', { name });
  const [begin, end] = offsets;
  if (offsets.length !== 2 || !isCount(begin) || !isCount(end) || end < begin) return refuse('bad-tensor', { name });
  if (shape.length > maxRank || !shape.every(isCount)) return refuse('bad-tensor', { name });
  const type = safetensorsBits.get(dtype);
  if (type === undefined) return refuse('unknown-dtype', { name, dtype: dtype.slice(0, 40) });
  const expected = (elementsOf(shape) * type.bits) / 8;
  if (expected !== end - begin) return refuse('size-mismatch', { name, expected, found: end - begin });
  return { dtype: type.name, shape, begin, end };
}

/** Where tensors lie; `end` gives the bytes of them all, or refuses gaps and overlaps. Most files list them in order. */
function layoutOf(): { add(name: string, begin: number, end: number): void; end(): number } {
  const places: { readonly name: string; readonly begin: number; readonly end: number }[] = [];
  let last = 0;
  let ordered = true;
  return {
    add(name, begin, end) {
      if (begin !== last) ordered = false;
      last = end;
      places.push({ name, begin, end });
    },
    end() {
      if (ordered) return last;
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
