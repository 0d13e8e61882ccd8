/**
 * How a family says which keys it reads and what the reference fills in where the file leaves one out. A plain value is
 * both default and type: number = an integer from 1 up, boolean, string, list. A function computes the default from the
 * keys already read (and, where aliases matter, from the file's own), for keys that are missing or null. The rest is said by
 * the wrappers below.
 */
import type { JsonObject } from './json';
import { maxDimension, maxLayers } from '../limits';

type Computed<T> = (config: never, source: JsonObject) => T;

export interface Key<T> {
  readonly kind: 'integer' | 'real' | 'flag' | 'any' | 'section' | 'group';
  readonly fallback: unknown;
  readonly min: number;
  readonly max: number;
  /** Null is a value of its own ("none") and does not stand for the default. */
  readonly nullable: boolean;
  /** Of a section: the model type when it does not name one. */
  readonly sectionType?: string;
  /** Of a group: its own keys. */
  readonly keys?: Defaults;
  /** Carries the type only. */
  readonly type?: T;
}

export type Defaults = { readonly [key: string]: unknown };

const key = <T>(kind: Key<T>['kind'], fallback: unknown, min: number, max: number, nullable = false): Key<T> => ({
  kind,
  fallback,
  min,
  max,
  nullable,
});

/** An integer from 0 up. */
export const count = (fallback: number | Computed<number>): Key<number> => key('integer', fallback, 0, maxDimension);
/** An integer from 1 up (what a plain number is too), with a computed default. */
export const size = (fallback: number | Computed<number>): Key<number> => key('integer', fallback, 1, maxDimension);
/** The number of layers of a stack: an integer from 1 up to the engine's bound. */
export const depth = (fallback: number | Computed<number>, min = 1): Key<number> => key('integer', fallback, min, maxLayers);
/** A size that may be null, meaning "none", which is not the same as leaving it out. */
export const nullableSize = (fallback: number | null | Computed<number | null>, min = 0): Key<number | null> =>
  key('integer', fallback, min, maxDimension, true);
/** A finite number, fractions allowed. */
export const real = (fallback: number | Computed<number>, min = 0, max = 1e12): Key<number> => key('real', fallback, min, max);
export const nullableReal = (fallback: number | null): Key<number | null> => key('real', fallback, 0, 1e12, true);
/** True or false, where null is no and leaving it out means the default. */
export const nullableFlag = (fallback: boolean): Key<boolean | null> => key('flag', fallback, 0, 0, true);
/** A value of any shape, which the family reads itself. */
export const anything = <T = unknown>(fallback: T): Key<T> => key('any', fallback, 0, 0, true);
/** A sub-config that another family reads. */
export const section = (sectionType: string): Key<JsonObject> => ({ ...key<JsonObject>('section', {}, 0, 0), sectionType });
/** A nested object whose keys belong to this family. */
export const group = <const D extends Defaults>(keys: D): Key<Config<D>> => ({ ...key<Config<D>>('group', {}, 0, 0), keys });

type Widen<T> = T extends number
  ? number
  : T extends boolean
    ? boolean
    : T extends string
      ? string
      : T extends readonly (infer E)[]
        ? readonly Widen<E>[]
        : T;

/** What the family's code sees: every key, read and typed. */
export type Config<D> = {
  readonly [K in keyof D]: D[K] extends Key<infer T> ? T : D[K] extends (config: never) => infer R ? Widen<R> : Widen<D[K]>;
};

export const isKey = (value: unknown): value is Key<unknown> =>
  typeof value === 'object' && value !== null && 'kind' in value && 'fallback' in value;
