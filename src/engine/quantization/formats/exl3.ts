import type { Basis } from '../../basis';
import { isList, isObject, type JsonObject } from '../../config/json';
import type { InventoryEntry } from '../../weights/inventory';
import type { NameRule } from '../patterns/nameRules';
import { section, text, withRules, type Block, type Recipe } from '../recipe';
import type { KeepReason, SavedForm, Scheme } from '../scheme';
import { bySource } from '../schemes/basis';
import { exl3, isOneWidth, type Exl3Layout } from '../schemes/exl3';
import { anyMatrix } from '../selection';
import { averageBits, exllamaName } from './exllama';
import { numberOr } from './numbers';

/** Widths that there are kernels for: whole bits, and halves below 4 (exllamav3/conversion/allocation.py, HALF_RATES). */
const widths = (bits: number): boolean => bits >= 1 && bits <= 8 && Number.isInteger(2 * bits);

/**
 * `quant_method: exl3`: the average of the layers as it came out, the head's bits, and those of towers where they are quantized.
 * `tensor_storage`, which stands in quantization_config.json, tells each layer's own bits and tensors, those of towers left out
 * (turboderp-org/exllamav3 exllamav3/conversion/compile.py, quant_config.py).
 */
export function readExl3(block: Block): Recipe {
  const { config } = block;
  const bits = averageBits(block);
  const headBits = numberOr(block, 'head_bits', 6, (value) => widths(value) || value === 16);
  const towerBits = config['vision_bits'] === undefined ? 16 : numberOr(block, 'vision_bits', 16, (value) => widths(value) || value === 16);
  const name = exllamaName('exl3', bits);
  // Files from before the option have no tensor for the codebook.
  const codebook = codebookOf(text(config['codebook']));
  const one = Number.isInteger(bits) || (hasHalves(text(config['version'])) && isOneWidth(bits, codebook));
  const average: Basis = { kind: 'rule', reasons: one ? ['exllama-layers'] : ['exllama-layers', 'bits-by-priority'] };
  const storage = section(config['tensor_storage']);
  const head = headBits === 16 ? undefined : headBits;
  const fallback = withTold(
    exl3({ name, bits, headBits: head, ...(towerBits !== 16 && { towerBits }), codebook, basis: average }),
    storage,
  );
  const rules = storageRules(name, storage);
  const storesHead = rules.length > 0 ? isQuantized(section(storage['lm_head'])) : head !== undefined;
  return { name, fallback, ...(storesHead && { storesTiedHead: true as const }), ...withRules(block, rules) };
}

/** Version 1.4.1 mixed whole bits where 1.6.5 has halves (exllamav3/conversion/allocation.py). */
const hasHalves = (version = ''): boolean => {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 1 || (major === 1 && minor > 4);
};

const codebookOf = (written: string | undefined): NonNullable<Exl3Layout['codebook']> =>
  written === 'mcg' || written === 'mul1' ? written : '3inst';

const isQuantized = (stored: JsonObject): boolean => stored['quant_format'] === 'exl3';

/** What a layer's own entry says of its layout. */
interface ToldLayer {
  readonly bits: number;
  readonly signs: 'values' | 'bits';
  readonly codebook: NonNullable<Exl3Layout['codebook']>;
}

function layerOf(module: string, stored: JsonObject): ToldLayer {
  const tensors = section(stored['stored_tensors']);
  const has = (suffix: string): boolean => tensors[`${module}.${suffix}`] !== undefined;
  const told = stored['bits_per_weight'];
  return {
    bits: typeof told === 'number' && widths(told) ? told : 4,
    signs: has('su') ? 'bits' : 'values',
    codebook: has('mcg') ? 'mcg' : has('mul1') ? 'mul1' : '3inst',
  };
}

/** Modules that a model may hold as one where the files hold them apart, by the last segments of the parts. */
const fusedModules: readonly (readonly [fused: readonly string[], parts: readonly string[]])[] = [
  [['qkv_proj'], ['q_proj', 'k_proj', 'v_proj']],
  [['gate_up_proj'], ['gate_proj', 'up_proj']],
];

/** One rule per module that is listed: its own layout, or none; and one for each that the model may hold fused. */
function storageRules(name: string, storage: JsonObject): readonly NameRule<Scheme | KeepReason>[] {
  const known = new Map<string, Scheme>();
  const schemeOf = ({ bits, signs, codebook }: Pick<ToldLayer, 'signs' | 'codebook'> & Pick<Exl3Layout, 'bits'>): Scheme => {
    const print = `${String(bits)} ${signs} ${codebook}`;
    let scheme = known.get(print);
    if (!scheme) known.set(print, (scheme = exl3({ name, bits, signs, codebook, basis: bySource, takes: anyMatrix })));
    return scheme;
  };
  const rules: NameRule<Scheme | KeepReason>[] = [];
  for (const [module, stored] of Object.entries(storage)) {
    if (!isObject(stored)) continue;
    if (!isQuantized(stored)) {
      rules.push({ kind: 'name', text: module, outcome: 'kept-by-name' });
      continue;
    }
    const layer = layerOf(module, stored);
    rules.push({ kind: 'name', text: module, outcome: schemeOf(layer) });
    for (const [fused, parts] of fusedModules) {
      const [first] = parts;
      if (first === undefined || !module.endsWith(`.${first}`)) continue;
      const around = module.slice(0, -first.length);
      const layers = parts.map((part) => storage[`${around}${part}`]);
      if (!layers.every((each) => isObject(each) && isQuantized(each))) continue;
      const bits = parts.map((part, at) => layerOf(`${around}${part}`, section(layers[at])).bits);
      const outcome = schemeOf({ ...layer, bits: bits.every((each) => each === layer.bits) ? layer.bits : bits });
      for (const each of fused) rules.push({ kind: 'name', text: `${around}${each}`, outcome });
    }
  }
  return rules;
}

/** A scheme whose kept tensors are as the list of stored tensors says, where they are on it. */
function withTold(scheme: Scheme, storage: JsonObject): Scheme {
  if (Object.keys(storage).length === 0) return scheme;
  return {
    ...scheme,
    saves(entry, context) {
      const forms = scheme.saves?.(entry, context);
      const told = entry.buffer ? undefined : formOf(entry, storage);
      return told && (forms?.length ?? 1) === 1 ? [told] : forms;
    },
  };
}

const toldTypes: ReadonlyMap<unknown, SavedForm['dtype']> = new Map([
  ['torch.float16', 'F16'],
  ['torch.bfloat16', 'BF16'],
  ['torch.float32', 'F32'],
]);

/** How the list has a kept tensor: that of the first layer for those of all. */
function formOf({ name, indices, elements }: InventoryEntry, storage: JsonObject): SavedForm | undefined {
  let place = 0;
  const written = name.replace(/\{n\}/g, () => {
    const numbers = indices[place++];
    return String(typeof numbers === 'object' ? (numbers[0] ?? 0) : 0);
  });
  const tensors = section(section(storage[written.slice(0, written.lastIndexOf('.'))])['stored_tensors']);
  const { shape, dtype, torch_dtype } = section(tensors[written]);
  const type = toldTypes.get(dtype ?? torch_dtype);
  if (type === undefined || !isList(shape) || !shape.every((side) => Number.isSafeInteger(side) && Number(side) > 0)) return undefined;
  return { name, dtype: type, shape: shape as readonly number[], elements };
}
