import type { ConfigPath } from '../findings';

/** JSON as read from a file. Objects have no prototype, so that a key such as `__proto__` is only a key. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: JsonValue | undefined;
}

export const isObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value);
export const isList = (value: unknown): value is readonly JsonValue[] => Array.isArray(value);

/** The value at a path, or `undefined`. */
export function valueAt(root: JsonValue | undefined, path: ConfigPath): JsonValue | undefined {
  let value: JsonValue | undefined = root;
  for (const segment of path) {
    if (isObject(value) && typeof segment === 'string') value = Object.hasOwn(value, segment) ? value[segment] : undefined;
    else if (isList(value) && typeof segment === 'number') value = value[segment];
    else return undefined;
  }
  return value;
}

/** A copy of `root` in which the value at `path` is another one (`undefined`: left out). Untouched parts are shared. */
export function withValue(root: JsonObject, path: readonly string[], value: JsonValue | undefined): JsonObject {
  const [key, ...rest] = path;
  if (key === undefined) return root;
  const copy: Record<string, JsonValue | undefined> = Object.assign(Object.create(null), root);
  if (rest.length === 0) {
    if (value === undefined) delete copy[key];
    else copy[key] = value;
  } else {
    const inner = copy[key];
    copy[key] = withValue(isObject(inner) ? inner : Object.create(null), rest, value);
  }
  return copy;
}

/** A plain value (from `JSON.parse` or a literal) as the engine holds it. */
export function toJson(value: unknown, depth = 0): JsonValue {
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  if (depth > 200 || typeof value !== 'object') return null;
  if (Array.isArray(value)) return value.map((item) => toJson(item, depth + 1));
  const object: Record<string, JsonValue> = Object.create(null);
  for (const [key, item] of Object.entries(value)) object[key] = toJson(item, depth + 1);
  return object;
}

/** A value as a message can show it: short, whatever it is. */
export function brief(value: unknown): string | number | boolean | null {
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return value;
  if (value === undefined) return null;
  if (isList(value)) return 'list';
  if (typeof value === 'object') return 'object';
  const text = String(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
