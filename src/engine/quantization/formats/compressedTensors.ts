import { exact, type Basis } from '../../basis';
import { isList, isObject, type JsonObject, type JsonValue } from '../../config/json';
import type { NameRule } from '../patterns/nameRules';
import { keeps, section, strings, text, withRules, type Block, type Listing, type Recipe } from '../recipe';
import type { KeepReason, Scheme } from '../scheme';
import {
  fp4,
  packed,
  packingWriters,
  plain,
  withActivations,
  type ActivationLayout,
  type PackingWriter,
  type PlainLayout,
} from '../schemes/compressedTensors';
import { mxfp8 } from '../schemes/mxfp8';
import { marlin24, sparse24 } from '../schemes/sparse24';
import { anyMatrix, embeddingModules, linearLayers, linearModules } from '../selection';
import type { StoredDtype, StoredTensor } from '../storage';
import { toldAmong, withOthers, type Writer } from '../writers';
import { nominal } from './unknown';

/**
 * `quant_method: compressed-tensors` (llm-compressor; `compression_config` in its first months): groups of modules with their
 * own weights. `ignore` wins over names, names over expressions, and those over classes such as "Linear"; of a target that stands
 * in two groups the last counts (compressed_tensors/quantization/lifecycle/apply.py; utils/match.py, match_targets).
 */
export function readCompressedTensors(block: Block, told?: Writer): Recipe {
  const { config } = block;
  const known = toldAmong(packingWriters, told);
  const rules: NameRule<Scheme | KeepReason>[] = [...keeps(strings(config['ignore']), matched)];
  // A group without weights is about activations or the cache.
  const groups = Object.values(section(config['config_groups'])).filter(
    (group) => isObject(group) && isObject(group['weights']),
  ) as JsonObject[];
  let everyLinear = sparseOf(block, groups);
  let embeddings: Scheme | undefined;
  const named = new Map<string, Scheme>();
  for (const group of groups) {
    const targets = strings(group['targets']);
    for (const target of targets) if (isClass(target) && target !== 'Linear' && target !== 'Embedding') block.refuse(target, 'unsupported');
    if (targets.length === 0 || targets.includes('Linear'))
      everyLinear ??= schemeOf(block, group, block.inText ? linearLayers : linearModules, known);
    if (targets.includes('Embedding')) embeddings ??= schemeOf(block, group, embeddingModules, known);
    const names = targets.filter((target) => !isClass(target));
    if (names.length === 0) continue;
    const scheme = schemeOf(block, group, anyMatrix, known);
    for (const name of names) named.set(name, scheme);
  }
  const [first] = named.values();
  const chosen = everyLinear ?? first ?? embeddings;
  if (!chosen)
    return groups.length === 0 && isObject(config['kv_cache_scheme'])
      ? { name: 'compressed-tensors', fallback: 'not-named', keepsWeights: true, ...cacheScales(block) }
      : nominal(block, 'compressed-tensors');
  for (const target of [...named.keys()].sort(byMatch)) rules.push(matched(target, named.get(target) as Scheme));
  return {
    name: chosen.name,
    fallback: everyLinear ?? 'not-named',
    otherwise: { ...chosen, takes: linearLayers },
    // Held against llm-compressor 0.14: a head that is quantized is one of its own from then on.
    storesTiedHead: true,
    ...(embeddings && { embeddings }),
    ...(groups.some((group) => isOpen(block, group)) && { writers: withOthers(known ?? packingWriters[0], packingWriters) }),
    ...withRules(block, rules),
    ...cacheScales(block),
  };
}

/** A name is that of one module, whole; after `re:` an expression from its start (utils/match.py, match_name). */
const matched: Listing = (pattern, outcome) =>
  pattern.startsWith('re:') ? { kind: 'expression', text: pattern.slice(3), outcome } : { kind: 'exact', text: pattern, outcome };

/** The order in which targets are tried: names, then expressions, each by their characters (utils/match.py, match_targets). */
const byMatch = (a: string, b: string): number => Number(a.includes('re:')) - Number(b.includes('re:')) || (a < b ? -1 : Number(a > b));

/** A target without dots or `re:` that begins with a capital is the name of a class. */
const isClass = (target: string): boolean => /^[A-Z]\w*$/.test(target);

