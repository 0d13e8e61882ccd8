import { exact } from '../../basis';
import { isList, isObject, type JsonObject, type JsonValue } from '../../config/json';
import type { NameRule } from '../patterns/nameRules';
import { flag, keeps, listed, section, strings, text, withRules, type Block, type Listing, type Recipe } from '../recipe';
import type { KeepReason, Scheme } from '../scheme';
import { bySource } from '../schemes/basis';
import { torchaoByte, torchaoInt4, torchaoInt4Tiles, torchaoIntx } from '../schemes/torchao';
import { anyMatrix, embeddingModules, textOnly } from '../selection';
import { listedAsParameters, moduleRules, modulesOf, withHead } from '../transformersModules';
import { expertsWriterOf, expertsWriters, withOthers, type Writer } from '../writers';
import { positive, wholeOr } from './numbers';
import { nominal } from './unknown';

/**
 * `quant_method: torchao`. `quant_type` is a word with `quant_type_kwargs` (before transformers 5), or a configuration of
 * torchao by class, `_type` and `_data`, under `default`; such a configuration may hold others by module
 * (pytorch/ao torchao/core/config.py, config_to_dict; quant_api.py, FqnToConfig). Without a list of modules to leave alone the
 * head stays; with one, exactly those of the list do (huggingface/transformers quantizers/base.py, get_modules_to_not_convert);
 * with `include_input_output_embeddings` the head never does (quantizer_torchao.py). Towers are converted as well. Experts are one parameter from version 5 of
 * transformers on, and stay. Held against what transformers 5.23 saves with torchao 0.18.
 */
export function readTorchao(block: Block, told?: Writer): Recipe {
  const { config } = block;
  const written = config['quant_type'];
  const typed = isObject(written) ? section(written['default']) : undefined;
  const includes = flag(config, 'include_input_output_embeddings');
  const skipped = config['modules_to_not_convert'];
  const writer = expertsWriterOf(block.savedBy, told);
  const kept = keeps(strings(skipped), writer === 'transformers-5' ? listedAsParameters : listed).filter(
    ({ text: name }) => !(includes && name.includes('lm_head')),
  );
  const takesHead = includes || isList(skipped);
  const converted = modulesOf(moduleRules.torchao, writer);
  const everywhere = takesHead ? withHead(converted) : converted;
  const takes = block.inText ? textOnly(everywhere) : everywhere;
  const writers = withOthers(writer, expertsWriters);
  const modules = typed && namedModules(typed);
  if (!modules) {
    const scheme = typed ? schemeOf(typed) : ofWord(text(written) ?? '', section(config['quant_type_kwargs']));
    return scheme ? { name: scheme.name, fallback: { ...scheme, takes }, writers, ...withRules(block, kept) } : nominal(block, 'torchao');
  }
  const rules: NameRule<Scheme | KeepReason>[] = [...kept];
  let fallback: Scheme | KeepReason = 'not-named';
  let embeddings: Scheme | undefined;
  const named: Scheme['takes'] = (entry) => (entry.role === 'head' && !takesHead ? 'head' : anyMatrix(entry));
  for (const [module, value] of Object.entries(modules).sort(byMatch)) {
    const scheme = isObject(value) ? schemeOf(value) : 'kept-by-name';
    if (!scheme) return nominal(block, 'torchao');
    if (module !== '_default') rules.push(matched(module, typeof scheme === 'string' ? scheme : { ...scheme, takes: named }));
    else if (typeof scheme !== 'string') {
      fallback = { ...scheme, takes };
      if (includes) embeddings = { ...scheme, takes: embeddingModules };
    }
  }
  const first = [fallback, ...rules.map(({ outcome }) => outcome)].find((outcome) => typeof outcome !== 'string');
  return first
    ? { name: first.name, fallback, ...(embeddings && { embeddings }), writers, ...withRules(block, rules) }
    : nominal(block, 'torchao');
}

/** Names come before expressions, which are tried as they stand (integrations/torchao.py, TorchAoQuantize.convert). */
const byMatch = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number =>
  Number(isExpression(a)) - Number(isExpression(b));
const isExpression = (module: string): boolean => module.startsWith('re:');

/** A name is whole, with `.weight` or without; an expression fits all of it. */
const matched: Listing = (module, outcome) =>
  isExpression(module)
    ? { kind: 'expression', text: `(?:${module.slice('re:'.length).replace(/\\?\.weight$/, '')})$`, outcome }
    : { kind: 'exact', text: module.replace(/\.weight$/, ''), outcome };

