import { isList, isObject, type JsonObject } from '../../config/json';
import type { NameRule } from '../patterns/nameRules';
import { keeps, listed, strings, text, withRules, type Block, type Recipe } from '../recipe';
import type { KeepReason, Scheme } from '../scheme';
import { quanto, type QuantoType } from '../schemes/quanto';
import { anyMatrix, textOnly } from '../selection';
import { listedInVersion5, moduleRules, modulesOf, withHead } from '../transformersModules';
import { expertsWriterOf, expertsWriters, withOthers, type Writer } from '../writers';
import { nominal } from './unknown';

const types: Readonly<Record<string, QuantoType>> = { int8: 'int8', int4: 'int4', int2: 'int2', float8: 'float8', float8_e4m3fn: 'float8' };

const typeOf = (written: string | undefined): QuantoType | undefined => {
  const word = written?.replace(/^q/, '') ?? '';
  return Object.hasOwn(types, word) ? types[word] : undefined;
};

/**
 * `quant_method: quanto`: `weights` for all linear modules, towers included, as transformers' QuantoConfig names it; or `modules`, each with its own, as
 * optimum-quanto lists them in quanto_qmap.json (optimum/quanto/models/transformers_models.py).
 */
export function readQuanto(block: Block, told?: Writer): Recipe {
  const { config } = block;
  const { modules } = config;
  if (isObject(modules)) return ofModules(block, modules);
  const type = typeOf(text(config['weights']) ?? 'int8');
  if (!type) return nominal(block, 'quanto');
  const writer = expertsWriterOf(block.savedBy, told);
  const skipped = config['modules_to_not_convert'];
  const converted = modulesOf(moduleRules.quanto, writer);
  const everywhere = isList(skipped) ? withHead(converted) : converted;
  const scheme = quanto(type, block.inText ? textOnly(everywhere) : everywhere);
  return {
    name: scheme.name,
    fallback: scheme,
    writers: withOthers(writer, expertsWriters),
    ...withRules(block, keeps(strings(skipped), writer === 'transformers-5' ? listedInVersion5 : listed)),
  };
}

function ofModules(block: Block, modules: JsonObject): Recipe {
  const schemes = new Map<QuantoType, Scheme>();
  const rules: NameRule<Scheme | KeepReason>[] = [];
  for (const [module, written] of Object.entries(modules)) {
    const type = isObject(written) ? typeOf(text(written['weights'])) : undefined;
    if (!type) continue;
    let scheme = schemes.get(type);
    if (!scheme) schemes.set(type, (scheme = quanto(type, anyMatrix)));
    rules.push({ kind: 'exact', text: module, outcome: scheme });
  }
  const [first] = schemes.values();
  return first ? { name: first.name, fallback: 'not-named', ...withRules(block, rules) } : nominal(block, 'quanto');
}
