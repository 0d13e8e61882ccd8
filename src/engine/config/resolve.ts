import type { ConfigPath, FindingSink } from '../findings';
import { maxDimension } from '../limits';
import { brief, isList, isObject, type JsonObject, type JsonValue } from './json';
import { isKey, type Config, type Defaults, type Key } from './keys';

export interface Resolved<D> {
  readonly config: Config<D>;
  /** Keys of the family that the file does not have (or has as null), with what was taken instead. */
  readonly assumed: readonly { readonly key: string; readonly value: unknown }[];
  /** Keys whose value in the file could not be used. */
  readonly rejected: readonly string[];
}

/**
 * Reads a family's keys from a config: checks type and range of each, fills in the reference's default where the file has
 * none, and leaves a finding where a value cannot be used, saying what was assumed instead.
 *
 * @param aliases other names under which the reference accepts a key ({ hidden_size: 'n_embd' }); they win over the own
 * name, as in the reference, which sets them last (configuration_utils.py, attribute_map).
 */
export function resolve<const D extends Defaults>(
  defaults: D,
  source: JsonObject,
  path: ConfigPath,
  sink: FindingSink,
  aliases: Readonly<Record<string, string>> = {},
): Resolved<D> {
  const config: Record<string, unknown> = Object.create(null);
  const assumed: { key: string; value: unknown }[] = [];
  const rejected: string[] = [];
  const otherNames = new Map<string, string[]>();
  for (const [alias, own] of Object.entries(aliases)) otherNames.set(own, [...(otherNames.get(own) ?? []), alias]);

  for (const [name, declared] of Object.entries(defaults)) {
    const spec = specOf(declared);
    const written = [...(otherNames.get(name) ?? []), name].find((candidate) => (source[candidate] ?? null) !== null) ?? name;
    const value = source[written];
    if (spec.kind === 'section') {
      config[name] = isObject(value) ? value : Object.create(null);
      if (value !== undefined && value !== null && !isObject(value)) reject(written, 'object', value, 'defaults');
      continue;
    }
    if (spec.kind === 'group') {
      const inner = resolve(spec.keys ?? {}, isObject(value) ? value : Object.create(null), [...path, written], sink);
      if (value !== undefined && value !== null && !isObject(value)) reject(written, 'object', value, 'defaults');
      config[name] = inner.config;
      rejected.push(...inner.rejected);
      continue;
    }
    const fallback = (): unknown =>
      typeof spec.fallback === 'function' ? (spec.fallback as (c: unknown) => unknown)(config) : spec.fallback;
    if (value === null && spec.nullable) {
      config[name] = null;
    } else if (value === undefined || value === null) {
      config[name] = fallback();
      assumed.push({ key: name, value: config[name] });
    } else {
      const likeFallback = typeof spec.fallback !== 'function' && spec.fallback !== null && !isKey(declared);
      const expected = mismatch(spec, value, likeFallback ? spec.fallback : undefined);
      config[name] = expected === undefined ? value : fallback();
      if (expected !== undefined) reject(written, expected, value, config[name]);
    }
  }
  return { config: config as Config<D>, assumed, rejected };

  function reject(key: string, expected: string, found: unknown, assumedValue: unknown): void {
    rejected.push(key);
    sink.add({
      code: 'invalid-value',
      severity: 'error',
      path: [...path, key],
      values: { expected, found: brief(found), assumed: brief(assumedValue) },
    });
  }
}

/** A key as declared: a wrapper, or a plain value or function that says its own type. */
function specOf(declared: unknown): Key<unknown> {
  if (isKey(declared)) return declared;
  if (typeof declared === 'number') return { kind: 'integer', fallback: declared, min: 1, max: maxDimension, nullable: false };
  return { kind: 'any', fallback: declared, min: 0, max: 0, nullable: false };
}

/** What was expected instead of a value that does not do; `undefined` when it does. */
function mismatch(spec: Key<unknown>, value: JsonValue, fallback: unknown): string | undefined {
  if (spec.kind === 'integer' || spec.kind === 'real') {
    const whole = spec.kind === 'integer';
    const fits =
      typeof value === 'number' && Number.isFinite(value) && (!whole || Number.isInteger(value)) && value >= spec.min && value <= spec.max;
    return fits ? undefined : `${whole ? 'integer' : 'number'} ${spec.min}..${spec.max}`;
  }
  if (typeof fallback === 'boolean') return typeof value === 'boolean' ? undefined : 'true or false';
  if (typeof fallback === 'string') return typeof value === 'string' ? undefined : 'text';
  if (isList(fallback)) return isList(value) ? undefined : 'list';
  return undefined;
}
