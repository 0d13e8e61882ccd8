import { length, shortText, type Numbers } from './ggufNumbers';
import { maxGgufEntries, maxGgufStrings } from './limits';
import { refuse, type Cursor, type Reading } from './reading';
import { decodeUtf8 } from './utf8';

/** An array of which only the length was read. */
export interface LongArray {
  readonly length: number;
}

export type GgufValue = number | boolean | string | readonly number[] | LongArray;

/** Metadata by key. Texts that are longer than any figure of a model are empty, and of such arrays only the length is known. */
export type GgufMetadata = ReadonlyMap<string, GgufValue>;

/** Bytes of a key; the format allows 65,535 (ggml docs/gguf.md), known keys have some 60. */
const maxKey = 1024;
/** Bytes of a text that are kept; chat templates are longer, and no figure of a model. */
const keptText = 4096;
/** Elements of an array of numbers that are kept: one per layer, in models whose layers differ. */
const keptNumbers = 4096;
/** Characters and numbers that are kept of one file in all. */
const keptInAll = 2_000_000;

/** Bytes of the types with a fixed width, by number (ggml docs/gguf.md, gguf_metadata_value_type). */
const widths: readonly (number | undefined)[] = [1, 1, 2, 2, 4, 4, 4, 1, undefined, undefined, 8, 8, 8];
const boolType = 7;
const textType = 8;
const arrayType = 9;

/** Reads `entries` pairs of key and value. */
export function* readMetadata(cursor: Cursor, numbers: Numbers, entries: number): Reading<GgufMetadata> {
  if (entries > maxGgufEntries) refuse('gguf-entries', { found: entries, limit: maxGgufEntries });
  const metadata = new Map<string, GgufValue>();
  let left = keptInAll;
  for (let at = 0; at < entries; at++) {
    const key = yield* shortText(cursor, numbers, maxKey);
    if (!cursor.has(4)) yield* cursor.fill(4);
    const type = cursor.view(4).getUint32(0, numbers.little);
    if (metadata.has(key)) refuse('gguf-metadata', { key });
    const value = yield* type === arrayType ? readArray(cursor, numbers, key, left) : readValue(cursor, numbers, key, type, left);
    left -= key.length + (typeof value === 'string' || Array.isArray(value) ? value.length : 1);
    metadata.set(key, value);
  }
  return metadata;
}

function* readValue(cursor: Cursor, numbers: Numbers, key: string, type: number, left: number): Reading<number | boolean | string> {
  if (type === textType) {
    const bytes = yield* length(cursor, numbers);
    if (bytes > Math.min(keptText, left)) {
      cursor.skip(bytes);
      return '';
    }
    if (!cursor.has(bytes)) yield* cursor.fill(bytes);
    return decodeUtf8(cursor.bytes(bytes));
  }
  const width = widths[type];
  if (width === undefined) return refuse('gguf-metadata', { key });
  if (!cursor.has(width)) yield* cursor.fill(width);
  const value = numberAt(cursor.view(width), 0, type, numbers.little);
  return type === boolType ? value !== 0 : value;
}

function* readArray(cursor: Cursor, numbers: Numbers, key: string, left: number): Reading<readonly number[] | LongArray> {
  if (!cursor.has(4)) yield* cursor.fill(4);
  const type = cursor.view(4).getUint32(0, numbers.little);
  const count = yield* length(cursor, numbers);
  if (type === textType) {
    if (count > maxGgufStrings) refuse('gguf-array', { key, length: count });
    const width = numbers.wide ? 8 : 4;
    for (let at = 0; at < count; at++) {
      if (!cursor.has(width)) yield* cursor.fill(width);
      const view = cursor.view(width);
      const bytes = numbers.wide ? Number(view.getBigUint64(0, numbers.little)) : view.getUint32(0, numbers.little);
      cursor.skip(bytes);
    }
    return { length: count };
  }
  const width = widths[type];
  // Arrays of arrays exist in the format and in no model.
  if (width === undefined) return refuse('gguf-metadata', { key });
  if (count > Math.min(keptNumbers, left)) {
    cursor.skip(count * width);
    return { length: count };
  }
  const bytes = count * width;
  if (!cursor.has(bytes)) yield* cursor.fill(bytes);
  const view = cursor.view(bytes);
  return Array.from({ length: count }, (_, at) => numberAt(view, at * width, type, numbers.little));
}

/** A number of one of the fixed types; 64-bit integers beyond 2^53 are rounded, which no figure of a model reaches. */
function numberAt(view: DataView, at: number, type: number, little: boolean): number {
  switch (type) {
    case 0:
    case 7:
      return view.getUint8(at);
    case 1:
      return view.getInt8(at);
    case 2:
      return view.getUint16(at, little);
    case 3:
      return view.getInt16(at, little);
    case 4:
      return view.getUint32(at, little);
    case 5:
      return view.getInt32(at, little);
    case 6:
      return view.getFloat32(at, little);
    case 10:
      return Number(view.getBigUint64(at, little));
    case 11:
      return Number(view.getBigInt64(at, little));
    default:
      return view.getFloat64(at, little);
  }
}
