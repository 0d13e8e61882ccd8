import { isObject, type JsonObject } from '../../config/json';
import { RunError } from './run';

/**
 * The object that a flag's text holds.
 *
 * @throws RunError where it is no JSON, or no object.
 */
export function jsonFlag(text: string, flag: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new RunError('flag-json', `${flag} takes JSON, not ${text.slice(0, 80)}`, `options.${flag}`);
  }
  if (!isObject(value as never))
    throw new RunError('flag-json', `${flag} takes a JSON object, not ${text.slice(0, 80)}`, `options.${flag}`);
  return value as JsonObject;
}
