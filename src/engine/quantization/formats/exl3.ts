import type { Basis } from '../../basis';
import { isObject, type JsonObject } from '../../config/json';
import type { NameRule } from '../patterns/nameRules';
import { section, text, withRules, type Block, type Recipe } from '../recipe';
import type { KeepReason, Scheme } from '../scheme';
import { bySource } from '../schemes/basis';
import { exl3, type Exl3Layout } from '../schemes/exl3';
import { anyMatrix } from '../selection';
import { averageBits, exllamaName } from './exllama';
import { numberOr, wholeOr } from './numbers';

const widths = (bits: number): boolean => bits >= 1 && bits <= 8;

/**
 * `quant_method: exl3`: the average of the layers as it came out, and the head's bits. `tensor_storage`, which stands in
 * quantization_config.json, tells each layer's own bits and tensors (turboderp-org/exllamav3
 * exllamav3/conversion/quant_config.py).
 */
export function readExl3(block: Block): Recipe {
  const { config } = block;
  const bits = averageBits(block);
  const headBits = numberOr(block, 'head_bits', 6, (value) => widths(value) || value === 16);
  const name = exllamaName('exl3', bits);
  const average: Basis = { kind: 'rule', reasons: Number.isInteger(bits) ? ['exllama-layers'] : ['exllama-layers', 'bits-by-priority'] };
  const storage = section(config['tensor_storage']);
  const rules = storageRules(name, storage);
  const head = headBits === 16 ? undefined : headBits;
  // Files from before the option have no tensor for the codebook.
  const fallback = exl3({ name, bits, headBits: head, codebook: codebookOf(text(config['codebook'])), basis: average });
  const storesHead = rules.length > 0 ? isQuantized(section(storage['lm_head'])) : head !== undefined;
  return { name, fallback, ...(storesHead && { storesTiedHead: true as const }), ...withRules(block, rules) };
}

const codebookOf = (written: string | undefined): NonNullable<Exl3Layout['codebook']> =>
  written === 'mcg' || written === 'mul1' ? written : '3inst';

const isQuantized = (stored: JsonObject): boolean => stored['quant_format'] === 'exl3';

/** One rule per module that is listed: its own layout, or none. */
function storageRules(name: string, storage: JsonObject): readonly NameRule<Scheme | KeepReason>[] {
  const known = new Map<string, Scheme>();
  return Object.entries(storage).flatMap(([module, stored]): NameRule<Scheme | KeepReason>[] => {
    if (!isObject(stored)) return [];
    if (!isQuantized(stored)) return [{ kind: 'name', text: module, outcome: 'kept-by-name' }];
    const tensors = section(stored['stored_tensors']);
    const has = (suffix: string): boolean => tensors[`${module}.${suffix}`] !== undefined;
    const bits = wholeOr(stored, 'bits_per_weight', 4, widths);
    const signs = has('su') ? 'bits' : 'values';
    const codebook = has('mcg') ? 'mcg' : has('mul1') ? 'mul1' : '3inst';
    const print = `${bits} ${signs} ${codebook}`;
    let scheme = known.get(print);
    if (!scheme) known.set(print, (scheme = exl3({ name, bits, signs, codebook, basis: bySource, takes: anyMatrix })));
    return [{ kind: 'name', text: module, outcome: scheme }];
  });
}
