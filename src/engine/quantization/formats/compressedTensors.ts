import { exact, type Basis } from '../../basis';
import { isList, isObject, type JsonObject } from '../../config/json';
import type { NameRule } from '../patterns/nameRules';
import { keeps, listed, section, strings, text, withRules, type Block, type Recipe } from '../recipe';
import type { KeepReason, Scheme } from '../scheme';
import { fp4, packed, packingWriters, plain, type PackingWriter, type PlainLayout } from '../schemes/compressedTensors';
import { bySource } from '../schemes/basis';
import { mxfp8 } from '../schemes/mxfp8';
import { marlin24, sparse24 } from '../schemes/sparse24';
import { anyMatrix, linearLayers, linearModules } from '../selection';
import { toldAmong, withOthers, type Writer } from '../writers';
import { nominal } from './unknown';

/**
 * `quant_method: compressed-tensors` (llm-compressor; `compression_config` in its first months): groups of modules with their
 * own weights. `ignore` wins over names, names over classes such as "Linear"
 * (compressed_tensors/quantization/lifecycle/apply.py).
 */
export function readCompressedTensors(block: Block, told?: Writer): Recipe {
  const { config } = block;
  const known = toldAmong(packingWriters, told);
  const rules: NameRule<Scheme | KeepReason>[] = [...keeps(strings(config['ignore']))];
  // A group without weights is about activations or the cache.
  const groups = Object.values(section(config['config_groups'])).filter(
    (group) => isObject(group) && isObject(group['weights']),
  ) as JsonObject[];
  let everyLinear = sparseOf(block, groups);
  let first: Scheme | undefined;
  for (const group of groups) {
    const targets = strings(group['targets']);
    const named = targets.filter((target) => !isClass(target));
    for (const target of targets) if (isClass(target) && target !== 'Linear') block.refuse(target, 'unsupported');
    if (targets.length === 0 || targets.includes('Linear'))
      everyLinear ??= schemeOf(block, group, block.inText ? linearLayers : linearModules, known);
    if (named.length > 0) {
      const scheme = schemeOf(block, group, anyMatrix, known);
      rules.push(...named.map((target) => listed<Scheme>(target, scheme)));
      first ??= scheme;
    }
  }
  const chosen = everyLinear ?? first;
  if (!chosen)
    return groups.length === 0 && isObject(config['kv_cache_scheme'])
      ? { name: 'compressed-tensors', fallback: 'not-named', keepsWeights: true, ...cacheScales(block) }
      : nominal(block, 'compressed-tensors');
  const fallback = everyLinear ?? 'not-named';
  return {
    name: chosen.name,
    fallback,
    otherwise: { ...chosen, takes: linearLayers },
    ...(groups.some((group) => isOpen(block, group)) && { writers: withOthers(known ?? packingWriters[0], packingWriters) }),
    ...withRules(block, rules),
    ...cacheScales(block),
  };
}

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

function schemeOf(block: Block, group: JsonObject, takes: Scheme['takes'], writer: PackingWriter | undefined): Scheme {
  const weights = section(group['weights']);
  const activations = section(group['input_activations']);
  const isFloat = text(weights['type']) === 'float';
  const bits = bitsOf(weights);
  const size = count(weights['group_size']) ?? null;
  const symmetric = weights['symmetric'] !== false;
  const hasActivations = isObject(group['input_activations']);
  const staticActivations = hasActivations && activations['dynamic'] === false;
  const format = formatOf(block, group);
  const suffix = size === null ? '' : `-g${size}`;

  if (format === 'marlin-24' && (bits === 4 || bits === 8))
    return { ...marlin24(`w${bits}a16-sparse24${suffix}`, bits, size === 128 ? 128 : null), takes };
  const exponents = text(weights['scale_dtype']) === 'torch.uint8' || format.startsWith('mxfp8');
  if (isFloat && bits === 8 && size === 32 && exponents) return { ...mxfp8('mxfp8', bySource), takes };
  if (isFloat && bits === 4) return fp4Of(size ?? 16, hasActivations, takes);
  const order = weights['actorder'];
  const groupIndex = order === true || order === 'group';
  if (isFloat ? bits === 8 : isUnpacked(format)) {
    const strategy = strategyOf(weights, size);
    const stored = bits > 8 ? 16 : 8;
    const integers = `w${bits}a${hasActivations ? 8 : 16}-int${stored}${suffix}`;
    const name = isFloat ? `fp8-${strategy === 'group' ? `g${size ?? 0}` : strategy}` : integers;
    return plain({
      name: name === 'fp8-block' ? `fp8-block${blockOf(weights)[0]}` : name,
      dtype: isFloat ? 'F8_E4M3' : `I${stored}`,
      strategy,
      groupSize: size,
      block: blockOf(weights),
      symmetric,
      groupIndex,
      staticActivations,
      takes,
    });
  }
  const basis: Basis = 32 % bits === 0 || writer ? exact : { kind: 'rule', reasons: ['packing-before-2026'] };
  return packed({
    name: `w${bits}a16${suffix}${symmetric ? '' : '-asym'}`,
    bits,
    groupSize: size,
    symmetric,
    groupIndex,
    dense: writer === 'compressed-tensors-dense',
    basis,
    takes,
  });
}

function fp4Of(size: number, hasActivations: boolean, takes: Scheme['takes']): Scheme {
  if (size === 32) return fp4({ name: 'mxfp4', groupSize: 32, scale: 'U8', scalars: [], takes });
  const scalars = hasActivations ? ['weight_global_scale', 'input_global_scale'] : ['weight_global_scale'];
  return fp4({ name: hasActivations ? 'nvfp4' : 'nvfp4-w4a16', groupSize: size, scale: 'F8_E4M3', scalars, takes });
}

function strategyOf(weights: JsonObject, size: number | null): PlainLayout['strategy'] {
  const written = text(weights['strategy']);
  if (written === 'channel' || written === 'block' || written === 'tensor') return written;
  if (written === 'group' || size !== null) return 'group';
  return 'tensor';
}

function blockOf(weights: JsonObject): readonly [number, number] {
  const written = weights['block_structure'];
  const sides = isList(written) ? written : (text(written)?.split('x').map(Number) ?? []);
  const [rows, columns] = sides;
  return [count(rows) ?? 128, count(columns) ?? count(rows) ?? 128];
}

const count = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isInteger(value) && value > 0 ? value : undefined;

/** Scales of a quantized cache, in the attention around the projections of keys and values. */
function cacheScales({ config }: Block): Pick<Recipe, 'extra'> {
  if (!isObject(config['kv_cache_scheme'])) return {};
  return {
    extra({ name }) {
      const which = /\.([kv])_proj\.weight$/.exec(name)?.[1];
      return which === undefined ? [] : [{ suffix: `../${which}_scale`, dtype: 'BF16', shape: [1], copies: 1 }];
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
