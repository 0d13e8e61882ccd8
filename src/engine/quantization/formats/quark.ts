import { isList, isObject, type JsonObject, type JsonValue } from '../../config/json';
import type { NameRule } from '../patterns/nameRules';
import { flag, keeps, listed, section, strings, text, withRules, type Block, type Recipe } from '../recipe';
import type { KeepReason, Scheme } from '../scheme';
import { bySource } from '../schemes/basis';
import { fp4 } from '../schemes/compressedTensors';
import { fp8Channel, fp8Tensor } from '../schemes/fp8';
import { quarkInt4 } from '../schemes/quark';
import { anyMatrix, linearLayers } from '../selection';
import { positive, wholeOr } from './numbers';
import { nominal } from './unknown';

/**
 * `quant_method: quark` (AMD): a configuration for all layers, others by pattern, and patterns of what stays, the head among
 * them. Layers that a pattern gives no weight stay, too (amd-quark, quark/torch/quantization/config/config.py, QConfig).
 */
export function readQuark(block: Block): Recipe {
  const { config } = block;
  const rules: NameRule<Scheme | KeepReason>[] = [...keeps(strings(config['exclude']))];
  for (const [pattern, written] of Object.entries(section(config['layer_quant_config']))) {
    const outcome = schemeOf(section(written), anyMatrix);
    if (outcome === undefined) return nominal(block, 'quark');
    rules.push(listed<Scheme | KeepReason>(pattern, outcome));
  }
  const fallback = schemeOf(section(config['global_quant_config']), linearLayers);
  if (fallback === undefined) return nominal(block, 'quark');
  const first = [fallback, ...rules.map(({ outcome }) => outcome)].find((outcome) => typeof outcome !== 'string');
  return first ? { name: first.name, fallback, ...withRules(block, rules) } : nominal(block, 'quark');
}

/** The layout of a weight, or that it stays; `undefined` for one that is not known. */
function schemeOf(config: JsonObject, takes: Scheme['takes']): Scheme | KeepReason | undefined {
  const { weight } = config;
  if (weight === undefined || weight === null) return 'not-named';
  const spec = isList(weight) && weight.length === 1 ? weight[0] : weight;
  if (!isObject(spec)) return undefined;
  const scheme = ofSpec(spec, config['input_tensors']);
  return scheme && { ...scheme, takes };
}

function ofSpec(spec: JsonObject, inputs: JsonValue | undefined): Scheme | undefined {
  const dtype = text(spec['dtype']) ?? '';
  const scheme = text(spec['qscheme']) ?? '';
  const size = wholeOr(spec, 'group_size', 0, positive);
  const staticInput = isObject(inputs) && !flag(inputs, 'is_dynamic');
  if (dtype === 'fp8_e4m3' && scheme === 'per_tensor')
    return fp8Tensor({ name: 'quark-fp8', scalars: ['weight_scale', ...(staticInput ? ['input_scale'] : [])], basis: bySource });
  if (dtype === 'fp8_e4m3' && scheme === 'per_channel') return fp8Channel('quark-fp8-channel', undefined, linearLayers, bySource);
  if (/^fp[46]/.test(dtype) && scheme === 'per_group' && size > 0 && text(spec['scale_format']) === 'e8m0') {
    const bits = dtype === 'fp4' ? 4 : 6;
    return fp4({ name: `quark-mxfp${bits}`, bits, groupSize: size, scale: 'U8', scalars: [], suffix: 'weight', basis: bySource });
  }
  if (/^u?int4$/.test(dtype) && scheme === 'per_group' && size > 0) return quarkInt4(`quark-int4-g${size}`, size);
  return undefined;
}
