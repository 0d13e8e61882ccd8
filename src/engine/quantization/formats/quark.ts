import { isList, isObject, type JsonObject, type JsonValue } from '../../config/json';
import type { NameRule } from '../patterns/nameRules';
import { flag, isShellPattern, keeps, section, strings, text, withRules, type Block, type Listing, type Recipe } from '../recipe';
import { isKept, linearsOf, type KeepReason, type Scheme } from '../scheme';
import { fp4 } from '../schemes/compressedTensors';
import { fp8Vector } from '../schemes/fp8';
import { quarkFp8Tensor, quarkInt4, quarkInt4InFp8, quarkInt8 } from '../schemes/quark';
import { anyMatrix, linearLayers, linearModules } from '../selection';
import type { StoredDtype, StoredTensor } from '../storage';
import { asOfVersion5 } from '../transformersModules';
import { expertsWriters, toldAmong, withOthers, type Writer } from '../writers';
import { positive, wholeOr } from './numbers';
import { nominal } from './unknown';

/**
 * `quant_method: quark` (AMD): a configuration for all layers, others by pattern, and patterns of what stays; the head does
 * where they name it. A configuration for the class of linear layers comes before the one for all. Layers that a pattern gives no weight stay, too
 * (amd-quark, quark/torch/quantization/config/config.py, QConfig; model_transformation.py). Experts in one parameter are taken apart
 * first, in the program's own scripts and from file to file (utils/llm/module_replacement/quark_experts.py, weight_convert.py); a model
 * that transformers 5 loaded and nobody prepared keeps them.
 */
export function readQuark(block: Block, told?: Writer): Recipe {
  const { config } = block;
  const writer = toldAmong(expertsWriters, told) ?? 'transformers-4';
  const taking = (takes: Scheme['takes']): Scheme['takes'] => (writer === 'transformers-5' ? asOfVersion5(takes) : takes);
  const rules: NameRule<Scheme | KeepReason>[] = [...keeps(strings(config['exclude']), matched)];
  for (const [pattern, written] of Object.entries(section(config['layer_quant_config']))) {
    const outcome = schemeOf(section(written), taking(anyMatrix));
    if (outcome === undefined) return nominal(block, 'quark');
    rules.push(matched<Scheme | KeepReason>(pattern, outcome));
  }
  const ofClass = section(config['layer_type_quant_config'])['Linear'];
  const fallback = schemeOf(
    section(isObject(ofClass) ? ofClass : config['global_quant_config']),
    taking(block.inText ? linearLayers : linearModules),
  );
  if (fallback === undefined) return nominal(block, 'quark');
  const first = [fallback, ...rules.map(({ outcome }) => outcome)].find((outcome) => typeof outcome !== 'string');
  const writers = withOthers(writer, expertsWriters);
  return first ? { name: first.name, fallback, writers, ...withRules(block, rules) } : nominal(block, 'quark');
}

/** A whole name of a module, or a shell pattern for one (model_transformation.py: fnmatch). */
const matched: Listing = (pattern, outcome) => ({ kind: isShellPattern(pattern) ? 'glob' : 'exact', text: pattern, outcome });

/** The layout of a weight, or that it stays; `undefined` for one that is not known. */
function schemeOf(config: JsonObject, takes: Scheme['takes']): Scheme | KeepReason | undefined {
  const { weight } = config;
  if (weight === undefined || weight === null) return 'not-named';
  const [first, second, ...more] = specsOf(weight);
  const scheme = first && more.length === 0 ? (second ? ofTwo(first, second) : ofSpec(first)) : undefined;
  return scheme && { ...withScales(scheme, config), takes };
}

/** A specification, or several that are applied one after the other. */
const specsOf = (written: JsonValue | undefined): readonly JsonObject[] =>
  (isList(written) ? written : [written]).filter((spec): spec is JsonObject => isObject(spec));

/**
 * Scalars for the values on either side of a layer where they were measured, also for those of a cache, which the config repeats
 * (export/nn/modules/qparamslinear_builder.py; export/main_export/model_post_process.py). Integers have a zero point beside.
 */
