/** Reading keys of a config whose type has no contract: by any of the names that known types use, leniently. */
import { isList, isObject, type JsonObject, type JsonValue } from '../../config/json';
import { maxDimension, maxLayers } from '../../limits';

export type Names = readonly string[];

const whole = (value: JsonValue | undefined, min: number, max: number): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max;

/** The first of the names under which something is written; null stands for nothing. */
const written = (source: JsonObject, names: Names): JsonValue | undefined =>
  names.map((name) => source[name]).find((value) => value !== undefined && value !== null);

/** A size from 1 up. Of one value per layer, the largest; it stands for all. */
export function sizeOf(source: JsonObject, names: Names): number | undefined {
  const value = written(source, names);
  if (isList(value)) {
    const sizes = value.slice(0, maxLayers).filter((entry): entry is number => whole(entry, 1, maxDimension));
    return sizes.length > 0 ? sizes.reduce((largest, entry) => Math.max(largest, entry)) : undefined;
  }
  return whole(value, 1, maxDimension) ? value : undefined;
}

/** A count from 0 up. */
export function countOf(source: JsonObject, names: Names): number | undefined {
  const value = written(source, names);
  return whole(value, 0, maxDimension) ? value : undefined;
}

export function depthOf(source: JsonObject, names: Names): number | undefined {
  const value = written(source, names);
  return whole(value, 1, maxLayers) ? value : undefined;
}

export function realOf(source: JsonObject, names: Names): number | undefined {
  const value = written(source, names);
  return typeof value === 'number' && Number.isFinite(value) && value > 0 && value < 1e6 ? value : undefined;
}

export function flagOf(source: JsonObject, names: Names): boolean | undefined {
  const value = written(source, names);
  return typeof value === 'boolean' ? value : undefined;
}

export function textOf(source: JsonObject, names: Names): string | undefined {
  const value = written(source, names);
  return typeof value === 'string' ? value : undefined;
}

/** A list, cut at the bound on layers. */
export function listOf(source: JsonObject, names: Names): readonly JsonValue[] | undefined {
  const value = written(source, names);
  return isList(value) ? value.slice(0, maxLayers) : undefined;
}

export function objectOf(source: JsonObject, names: Names): JsonObject | undefined {
  const value = written(source, names);
  return isObject(value) ? value : undefined;
}
