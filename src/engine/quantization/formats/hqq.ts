import { isObject, type JsonObject } from '../../config/json';
import type { NameRule } from '../patterns/nameRules';
import { keeps, section, strings, withRules, type Block, type Recipe } from '../recipe';
import type { KeepReason, Scheme } from '../scheme';
import { bySource } from '../schemes/basis';
import { hqq, type HqqBits } from '../schemes/hqq';
import { anyMatrix, textOnly } from '../selection';
import { modulesOf } from '../transformersModules';
import { expertsWriterOf, expertsWriters, withOthers, type Writer } from '../writers';
import { nominal } from './unknown';

/** Bits as they are stored: 5 and 6 take a byte each, ternary weights two bits (hqq/core/quantize.py, bit_to_packing). */
const storedBits: Readonly<Record<string, HqqBits>> = { '1': 1, '1.58': 2, '2': 2, '3': 3, '4': 4, '5': 8, '6': 8, '8': 8 };

/**
 * `quant_method: hqq`: one set of parameters for all, or one for each kind of layer by its name without `model.layers.{n}`;
 * kinds that are not named stay. All linear modules are meant, in towers, too, and of derived classes (huggingface/transformers
 * integrations/hqq.py, prepare_for_hqq_linear).
 */
export function readHqq(block: Block, told?: Writer): Recipe {
  const { config } = block;
  const writer = expertsWriterOf(block.savedBy, told);
  const converted = modulesOf({ derived: true }, writer);
  const takes = block.inText ? textOnly(converted) : converted;
  const writers = withOthers(writer, expertsWriters);
  const settings = section(config['quant_config']);
  const kept = keeps(strings(config['skip_modules']));
  const own = isObject(settings['weight_quant_params']) ? settings : isObject(config['weight_quant_params']) ? config : undefined;
  const all = own ? schemeOf(section(own['weight_quant_params']), takes) : schemeOf(config, takes);
  if (all) return { name: all.name, fallback: all, writers, ...withRules(block, kept) };
  const named = Object.entries(settings).flatMap(([kind, written]): NameRule<Scheme | KeepReason>[] => {
    const scheme = isObject(written) ? schemeOf(section(written['weight_quant_params']), anyMatrix) : undefined;
    return scheme ? [{ kind: 'name', text: kind, outcome: scheme }] : [];
  });
  const first = named.map(({ outcome }) => outcome).find((outcome) => typeof outcome !== 'string');
  if (!first) return nominal(block, 'hqq');
  return { name: first.name, fallback: 'not-named', ...withRules(block, [...kept, ...named]) };
}

function schemeOf({ nbits, group_size, axis }: JsonObject, takes: Scheme['takes']): Scheme | undefined {
  const bits = storedBits[String(nbits)];
  const size = group_size === null ? null : group_size;
  if (bits === undefined || (size !== null && (typeof size !== 'number' || !Number.isInteger(size) || size < 1))) return undefined;
  return hqq({
    name: `hqq-int${String(nbits)}-${size === null ? 'channel' : `g${size}`}`,
    bits,
    groupSize: size,
    axis: axis === 0 ? 0 : 1,
    ternary: nbits === 1.58,
    basis: bySource,
    takes,
  });
}
