import { brief, isObject, type JsonObject, type JsonValue } from '../config/json';
import type { ConfigPath, Finding } from '../findings';
import type { Section } from '../insights/sections';
import type { Rule } from './rule';

/** What a key of positions must hold where it stands; no size follows from any of them. */
const expected: Readonly<Record<string, readonly [text: string, fits: (value: JsonValue) => boolean]>> = {
  rope_theta: ['number 0..1000000000000', isPositive],
  factor: ['number 0..1000000000000', isPositive],
  original_max_position_embeddings: ['integer 1..2147483647', isCount],
  sliding_window: ['integer 1..2147483647', isCount],
  attention_chunk_size: ['integer 1..2147483647', isCount],
  partial_rotary_factor: ['number 0..1', (value) => typeof value === 'number' && value >= 0 && value <= 1],
};
const holders = ['rope_scaling', 'rope_parameters'] as const;

function isPositive(value: JsonValue): boolean {
  return typeof value === 'number' && Number.isFinite(value) && value > 0;
}
function isCount(value: JsonValue): boolean {
  return Number.isInteger(value) && (value as number) > 0;
}

/**
 * Rotary positions that the reference refuses to read (modeling_rope_utils.py, RotaryEmbeddingConfigMixin.validate_rope), and
 * windows that are no numbers: figures do not depend on the first, and take the second for absent.
 */
export const positions: Rule = ({ parts }) => parts.flatMap(({ section }) => [...ofSection(section)]);

function* ofSection({ written, path, ownName }: Section): Generator<Finding> {
  // What a family reads itself is checked where it is read.
  yield* wrongIn(
    written,
    path,
    ['rope_theta', 'partial_rotary_factor', 'sliding_window', 'attention_chunk_size'].filter((key) => ownName(key) === undefined),
  );
  for (const holder of holders) {
    const value = written[holder];
    if (value === undefined || value === null) continue;
    if (!isObject(value)) yield unusable([...path, holder], 'object', value);
    else yield* wrongIn(value, [...path, holder], ['rope_theta', 'factor', 'original_max_position_embeddings', 'partial_rotary_factor']);
  }
}

function* wrongIn(written: JsonObject, path: ConfigPath, keys: readonly string[]): Generator<Finding> {
  for (const key of keys) {
    const value = written[key];
    const [text, fits] = expected[key] ?? [];
    if (value !== undefined && value !== null && text !== undefined && fits && !fits(value)) yield unusable([...path, key], text, value);
  }
}

const unusable = (path: ConfigPath, text: string, value: JsonValue): Finding => ({
  code: 'unusable-value',
  severity: 'error',
  path,
  values: { expected: text, found: brief(value) },
});
