import { exact, weakest, type Basis } from '../../basis';
import { isObject, type JsonObject, type JsonValue } from '../../config/json';
import type { NameRule } from '../patterns/nameRules';
import { keeps, listed, section, strings, text, withRules, type Block, type Recipe } from '../recipe';
import type { KeepReason, Scheme } from '../scheme';
import { fp4, plain } from '../schemes/compressedTensors';
import { fp8Block, fp8Tensor, fp8Vector } from '../schemes/fp8';
import { int4Awq, int8Rows, withLowRank } from '../schemes/modelopt';
import { foldsIntoLinear, smoothed } from '../schemes/smoothing';
import { anyMatrix, linearLayers, plainLinearLayers } from '../selection';
import type { StoredTensor } from '../storage';
import { smoothingWriters, toldAmong, withOthers, type SmoothingWriter, type Writer } from '../writers';
import { readFp8 } from './fp8';
import { positive, wholeOr } from './numbers';
import { nominal } from './unknown';

const rule = (reason: string): Basis => ({ kind: 'rule', reasons: [reason] });

/** Four bits with a scale per group, and what is scaled beside. */
const nvfp4 = (name: string, groupSize: number, takes: Scheme['takes'], scalars = ['weight_scale_2', 'input_scale']): Scheme =>
  fp4({ name, groupSize, scale: 'F8_E4M3', scalars, suffix: 'weight', takes });
const mxfp4 = (name: string, takes: Scheme['takes']): Scheme =>
  fp4({ name, groupSize: 32, scale: 'U8', scalars: [], suffix: 'weight', takes });

/** What a layout depends on beside the algorithm's name. */
interface Layer {
  readonly takes: Scheme['takes'];
  readonly groupSize: number | undefined;
  readonly modelType: string;
  readonly writer: SmoothingWriter | undefined;
  /** Of SVDQuant's factors, where the block tells. */
  readonly rank?: number | undefined;
}

/** Algorithms whose block says nothing of factors, which calibration may or may not have put beside the layers. */
const smoothable: ReadonlySet<string> = new Set(['W4A16_AWQ', 'W8A8_SQ_PER_CHANNEL']);

/**
 * Layouts by the algorithm's name (NVIDIA/Model-Optimizer modelopt/torch/export/quant_utils.py, process_layer_quant_config; one
 * that it has no name for is called by its own: fp8_pb_wo, mxfp4).
 */
function schemeOf(algorithm: string, { takes, groupSize, modelType, writer, rank }: Layer): Scheme | undefined {
  const rounded = writer === 'modelopt-rounded';
  switch (algorithm) {
    case 'FP8':
      return fp8Tensor({ name: 'fp8-tensor', scalars: ['weight_scale', 'input_scale'], scale: 'F32', basis: exact, takes });
    case 'FP8_PER_CHANNEL_PER_TOKEN':
      return fp8Vector('fp8-channel', 'F32', takes);
    case 'FP8_PB_WO':
      return fp8Block({ name: 'fp8-block128', suffix: 'weight_scale', keepsSides: true, takes });
    case 'MXFP8':
      return plain({ name: 'mxfp8', dtype: 'F8_E4M3', strategy: 'group', groupSize: 32, scale: 'U8', takes });
    case 'MXFP4':
      return mxfp4('mxfp4', takes);
    case 'W4A8_MXFP4_FP8':
      return mxfp4('mxfp4-fp8', takes);
    case 'NVFP4':
      return nvfp4('nvfp4', groupSize ?? 16, takes);
    case 'W4A8_NVFP4_FP8':
      return nvfp4('nvfp4-fp8', groupSize ?? 32, takes);
    case 'NVFP4_AWQ':
      return smoothed(nvfp4('nvfp4-awq', groupSize ?? 16, takes), { intoLinear: foldsIntoLinear(modelType) });
    case 'NVFP4_SVD':
      return {
        ...withLowRank(smoothed(nvfp4('nvfp4-svd', groupSize ?? 16, takes), 'in-place'), rank ?? 32),
        ...(rank === undefined && { basis: rule('svd-rank') }),
      };
    case 'W4A16_NVFP4':
      return nvfp4('nvfp4-w4a16', groupSize ?? 16, takes, ['weight_scale_2']);
    case 'W4A16_AWQ':
    case 'W4A8_AWQ': {
      const fp8Activations = algorithm === 'W4A8_AWQ';
      const name = algorithm.toLowerCase().replace('_', '-');
      return { ...int4Awq({ name, groupSize: groupSize ?? 128, fp8Activations }, rounded ? 'none' : { intoLinear: false }), takes };
    }
    case 'W8A8_SQ_PER_CHANNEL':
      return smoothed(int8Rows('w8a8-int8-sq', ['input_scale'], takes), rounded ? 'none' : 'in-place');
    case 'W8A16':
      return int8Rows('w8a16-int8', [], takes);
    default:
      return undefined;
  }
}

/**
 * Model types exported from Megatron, which takes the layers for further tokens over from the model as they are
 * (modelopt/torch/export/unified_export_megatron.py, _get_mtp_state_dict).
 */
const takesFurtherLayers: ReadonlySet<string> = new Set(['nemotron_h']);