/** The format of a group: its own, the block's, or the one that its writer infers (compressors/format.py, infer_module_format). */
function formatOf({ config }: Block, group: JsonObject): string {
  const written = text(group['format']) ?? text(config['format']);
  if (written !== undefined && /^(int|naive|pack)-quantized$|^(marlin|mxfp|nvfp)/.test(written)) return written;
  const { weights, input_activations: activations } = group;
  const integers = text(section(weights)['type']) !== 'float' && text(section(activations)['type']) !== 'float';
  return isObject(activations) && integers ? 'int-quantized' : '';
}

function bitsOf({ type, num_bits: written }: JsonObject): number {
  if (typeof written === 'number' && Number.isInteger(written) && written >= 1 && written <= 16) return written;
  return type === 'float' ? 8 : 4;
}

/** Integers of any width, each in a type of its own, as against packed ones. */
const isUnpacked = (format: string): boolean => /^(int|naive)-quantized$/.test(format);

/** Whether the age of the writer decides how the values of a group lie in words. */
function isOpen(block: Block, group: JsonObject): boolean {
  const weights = section(group['weights']);
  return text(weights['type']) !== 'float' && 32 % bitsOf(weights) !== 0 && !isUnpacked(formatOf(block, group));
}

/** The scheme of a group: its weights, and what was measured of the values around them. */
const schemeOf = (block: Block, group: JsonObject, takes: Scheme['takes'], writer: PackingWriter | undefined): Scheme =>
  withActivations(ofWeights(block, group, takes, writer), [
    ...activationsOf('input', section(group['input_activations'])),
    ...activationsOf('output', section(group['output_activations'])),
  ]);

/**
 * What a module holds of the values on one side: nothing where they are scaled as they come. Without a strategy they are scaled by
 * tensor, or by group where there is a size (quantization/quant_args.py, validate_model_after).
 */
function activationsOf(side: ActivationLayout['side'], args: JsonObject): readonly ActivationLayout[] {
  const { dynamic } = args;
  if (Object.keys(args).length === 0 || dynamic === true) return [];
  const groupSize = count(args['group_size']) ?? 0;
  const strategy = text(args['strategy']) ?? (groupSize > 0 ? 'group' : 'tensor');
  // By token nothing can be measured beforehand, and values have no rows for the other strategies: the writer stops.
  if (strategy !== 'tensor' && !(groupSize > 0 && (strategy === 'group' || strategy === 'tensor_group'))) return [];
  const zeroPoint = args['symmetric'] === false ? zeroPointOf(args) : undefined;
  return [{ side, strategy, groupSize, local: dynamic === 'local', ...(zeroPoint && { zeroPoint }) }];
}

/** quantization/quant_args.py: zp_dtype, and pytorch_dtype where it is not written. */
function zeroPointOf(args: JsonObject): StoredDtype {
  if (text(args['type']) === 'float') return 'F8_E4M3';
  return bitsOf(args) > 8 ? 'I16' : 'I8';
}

function ofWeights(block: Block, group: JsonObject, takes: Scheme['takes'], writer: PackingWriter | undefined): Scheme {
  const weights = section(group['weights']);
  const isFloat = text(weights['type']) === 'float';
  const bits = bitsOf(weights);
  const size = count(weights['group_size']) ?? null;
  const symmetric = weights['symmetric'] !== false;
  const strategy = strategyOf(weights, size);
  const widths = `w${bits}a${activationsName(group['input_activations'])}`;
  const format = formatOf(block, group);
  const suffix = size === null ? '' : `-g${size}`;

  if (format === 'marlin-24' && (bits === 4 || bits === 8))
    return { ...marlin24(`w${bits}a16-sparse24${suffix}`, bits, size === 128 ? 128 : null), takes };
  const exponents = text(weights['scale_dtype']) === 'torch.uint8' || format.startsWith('mxfp8');
  if (isFloat && bits === 8 && size === 32 && exponents) return { ...mxfp8('mxfp8', exact), takes };
  if (isFloat && bits === 6 && size === 32 && exponents)
    return fp4({ name: 'mxfp6', bits, groupSize: 32, scale: 'U8', scalars: [], takes });
  if (isFloat && bits === 4) return fp4Of(size ?? 16, group, takes);
  const order = weights['actorder'];
  const groupIndex = order === true || order === 'group';
  if (isFloat ? bits === 8 : isUnpacked(format)) {
    const stored = bits > 8 ? 16 : 8;
    const integers = `${widths}-int${stored}${suffix}`;
    const name = isFloat ? `fp8-${strategy === 'group' ? `g${size ?? 0}` : strategy}` : integers;
    return plain({
      name: name === 'fp8-block' ? `fp8-block${blockOf(weights)[0]}` : name,
      dtype: isFloat ? 'F8_E4M3' : `I${stored}`,
      strategy,
      groupSize: size,
      block: blockOf(weights),
      symmetric,
      groupIndex,
      takes,
    });
  }
  const basis: Basis = 32 % bits === 0 || writer ? exact : { kind: 'rule', reasons: ['packing-before-2026'] };
  const perTensor = strategy === 'tensor';
  return packed({
    name: `${widths}${perTensor ? '-tensor' : suffix}${symmetric ? '' : '-asym'}`,
    bits,
    groupSize: size,
    perTensor,
    symmetric,
    groupIndex,
    dense: writer === 'compressed-tensors-dense',
    basis,
    takes,
  });
}