function withScales(scheme: Scheme, config: JsonObject): Scheme {
  const sides = ['input', 'output'].flatMap((side) =>
    specsOf(config[`${side}_tensors`]).flatMap((spec, at) => (isMeasured(spec) ? [{ side, spec, name: scaleName(side, at) }] : [])),
  );
  if (sides.length === 0) return scheme;
  return {
    ...scheme,
    store(matrix, context, entry) {
      const stored = scheme.store(matrix, context, entry);
      if (isKept(stored)) return stored;
      const { matrices: copies } = linearsOf(matrix, entry);
      return [
        ...stored,
        ...sides.flatMap(({ side, spec, name }): readonly StoredTensor[] => {
          const scale: StoredTensor = { suffix: name, dtype: scaleOf(spec) ?? context.kept, shape: [], copies };
          return isInt8(spec)
            ? [
                { ...scale, dtype: 'F32' },
                { ...scale, suffix: `${side}_zero_point`, dtype: 'I8' },
              ]
            : [scale];
        }),
      ];
    },
  };
}

/** The scale of a second specification is numbered. */
const scaleName = (side: string, at: number): string => (at === 0 ? `${side}_scale` : `${side}_scale_${at + 1}`);

const isMeasured = (spec: JsonObject): boolean => !flag(spec, 'is_dynamic') && text(spec['qscheme']) === 'per_tensor';

const isInt8 = (spec: JsonObject): boolean => text(spec['dtype']) === 'int8';

/** The type of scales where `scale_type` names one; `float` is the model's own (quantization/config/type.py, ScaleType). */
function scaleOf(spec: JsonObject): StoredDtype | undefined {
  const types: Readonly<Record<string, StoredDtype>> = { float32: 'F32', float16: 'F16', bfloat16: 'BF16' };
  const written = text(spec['scale_type']) ?? '';
  return Object.hasOwn(types, written) ? types[written] : undefined;
}

/** Types of scales that are a byte each; E5M3 has none in safetensors. */
const byteScales: Readonly<Record<string, StoredDtype>> = { e8m0: 'U8', e5m3: 'U8', fp8_e4m3: 'F8_E4M3', fp8_e5m3: 'U8' };

function ofSpec(spec: JsonObject): Scheme | undefined {
  const dtype = text(spec['dtype']) ?? '';
  const scheme = text(spec['qscheme']) ?? '';
  const size = wholeOr(spec, 'group_size', 0, positive);
  const format = text(spec['scale_format']) ?? '';
  if (isInt8(spec) && scheme === 'per_tensor') return quarkInt8('quark-int8');
  if (dtype === 'fp8_e4m3' && scheme === 'per_tensor') return quarkFp8Tensor('quark-fp8', ['weight_scale'], scaleOf(spec));
  if (dtype === 'fp8_e4m3' && scheme === 'per_channel') return fp8Vector('quark-fp8-channel', scaleOf(spec));
  if (/^fp[46]/.test(dtype) && scheme === 'per_group' && size > 0 && /^e(8m0|5m3)$/.test(format))
    return floats(`quark-${format === 'e8m0' ? 'mx' : 'amd'}${dtype.slice(0, 3)}`, dtype === 'fp4' ? 4 : 6, size, format);
  if (/^u?int4$/.test(dtype) && scheme === 'per_group' && size > 0) return quarkInt4(`quark-int4-g${size}`, size, scaleOf(spec));
  if (/^u?int4$/.test(dtype) && scheme === 'per_channel') return quarkInt4('quark-int4-channel', null, scaleOf(spec));
  return undefined;
}

/** Scales that are scaled themselves: NVFP4 and AMD's FP4 with a scale over all, and rows of INT4 within FP8. */
function ofTwo(first: JsonObject, second: JsonObject): Scheme | undefined {
  const [dtype, other] = [text(first['dtype']), text(second['dtype']) ?? ''];
  const size = wholeOr(first, 'group_size', 0, positive);
  if (dtype === 'fp4' && size > 0 && flag(second, 'is_scale_quant') && Object.hasOwn(byteScales, other))
    return floats(other === 'fp8_e4m3' ? 'quark-nvfp4' : 'quark-amdfp4-global', 4, size, other, ['weight_scale_2']);
  if (dtype === 'fp8_e4m3' && other === 'int4' && text(second['qscheme']) === 'per_channel') return quarkInt4InFp8('quark-int4-fp8');
  return undefined;
}

const floats = (name: string, bits: 4 | 6, groupSize: number, format: string, scalars: readonly string[] = []): Scheme =>
  fp4({ name, bits, groupSize, scale: byteScales[format] ?? 'U8', scalars, suffix: 'weight' });
