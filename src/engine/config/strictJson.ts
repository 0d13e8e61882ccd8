import { maxDepth } from '../limits';
import type { JsonObject, JsonValue } from './json';

/**
 * The object of a text that is JSON without any liberty and names no key twice, or `undefined` for every other text, right
 * or wrong. Values equal those of the tolerant reader in document.ts, at a small part of its cost: the platform's own parser
 * reads them, and no places are kept.
 */
export function strictObject(text: string): JsonObject | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const copied = { keys: 0, tooDeep: false };
  const root = copyObject(value as Readonly<Record<string, unknown>>, 1, copied);
  // Of equal keys the parser keeps one, so that fewer are left than were written.
  return !copied.tooDeep && copied.keys === keysWritten(text) ? root : undefined;
}

interface Copied {
  keys: number;
  tooDeep: boolean;
}

/** A copy without prototypes. */
function copyObject(from: Readonly<Record<string, unknown>>, depth: number, copied: Copied): JsonObject {
  const object: Record<string, JsonValue> = Object.create(null);
  for (const key of Object.keys(from)) {
    copied.keys++;
    object[key] = copyValue(from[key], depth, copied);
  }
  return object;
}

function copyValue(value: unknown, depth: number, copied: Copied): JsonValue {
  if (typeof value !== 'object' || value === null) return value as JsonValue;
  if (depth >= maxDepth) {
    copied.tooDeep = true;
    return null;
  }
  if (Array.isArray(value)) return value.map((item) => copyValue(item, depth + 1, copied));
  return copyObject(value as Readonly<Record<string, unknown>>, depth + 1, copied);
}

const quote = 34;
const colon = 58;
const backslash = 92;

/** Keys of a text that is known to be JSON: its colons outside of strings. */
function keysWritten(text: string): number {
  let keys = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text.charCodeAt(at);
    if (character === colon) keys++;
    else if (character === quote) at = endOfString(text, at + 1);
  }
  return keys;
}

/** Where the closing quote of a string stands, given the place after the opening one. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start);
  while (isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end;
}

/** Whether an odd number of backslashes stands before a place. */
function isEscaped(text: string, at: number): boolean {
  let first = at;
  while (text.charCodeAt(first - 1) === backslash) first--;
  return (at - first) % 2 === 1;
}
