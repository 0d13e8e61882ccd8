import { isList, isObject, type JsonObject, type JsonValue } from '../../config/json';
import type { NameRule } from '../patterns/nameRules';
import { flag, isShellPattern, keeps, section, strings, text, withRules, type Block, type Listing, type Recipe } from '../recipe';
import { isKept, linearsOf, type KeepReason, type Scheme } from '../scheme';
import { bySource } from '../schemes/basis';
import { fp4 } from '../schemes/compressedTensors';
import { fp8Channel, fp8Tensor } from '../schemes/fp8';
import { quarkInt4 } from '../schemes/quark';
import { anyMatrix, linearLayers } from '../selection';
import type { StoredTensor } from '../storage';
import { positive, wholeOr } from './numbers';
import { nominal } from './unknown';

/**
 * `quant_method: quark` (AMD): a configuration for all layers, others by pattern, and patterns of what stays, the head among
 * them. A configuration for the class of linear layers comes before the one for all. Layers that a pattern gives no weight stay, too
 * (amd-quark, quark/torch/quantization/config/config.py, QConfig; model_transformation.py).
 */
export function readQuark(block: Block): Recipe {
  const { config } = block;
  const rules: NameRule<Scheme | KeepReason>[] = [...keeps(strings(config['exclude']), matched)];
  for (const [pattern, written] of Object.entries(section(config['layer_quant_config']))) {
    const outcome = schemeOf(section(written), anyMatrix);
    if (outcome === undefined) return nominal(block, 'quark');
    rules.push(matched<Scheme | KeepReason>(pattern, outcome));
  }
  const ofClass = section(config['layer_type_quant_config'])['Linear'];
  const fallback = schemeOf(section(isObject(ofClass) ? ofClass : config['global_quant_config']), linearLayers);
  if (fallback === undefined) return nominal(block, 'quark');
  const first = [fallback, ...rules.map(({ outcome }) => outcome)].find((outcome) => typeof outcome !== 'string');
  return first ? { name: first.name, fallback, ...withRules(block, rules) } : nominal(block, 'quark');
}

/** A whole name of a module, or a shell pattern for one (model_transformation.py: fnmatch). */
const matched: Listing = (pattern, outcome) => ({ kind: isShellPattern(pattern) ? 'glob' : 'exact', text: pattern, outcome });

/** The layout of a weight, or that it stays; `undefined` for one that is not known. */
function schemeOf(config: JsonObject, takes: Scheme['takes']): Scheme | KeepReason | undefined {
  const { weight } = config;
  if (weight === undefined || weight === null) return 'not-named';
  const spec = isList(weight) && weight.length === 1 ? weight[0] : weight;
  if (!isObject(spec)) return undefined;
  const scheme = ofSpec(spec);
  return scheme && { ...withScales(scheme, config), takes };
}

/**
 * Scalars for the values on either side of a layer where they were measured, also for those of a cache, which the config repeats
 * (export/nn/modules/qparamslinear_builder.py; export/main_export/model_post_process.py).
 */
function withScales(scheme: Scheme, config: JsonObject): Scheme {
  const sides = ['input', 'output'].filter((side) => isMeasured(config[`${side}_tensors`]));
  if (sides.length === 0) return scheme;
  return {
    ...scheme,
    store(matrix, context, entry) {
      const stored = scheme.store(matrix, context, entry);
      if (isKept(stored)) return stored;
      const { matrices: copies } = linearsOf(matrix, entry);
      return [...stored, ...sides.map((side): StoredTensor => ({ suffix: `${side}_scale`, dtype: context.kept, shape: [], copies }))];
    },
  };
}

const isMeasured = (spec: JsonValue | undefined): boolean =>
  isObject(spec) && !flag(spec, 'is_dynamic') && text(spec['qscheme']) === 'per_tensor';

function ofSpec(spec: JsonObject): Scheme | undefined {
  const dtype = text(spec['dtype']) ?? '';
  const scheme = text(spec['qscheme']) ?? '';
  const size = wholeOr(spec, 'group_size', 0, positive);
  if (dtype === 'fp8_e4m3' && scheme === 'per_tensor') return fp8Tensor({ name: 'quark-fp8', scalars: ['weight_scale'], basis: bySource });
  if (dtype === 'fp8_e4m3' && scheme === 'per_channel') return fp8Channel('quark-fp8-channel', undefined, linearLayers, bySource);
  if (/^fp[46]/.test(dtype) && scheme === 'per_group' && size > 0 && text(spec['scale_format']) === 'e8m0') {
    const bits = dtype === 'fp4' ? 4 : 6;
    return fp4({ name: `quark-mxfp${bits}`, bits, groupSize: size, scale: 'U8', scalars: [], suffix: 'weight', basis: bySource });
  }
  if (/^u?int4$/.test(dtype) && scheme === 'per_group' && size > 0) return quarkInt4(`quark-int4-g${size}`, size);
  return undefined;
}
