/** Values of a request, each checked as it is read. */
import { isList, type JsonObject, type JsonValue } from '../config/json';

/** What ends the reading of a request: a value that does not do, and the key that it stands at. */
export class Wrong extends Error {
  constructor(
    readonly path: string,
    message: string,
    readonly code = 'request-value',
  ) {
    super(message);
  }
}

/** Refuses the first key that is not known. */
export function refuseOthers(value: JsonObject, known: readonly string[], under = ''): void {
  const other = Object.keys(value).find((key) => !known.includes(key));
  if (other !== undefined)
    throw new Wrong(
      `${under}${other.slice(0, 80)}`,
      `"${other.slice(0, 80)}" is not known here; known are ${known.join(', ')}`,
      'request-key',
    );
}

/** A text, or `undefined` where there is none or null. */
export function text(value: JsonObject, key: string): string | undefined {
  const found = value[key];
  if (found === undefined || found === null) return undefined;
  if (typeof found !== 'string' || found === '') throw new Wrong(key, `${key} takes text`);
  return found;
}

/** True or false. */
export function flag(value: JsonObject, key: string, under = ''): boolean | undefined {
  const found = value[key];
  if (found === undefined || found === null) return undefined;
  if (typeof found !== 'boolean') throw new Wrong(`${under}${key}`, `${under}${key} takes true or false`);
  return found;
}

/** A whole number between two others, themselves among them. */
export function wholeNumber(value: JsonObject, key: string, min: number, max: number, under = ''): number | undefined {
  const found = value[key];
  if (found === undefined || found === null) return undefined;
  if (typeof found !== 'number' || !Number.isInteger(found) || found < min || found > max)
    throw new Wrong(`${under}${key}`, `${under}${key} takes a whole number from ${min} to ${max}`);
  return found;
}

/** One of a few words. */
export function choice<const C extends string>(value: JsonObject, key: string, choices: readonly C[], under = ''): C | undefined {
  const found = value[key];
  if (found === undefined || found === null) return undefined;
  const chosen = choices.find((each) => each === found);
  if (chosen === undefined) throw new Wrong(`${under}${key}`, `${under}${key} takes one of ${choices.join(', ')}`);
  return chosen;
}

/** A list of names that is not empty. */
export function listOfNames(value: JsonValue, path: string, what: string): readonly string[] {
  const names = isList(value) ? value.filter((each): each is string => typeof each === 'string' && each !== '') : [];
  if (!isList(value) || names.length === 0 || names.length !== value.length) throw new Wrong(path, `${path} takes ${what}`);
  return names;
}
