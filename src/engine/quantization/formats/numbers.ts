import type { JsonObject } from '../../config/json';
import { integer, type Block } from '../recipe';

export const positive = (value: number): boolean => value > 0 && value <= 2 ** 31;

/** A whole number that the writer's own config class has a default for: a finding only where it is written wrongly. */
export const numberOr = (block: Block, key: string, fallback: number, allowed: (value: number) => boolean): number =>
  block.config[key] === undefined || block.config[key] === null ? fallback : integer(block, [key], fallback, allowed);

/** A whole number of a section, or `fallback`. */
export function wholeOr(config: JsonObject, key: string, fallback: number, allowed: (value: number) => boolean): number {
  const value = config[key];
  return typeof value === 'number' && Number.isInteger(value) && allowed(value) ? value : fallback;
}
