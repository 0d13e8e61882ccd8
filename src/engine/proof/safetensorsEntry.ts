import { isList, isObject, type JsonValue } from '../config/json';
import { maxRank } from './limits';
import { refuse } from './reading';
import { elementsOf, isCount, safetensorsBits } from './tensors';

/** What a safetensors header says of one tensor: `begin` and `end` count from the start of the data. */
export interface Entry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/** An entry in the order in which the format's own library writes it, however it is spaced: nearly all in files are so. */
const usual =
  /^\{\s*"dtype"\s*:\s*"(\w+)"\s*,\s*"shape"\s*:\s*\[\s*((?:\d+(?:\s*,\s*\d+)*)?)\s*\]\s*,\s*"data_offsets"\s*:\s*\[\s*(\d+)\s*,\s*(\d+)\s*\]\s*\}$/;

/** Reads entries from their JSON and checks them; equal shapes are one list, as half a million tensors have a few dozen. */
export function entryReader(): (name: string, text: string) => Entry {
  const shapes = new Map<string, Sized>();
  return (name, text) => {
    const [, dtype, sides = '', begin, end] = usual.exec(text) ?? [];
    if (dtype === undefined) return unusual(name, text);
    const known = shapes.get(sides);
    const sized = known ?? sizedOf(name, sides === '' ? [] : sides.split(',').map(Number));
    if (!known) shapes.set(sides, sized);
    return checked(name, dtype, sized, Number(begin), Number(end));
  };
}

/** An entry in any form that JSON allows. */
function unusual(name: string, text: string): Entry {
  const value = parsed(text);
  if (!isObject(value)) return refuse('bad-tensor', { name });
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== 'string' || !isList(shape) || !isList(offsets) || offsets.length !== 2) return refuse('bad-tensor', { name });
  return checked(name, dtype, sizedOf(name, shape), offsets[0], offsets[1]);
}

function parsed(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return refuse('not-json', { at: 0 });
  }
}

interface Sized {
  readonly shape: readonly number[];
  readonly elements: number;
}

function sizedOf(name: string, shape: readonly unknown[]): Sized {
  if (!shape.every(isCount)) return refuse('bad-tensor', { name });
  if (shape.length > maxRank) return refuse('too-many-dimensions', { name, rank: shape.length, limit: maxRank });
  return { shape, elements: elementsOf(shape) };
}

function checked(name: string, dtype: string, { shape, elements }: Sized, begin: unknown, end: unknown): Entry {
  if (!isCount(begin) || !isCount(end) || end < begin) return refuse('bad-tensor', { name });
  const type = safetensorsBits.get(dtype);
  if (type === undefined) return refuse('unknown-dtype', { name, dtype: dtype.slice(0, 40) });
  if (!Number.isFinite(elements)) return refuse('shape-too-large', { name });
  const expected = (elements * type.bits) / 8;
  if (!Number.isInteger(expected)) return refuse('part-of-a-byte', { name, dtype: type.name, elements, bits: type.bits });
  if (expected !== end - begin) return refuse('size-mismatch', { name, expected, found: end - begin });
  return { dtype: type.name, shape, begin, end };
}
