import { isObject, type JsonObject } from '../../config/json';
import type { NameRule } from '../patterns/nameRules';
import { section } from '../recipe';
import type { KeepReason, Scheme } from '../scheme';

/**
 * GPTQModel's `dynamic`, whatever the method: expressions that skip modules (`-:`) or give them other bits or groups (`+:` or no
 * sign); the first match holds (ModelCloud/GPTQModel gptqmodel/quantization/config.py, dynamic_get).
 *
 * @param changed the scheme of modules for which the block is changed so
 */
export const dynamicRules = (config: JsonObject, changed: (changes: JsonObject) => Scheme): NameRule<Scheme | KeepReason>[] =>
  Object.entries(section(config['dynamic'])).map(([pattern, changes]) => {
    const text = pattern.replace(/^[+-]:/, '');
    if (pattern.startsWith('-:')) return { kind: 'expression', text, outcome: 'kept-by-name' };
    return { kind: 'expression', text, outcome: changed(isObject(changes) ? changes : {}) };
  });

/** The group of changed modules: what they name, else the block's; null for the whole row. */
export function changedGroup({ group_size: given }: JsonObject, size: number | null): number | null {
  return typeof given === 'number' && Number.isInteger(given) ? (given > 0 ? given : null) : size;
}
