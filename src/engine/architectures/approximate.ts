import type { JsonObject } from '../config/json';
import type { FindingSink } from '../findings';
import type { Family } from './family';

/** The family that stands in for an unknown model type with a decoder's shape; `undefined` when the shape is not there. */
export function approximateFamily(_root: JsonObject, _sink: FindingSink): Family | undefined {
  return undefined;
}
