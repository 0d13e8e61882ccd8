/** What models made of several models share: how a sub-config is found and what the whole reads from it. */
import { isObject, type JsonObject } from '../config/json';
import type { Build, BuiltPart } from './family';

/** The section under `key`; `undefined` where the file has none (or null), which is not the same as an empty one. */
export function sectionOf(build: Build, key: string): JsonObject | undefined {
  const written = build.source[key];
  return isObject(written) ? written : undefined;
}

/** A resolved size of a part; 0 for a part that could not be read, whose result is approximate already. */
export function sizeOf(part: BuiltPart, key: string): number {
  const value = part.config[key];
  return typeof value === 'number' ? value : 0;
}