/** Configurations by module, under the keys of the class's versions. */
function namedModules({ _type, _data }: JsonObject): JsonObject | undefined {
  if (text(_type) !== 'ModuleFqnToConfig' && text(_type) !== 'FqnToConfig') return undefined;
  const data = section(_data);
  return section(data['fqn_to_config'] ?? data['module_fqn_to_config']);
}

/** Words of transformers before 5, and the classes that they stood for. */
const classOf: Readonly<Record<string, string>> = {
  int4_weight_only: 'Int4WeightOnlyConfig',
  int8_weight_only: 'Int8WeightOnlyConfig',
  int8_dynamic_activation_int8_weight: 'Int8DynamicActivationInt8WeightConfig',
  float8_weight_only: 'Float8WeightOnlyConfig',
  float8_dynamic_activation_float8_weight: 'Float8DynamicActivationFloat8WeightConfig',
};

const ofWord = (word: string, kwargs: JsonObject): Scheme | undefined => {
  const type = classOf[word];
  return type === undefined ? undefined : schemeOf({ _type: type, _data: kwargs });
};

function schemeOf({ _type, _data }: JsonObject): Scheme | undefined {
  const data = section(_data);
  switch (text(_type)) {
    case 'Int4WeightOnlyConfig': {
      const size = wholeOr(data, 'group_size', 128, positive);
      return int4(data, `torchao-int4-g${size}`, size);
    }
    case 'Int8WeightOnlyConfig':
    case 'Int8DynamicActivationInt8WeightConfig':
      return torchaoByte({ name: 'torchao-int8', dtype: 'I8', basis: exact });
    case 'IntxWeightOnlyConfig':
      return integers(data, data['weight_dtype'], data['granularity'], data['scale_dtype']);
    case 'Int8DynamicActivationIntxWeightConfig':
      return integers(data, data['weight_dtype'], data['weight_granularity'], data['weight_scale_dtype']);
    case 'Float8WeightOnlyConfig':
      return float8({});
    case 'Float8DynamicActivationFloat8WeightConfig':
      return float8({ perTensor: !perRow(data['granularity']), multiplied: true });
    case 'Float8StaticActivationFloat8WeightConfig':
      return float8({ perTensor: !perRow(data['granularity']) });
    default:
      return undefined;
  }
}

/**
 * Four bits as they are packed: the plain way, or in tiles. Those of other devices are no tensors that the writer puts into
 * safetensors, or not known (torchao/prototype/safetensors/safetensors_utils.py, ALLOWED_TENSORS_SUBCLASSES).
 */
function int4(data: JsonObject, name: string, size: number): Scheme | undefined {
  const packing = data['int4_packing_format'];
  const format = (text(section(packing)['_data']) ?? text(packing) ?? 'plain').toLowerCase();
  if (format === 'plain') return torchaoInt4(name, size, bySource);
  if (format !== 'tile_packed_to_4d') return undefined;
  return torchaoInt4Tiles(
    `${name}-tiles`,
    size,
    wholeOr(data, 'int4_tile_packed_ntile', 8, (rows) => rows === 8 || rows === 16),
  );
}

/** The packing that `IntxWeightOnlyConfig` and its kin have when they name none. */
const unpacked = 'UNPACKED_TO_INT8';

/** Integers of any width in a byte each; other packings are those of a device. */
function integers(
  data: JsonObject,
  dtype: JsonValue | undefined,
  granularity: JsonValue | undefined,
  scale: JsonValue | undefined,
): Scheme | undefined {
  const packing = text(section(data['intx_packing_format'])['_data']) ?? unpacked;
  const bits = Number(/^int([1-8])$/.exec(text(dtype) ?? text(section(dtype)['_data']) ?? 'int8')?.[1]);
  if (packing.toUpperCase() !== unpacked || !Number.isInteger(bits) || (scale !== undefined && scale !== null)) return undefined;
  const size = wholeOr(section(section(granularity)['_data']), 'group_size', 0, positive);
  const groupSize = text(section(granularity)['_type']) === 'PerGroup' && size > 0 ? size : null;
  return torchaoIntx(`torchao-int${bits}-${groupSize === null ? 'channel' : `g${groupSize}`}-in-int8`, groupSize);
}

const float8 = (how: { readonly perTensor?: boolean; readonly multiplied?: boolean }): Scheme =>
  torchaoByte({ name: how.perTensor ? 'torchao-float8-tensor' : 'torchao-float8', dtype: 'F8_E4M3', ...how, basis: exact });

/** A granularity, or one for activations and one for weights; per tensor when none is given (quant_api.py). */
const perRow = (value: JsonValue | undefined): boolean => JSON.stringify(value ?? null).includes('PerRow');