/** Bits of the values that go in, and that they are floats: "16", "8", "8-fp8", "4". */
function activationsName(activations: JsonValue | undefined): string {
  if (!isObject(activations)) return '16';
  const bits = bitsOf({ num_bits: 8, ...activations });
  return text(activations['type']) === 'float' ? `${bits}-fp${bits}` : String(bits);
}

function fp4Of(size: number, { input_activations: activations }: JsonObject, takes: Scheme['takes']): Scheme {
  if (size === 32) return fp4({ name: 'mxfp4', groupSize: 32, scale: 'U8', scalars: [], takes });
  const name = isObject(activations) ? 'nvfp4' : 'nvfp4-w4a16';
  return fp4({ name, groupSize: size, scale: 'F8_E4M3', scalars: ['weight_global_scale'], takes });
}

function strategyOf(weights: JsonObject, size: number | null): PlainLayout['strategy'] {
  const written = text(weights['strategy']);
  if (written === 'channel' || written === 'block' || written === 'tensor') return written;
  if (written === 'group' || size !== null) return 'group';
  // A size of -1 is the whole row (quantization/quant_args.py, validate_model_after).
  return weights['group_size'] === -1 ? 'channel' : 'tensor';
}

function blockOf(weights: JsonObject): readonly [number, number] {
  const written = weights['block_structure'];
  const sides = isList(written) ? written : (text(written)?.split('x').map(Number) ?? []);
  const [rows, columns] = sides;
  return [count(rows) ?? 128, count(columns) ?? count(rows) ?? 128];
}

const count = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isInteger(value) && value > 0 ? value : undefined;

/**
 * Scales of a quantized cache, in the attention around the projections of keys and values: one each, or one for each of their heads;
 * none that is scaled as it comes. `ignore` says nothing of them (lifecycle/apply.py, _apply_kv_cache_scheme;
 * lifecycle/initialize.py, initialize_attn_qparams).
 */
function cacheScales({ config, kept, kvHeads }: Block): Pick<Recipe, 'extra'> {
  const args = config['kv_cache_scheme'];
  if (!isObject(args) || args['dynamic'] === true || args['dynamic'] === 'local') return {};
  const shape = text(args['strategy']) === 'attn_head' ? [kvHeads ?? 1, 1, 1] : [1];
  const zeroPoint = args['symmetric'] === false ? zeroPointOf(args) : undefined;
  return {
    extra({ name, component }) {
      const which = component === 'vision' || component === 'audio' ? undefined : /\.([kv])_proj\.weight$/.exec(name)?.[1];
      if (which === undefined) return [];
      const scale: StoredTensor = { suffix: `../${which}_scale`, dtype: kept, shape, copies: 1 };
      return zeroPoint ? [scale, { ...scale, suffix: `../${which}_zero_point`, dtype: zeroPoint }] : [scale];
    },
  };
}

/** What is left of a sparse model whose values are not quantized, or quantized to FP8: two of four, and a mask. */
function sparseOf({ config }: Block, groups: readonly JsonObject[]): Scheme | undefined {
  const format = text(section(config['sparsity_config'])['format']);
  if (format !== 'sparse-24-bitmask') return undefined;
  const [weights] = groups.map((group) => section(group['weights']));
  if (!weights) return sparse24('sparse24', false);
  return text(weights['type']) === 'float' && weights['num_bits'] === 8 ? sparse24('sparse24-fp8', true) : undefined;
}
