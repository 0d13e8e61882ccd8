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
  aliases: Readonly<Record<string, string>> = noAliases,
): Resolved<D> {
  const { reads, blank } = planOf(defaults, aliases);
  const config: Record<string, unknown> = { ...blank };
  const assumed: { key: string; value: unknown }[] = [];
  const rejected: string[] = [];

  for (const { name, names, spec, like, computed } of reads) {
    const written = writtenName(names, source);
    const value = source[written];
    if (spec.kind === 'section') {
      config[name] = isObject(value) ? value : Object.create(null);
      if (value !== undefined && value !== null && !isObject(value)) reject(written, 'object', value, 'defaults');
    } else if (spec.kind === 'group') {
      const inner = resolve(spec.keys ?? {}, isObject(value) ? value : Object.create(null), [...path, written], sink);
      if (value !== undefined && value !== null && !isObject(value)) reject(written, 'object', value, 'defaults');
      config[name] = inner.config;
      rejected.push(...inner.rejected);
    } else if (value === null && spec.nullable) {
      config[name] = null;
    } else if (value === undefined || value === null) {
      config[name] = fallbackOf(spec, config, source);
      assumed.push({ key: name, value: config[name] });
      // The reference computes what is null where it can; a size that it cannot compute is missing.
      if (value === null && spec.kind === 'integer' && typeof spec.fallback === 'number')
        reject(written, expectedNumber(spec), value, config[name]);
    } else {
      const expected = mismatch(spec, value, computed ? fallbackOf(spec, config, source) : like);
      config[name] = expected === undefined ? value : fallbackOf(spec, config, source);
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

/** How one key is read. */
interface Read {
  readonly name: string;
  /** Every name that it may stand under, the one that wins first; its own is the last. */
  readonly names: readonly string[];
  readonly spec: Key<unknown>;
  /** A plain default, whose type a value must have. */
  readonly like: unknown;
  /** The default is computed: a value must have the type of what comes out. */
  readonly computed: boolean;
}

/** How a family's keys are read. */
interface Plan {
  readonly aliases: Readonly<Record<string, string>>;
  readonly reads: readonly Read[];
  /** All keys without values: configs that are copies of it have one shape, which keeps reading them fast. */
  readonly blank: Readonly<Record<string, undefined>>;
}

const noAliases: Readonly<Record<string, string>> = Object.freeze({});

/** Declarations never change, so that what follows from them alone is worked out once. */
const plans = new WeakMap<Defaults, Plan>();

function planOf(defaults: Defaults, aliases: Readonly<Record<string, string>>): Plan {
  const known = plans.get(defaults);
  if (known?.aliases === aliases) return known;
  const names = Object.keys(defaults);
  const plan: Plan = {
    aliases,
    reads: names.map((name): Read => {
      const declared = defaults[name];
      const others = Object.keys(aliases).filter((alias) => aliases[alias] === name);
      const isPlain = !isKey(declared) && typeof declared !== 'function' && declared !== null;
      return {
        name,
        names: [...others, name],
        spec: specOf(declared),
        like: isPlain ? declared : undefined,
        computed: typeof declared === 'function',
      };
    }),
    blank: Object.fromEntries(names.map((name) => [name, undefined])),
  };
  plans.set(defaults, plan);
  return plan;
}

/** The name under which the file gives a key; its own where it gives none. */
function writtenName(names: readonly string[], source: JsonObject): string {
  for (const name of names) if ((source[name] ?? null) !== null) return name;
  return names.at(-1) as string;
}

const fallbackOf = ({ fallback }: Key<unknown>, config: unknown, source: JsonObject): unknown =>
  typeof fallback === 'function' ? (fallback as (config: unknown, source: JsonObject) => unknown)(config, source) : fallback;

/** A key as declared: a wrapper, or a plain value or function that says its own type. */
function specOf(declared: unknown): Key<unknown> {
  if (isKey(declared)) return declared;
  if (typeof declared === 'number') return { kind: 'integer', fallback: declared, min: 1, max: maxDimension, nullable: false };
  return { kind: 'any', fallback: declared, min: 0, max: 0, nullable: false };
}

const expectedNumber = ({ kind, min, max }: Key<unknown>): string => `${kind === 'integer' ? 'integer' : 'number'} ${min}..${max}`;

/** What was expected instead of a value that does not do; `undefined` when it does. */
function mismatch(spec: Key<unknown>, value: JsonValue, fallback: unknown): string | undefined {
  if (spec.kind === 'integer' || spec.kind === 'real') {
    const whole = spec.kind === 'integer';
    const fits =
      typeof value === 'number' && Number.isFinite(value) && (!whole || Number.isInteger(value)) && value >= spec.min && value <= spec.max;
    return fits ? undefined : expectedNumber(spec);
  }
  if (spec.kind === 'flag' || typeof fallback === 'boolean') return typeof value === 'boolean' ? undefined : 'true or false';
  if (typeof fallback === 'number') return typeof value === 'number' && Number.isFinite(value) ? undefined : `number 0..${maxDimension}`;
  if (typeof fallback === 'string') return typeof value === 'string' ? undefined : 'text';
  if (isList(fallback)) return isList(value) ? undefined : 'list';
  return undefined;
}