/** NVIDIA ModelOpt, in config.json or as its own hf_quant_config.json. What `exclude_modules` or `ignore` names is left alone. */
export function readModelOpt(block: Block, told?: Writer): Recipe {
  const { config, modelType } = block;
  const writer = toldAmong(smoothingWriters, told);
  const algorithm = (text(config['quant_algo']) ?? algorithmOf(config) ?? '').toUpperCase();
  const further = takesFurtherLayers.has(modelType);
  const kept = [...keeps(strings(config['exclude_modules'])), ...keeps(strings(config['ignore'])), ...(further ? keeps(['mtp*']) : [])];
  const saved = further ? ({ savesUnloaded: true } as const) : {};
  const rules: NameRule<Scheme | KeepReason>[] = [...kept];
  if (algorithm === 'MIXED_PRECISION') {
    // One scheme per algorithm, so that thousands of named layers share it.
    const schemes = new Map<string, Scheme | undefined>();
    for (const [name, layer] of Object.entries(section(config['quantized_layers']))) {
      const own = (text(section(layer)['quant_algo']) ?? '').toUpperCase();
      if (!schemes.has(own)) schemes.set(own, schemeOf(own, { takes: anyMatrix, groupSize: groupSizeOf(layer), modelType, writer }));
      const scheme = schemes.get(own);
      if (scheme) rules.push(listed<Scheme>(name, scheme));
    }
    const [first] = schemes.values();
    const otherwise = first ? { otherwise: { ...first, takes: linearLayers } } : {};
    // Experts of an FP8 checkpoint converted anew: what is not named is as it was, in the files' own FP8.
    if (text(config['quant_method'])?.toLowerCase() === 'fp8') {
      const { fallback, basis = exact } = readFp8(block);
      const named = withRules(block, rules.slice(kept.length));
      return { name: 'mixed', fallback, ...otherwise, ...named, basis: weakest(basis, rule('modelopt-layout')), savesUnloaded: true };
    }
    return { name: 'mixed', fallback: 'not-named', ...otherwise, ...saved, ...withRules(block, rules), ...cacheScales(block) };
  }
  const scheme = schemeOf(algorithm, {
    takes: plainLinearLayers,
    groupSize: groupSizeOf(config),
    modelType,
    writer,
    rank: wholeOr(config, 'lora_rank', 0, positive) || undefined,
  });
  const forCache = isObject(config['kv_cache_scheme']) || text(config['kv_cache_quant_algo']) !== undefined;
  if (!scheme && algorithm === '' && forCache)
    return { name: 'modelopt', fallback: 'not-named', keepsWeights: true, ...cacheScales(block) };
  if (!scheme) return nominal(block, `modelopt ${algorithm}`.trimEnd());
  const writers = smoothable.has(algorithm) ? { writers: withOthers(writer ?? smoothingWriters[0], smoothingWriters) } : {};
  return { name: scheme.name, fallback: scheme, ...writers, ...saved, ...withRules(block, rules), ...cacheScales(block) };
}

const groupSizeOf = (config: JsonValue | undefined): number | undefined => {
  const size = section(config)['group_size'];
  return typeof size === 'number' && Number.isInteger(size) && size > 0 ? size : undefined;
};

/** The algorithm that a group of the newer form describes. */
function algorithmOf(config: JsonObject): string | undefined {
  const weights = section(section(Object.values(section(config['config_groups']))[0])['weights']);
  if (text(weights['type']) !== 'float') return undefined;
  return weights['num_bits'] === 4 ? 'NVFP4' : weights['num_bits'] === 8 ? 'FP8' : undefined;
}

/** Formats of a cache whose scales the export takes, and the bits by which the block names them. */
const cacheFormats: readonly string[] = ['FP8', 'NVFP4', 'NVFP4_AFFINE'];
const cacheByBits: ReadonlyMap<unknown, string> = new Map([
  [8, 'FP8'],
  [4, 'NVFP4'],
]);

/**
 * F32 scalars for keys and values where the cache is FP8 or NVFP4, and a bias for each of their outputs where it is affine
 * (modelopt/torch/export/quant_utils.py, _postprocess_single_tensor; modelopt_recipes/configs/ptq/units/kv_nvfp4_affine.yaml).
 */
function cacheScales({ config, kept, kvHeads }: Block): Pick<Recipe, 'extra' | 'basis'> {
  const scheme = config['kv_cache_scheme'] ?? config['kv_cache_quant_algo'];
  const algorithm = isObject(scheme) ? cacheByBits.get(scheme['num_bits']) : text(scheme)?.toUpperCase();
  if (algorithm === undefined || !cacheFormats.includes(algorithm)) return {};
  const isAffine = algorithm === 'NVFP4_AFFINE';
  return {
    ...(isAffine && { basis: rule('modelopt-layout') }),
    extra({ name, shape }) {
      // Layers beside the model have not been run, so that nothing of theirs was measured.
      const which = name.startsWith('mtp.') ? undefined : /\.([kv])_proj\.weight$/.exec(name)?.[1];
      if (which === undefined) return [];
      const scale: StoredTensor = { suffix: `${which}_scale`, dtype: 'F32', shape: [], copies: 1 };
      if (!isAffine) return [scale];
      const [outputs = 1] = shape;
      const heads = kvHeads !== undefined && outputs % kvHeads === 0 ? kvHeads : 1;
      return [scale, { suffix: `${which}_bias`, dtype: kept, shape: [1, heads, 1, outputs / heads], copies: 1 }];
    },
  };
}
