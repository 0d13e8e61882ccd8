import { isObject, type JsonObject } from '../../config/json';
import type { NameRule } from '../patterns/nameRules';
import { keeps, section, strings, withRules, type Block, type Recipe } from '../recipe';
import type { KeepReason, Scheme } from '../scheme';
import { bySource } from '../schemes/basis';
import { hqq, type HqqBits } from '../schemes/hqq';
import { anyMatrix, textOnly } from '../selection';
import { moduleRules, modulesOf, type Selection } from '../transformersModules';
import { expertsWriterOf, expertsWriters, hqqWriters, toldAmong, withOthers, type Writer } from '../writers';
import { nominal } from './unknown';

/** Bits as they are stored: 5 and 6 take a byte each, ternary weights two bits (hqq/core/quantize.py, bit_to_packing). */
const storedBits: Readonly<Record<string, HqqBits>> = { '1': 1, '1.58': 2, '2': 2, '3': 3, '4': 4, '5': 8, '6': 8, '8': 8 };

/**
 * `quant_method: hqq`: one set of parameters for all, or one for each kind of layer by its name without `model.layers.{n}`;
 * kinds that are not named stay (huggingface/transformers integrations/hqq.py, prepare_for_hqq_linear; all linear modules are
 * meant, in towers, too). HQQ's own save function writes the same block with the release of transformers beside which it ran: of
 * one before 5, which writes it too, that is assumed; version 5 quantizes nothing with HQQ.
 *
 * @param told the writer, where someone knows it
 */
export function readHqq(block: Block, told?: Writer): Recipe {
  const release = Number.parseInt(block.savedBy ?? '', 10);
  const writer = toldAmong(hqqWriters, told) ?? (release === 4 ? 'transformers-4-hqq' : 'hqq');
  const float32 = writer === 'transformers-4-hqq';
  const version = float32 ? 'transformers-4' : expertsWriterOf(block.savedBy, told);
  const converted = modulesOf(float32 ? { derived: true } : moduleRules.hqq, version);
  const modules = float32 && routersOfVersion4.has(block.modelType) ? withRouters(converted) : converted;
  const takes = block.inText ? textOnly(modules) : modules;
  const recipe = recipeOf(block, (settings, own = takes) => schemeOf(settings, float32, own));
  const writers = [...withOthers<Writer>(writer, hqqWriters), ...expertsWriters.filter((each) => each !== version)];
  if (release !== 4 || told !== undefined) return { ...recipe, writers };
  return { ...recipe, writers, basis: { kind: 'rule', reasons: ['hqq-by-version'] } };
}

/**
 * Types whose routers are linear modules up to version 4, and are quantized with the rest (huggingface/transformers 4.57:
 * models/mixtral/modeling_mixtral.py, and others like it).
 */
const routersOfVersion4: ReadonlySet<string> = new Set([
  ...['aria', 'ernie4_5_moe', 'flex_olmo', 'jamba', 'minimax', 'mixtral', 'olmoe', 'phimoe', 'qwen2_moe'],
  ...['qwen3_moe', 'qwen3_next', 'qwen3_omni_moe', 'qwen3_vl_moe'],
]);

const withRouters =
  (selection: Selection): Selection =>
  (entry) =>
    entry.role === 'router' ? undefined : selection(entry);

function recipeOf(block: Block, schemeOf: (settings: JsonObject, takes?: Scheme['takes']) => Scheme | undefined): Recipe {
  const { config } = block;
  const settings = section(config['quant_config']);
  const kept = keeps(strings(config['skip_modules']));
  const own = isObject(settings['weight_quant_params']) ? settings : isObject(config['weight_quant_params']) ? config : undefined;
  const all = own ? schemeOf(section(own['weight_quant_params'])) : schemeOf(config);
  if (all) return { name: all.name, fallback: all, ...withRules(block, kept) };
  const named = Object.entries(settings).flatMap(([kind, written]): NameRule<Scheme | KeepReason>[] => {
    const scheme = isObject(written) ? schemeOf(section(written['weight_quant_params']), anyMatrix) : undefined;
    return scheme ? [{ kind: 'name', text: kind, outcome: scheme }] : [];
  });
  const first = named.map(({ outcome }) => outcome).find((outcome) => typeof outcome !== 'string');
  if (!first) return nominal(block, 'hqq');
  return { name: first.name, fallback: 'not-named', ...withRules(block, [...kept, ...named]) };
}

function schemeOf({ nbits, group_size, axis, view_as_float }: JsonObject, float32: boolean, takes: Scheme['takes']): Scheme | undefined {
  const bits = storedBits[String(nbits)];
  const size = group_size === null ? null : group_size;
  if (bits === undefined || (size !== null && (typeof size !== 'number' || !Number.isInteger(size) || size < 1))) return undefined;
  return hqq({
    name: `hqq-int${String(nbits)}-${size === null ? 'channel' : `g${size}`}`,
    bits,
    groupSize: size,
    axis: axis === 0 ? 0 : 1,
    ternary: nbits === 1.58,
    float32,
    asFloats: view_as_float === true,
    basis: bySource,
    takes,
  });
}
