import { maxDepth } from '../limits';
import type { JsonObject } from './json';

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
  const seen: Seen = { keys: 0, tooDeep: false };
  const root = bare(value as Readonly<Record<string, unknown>>, 1, seen);
  // Of equal keys the parser keeps one, so that fewer are left than were written.
  return !seen.tooDeep && seen.keys === keysWritten(text) ? root : undefined;
}

interface Seen {
  keys: number;
  tooDeep: boolean;
}

/** Takes the prototype of an object, and of all inside of it, away. */
function bare(object: Readonly<Record<string, unknown>>, depth: number, seen: Seen): JsonObject {
  for (const key in object) {
    seen.keys++;
    const value = object[key];
    if (typeof value === 'object' && value !== null) bareInside(value, depth, seen);
  }
  return Object.setPrototypeOf(object, null) as JsonObject;
}

function bareInside(value: object, depth: number, seen: Seen): void {
  if (depth >= maxDepth) seen.tooDeep = true;
  else if (Array.isArray(value)) {
    for (const item of value as readonly unknown[]) if (typeof item === 'object' && item !== null) bareInside(item, depth + 1, seen);
  } else bare(value as Readonly<Record<string, unknown>>, depth + 1, seen);
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
