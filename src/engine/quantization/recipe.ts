import type { Basis } from '../basis';
import { brief, isList, isObject, type JsonObject, type JsonValue } from '../config/json';
import type { ConfigPath, FindingSink } from '../findings';
import type { Inventory, InventoryEntry } from '../weights/inventory';
import { nameRules, type NameRule, type NameRules, type Refuse } from './patterns/nameRules';
import type { KeepReason, Scheme, StoreContext } from './scheme';
import type { StoredTensor } from './storage';
import type { Writer } from './writers';

/** What a configuration says about each tensor. */
export interface Recipe {
  /** Name of the checkpoint's scheme when the configuration leaves every tensor alone. */
  readonly name: string;
  /** For tensors that no rule names. */
  readonly fallback: Scheme | KeepReason;
  readonly rules?: NameRules<Scheme | KeepReason>;
  /** For embeddings that no rule names, where the block says of their class what it does not say of others. */
  readonly embeddings?: Scheme;
  /** The block is about the cache alone: every weight is as it is. */
  readonly keepsWeights?: true;
  /** For all linear layers, when the names and kinds of the block find nothing in this model. */
  readonly otherwise?: Scheme;
  /**
   * The writer saves tensors that the model's class does not load, too. Writers that load the model first save what it loaded,
   * unless the block names such modules.
   */
  readonly savesUnloaded?: true;
  /** A tied head that is quantized is stored all the same, by itself. */
  readonly storesTiedHead?: true;
  /** Who could have written this block, where it does not say: first the writer whose layout this is. */
  readonly writers?: readonly Writer[];
  /** What the reading takes for granted, on top of the schemes' own basis. */
  readonly basis?: Basis;
  /** The same of the model's tensors. */
  basisOf?(inventory: Inventory): Basis;
  /** Whether the writer gives a float32 tensor of this name the type of the others. */
  casts?(name: string): boolean;
  /** Whether the writer leaves a tensor of the model out of its files. */
  omits?(entry: Pick<InventoryEntry, 'name' | 'component'>): boolean;
  /** Tensors beside a weight whatever becomes of it (scales of a quantized cache). */
  extra?(entry: InventoryEntry): readonly StoredTensor[];
}

/** A quantization block of a config, and where to report what is wrong with it. */
export interface Block {
  readonly config: JsonObject;
  readonly path: ConfigPath;
  /** The model type whose publisher's habits decide what the block leaves open. */
  readonly modelType: string;
  /** `transformers_version` of the config: the release that saved it, where it says. */
  readonly savedBy?: string | undefined;
  /** The config around the block. */
  readonly root: JsonObject;
  /** The type of tensors that are left alone. */
  readonly kept: StoreContext['kept'];
  /** `num_key_value_heads` of the config's language model, where it says. */
  readonly kvHeads?: number | undefined;
  /** The block stands in the text model's own section, so that it says nothing about towers. */
  readonly inText: boolean;
  readonly sink: FindingSink;
  /** Called for each pattern of the file that cannot be applied. */
  readonly refuse: Refuse;
}

/** A whole number of the block, or `fallback` with a finding: at its own key when it is no such number, at the block when it is missing. */
export function integer(block: Block, keys: readonly string[], fallback: number, allowed: (value: number) => boolean): number {
  for (const key of keys) {
    const value = block.config[key];
    if (typeof value === 'number' && Number.isInteger(value) && allowed(value)) return value;
    if (value !== undefined && value !== null) return invalid(block, key, value, fallback, allowed);
  }
  return incomplete(block, keys[0] ?? '', fallback);
}

function incomplete({ path, sink }: Block, key: string, assumed: number): number {
  sink.add({ code: 'quantization-incomplete', severity: 'warning', path, values: { key, assumed } });
  return assumed;
}

function invalid(block: Block, key: string, value: JsonValue, assumed: number, allowed: (value: number) => boolean): number {
  const { path, sink } = block;
  // A file beside the config has no places in it.
  if (path.length === 0) return incomplete(block, key, assumed);
  const own = path.at(-1) === bareBits ? path : [...path, key];
  const values = { expected: expectedOf(allowed), found: brief(value), assumed };
  sink.add({ code: 'invalid-value', severity: 'error', path: own, values });
  return assumed;
}

/** ChatGLM's key, which holds the bits themselves where others hold a block. */
const bareBits = 'quantization_bit';
/** Bits lie below this; sizes of groups go on in powers of two. */
const probed = 64;

/** "integer 2..8", or the few numbers that there are: "4, 8", or "4". */
function expectedOf(allowed: (value: number) => boolean): string {
  const small = Array.from({ length: probed }, (_, index) => index + 1).filter(allowed);
  const [low = 1, high = 1] = [small[0], small.at(-1)];
  if (small.length === 1 || small.length < high - low + 1) return small.join(', ');
  let most = high;
  if (most === probed) while (most < 2 ** 31 && allowed(most * 2)) most *= 2;
  return `integer ${low}..${most}`;
}

/** Columns of a group; -1 and null mean the whole row, anything else than a size is an error. */
export function groupSize(block: Block, keys: readonly string[], fallback: number): number | null {
  if (keys.some((key) => block.config[key] === null)) return null;
  const size = integer(block, keys, fallback, (value) => value === -1 || (value >= 1 && value <= 2 ** 31));
  return size > 0 ? size : null;
}

export const flag = (config: JsonObject, key: string): boolean => config[key] === true;

export const text = (value: JsonValue | undefined): string | undefined => (typeof value === 'string' ? value : undefined);

/** Strings of a list, of lists of lists too; anything else is left out. */
export function strings(value: JsonValue | undefined): readonly string[] {
  if (!isList(value)) return [];
  return value.flatMap((item) => (typeof item === 'string' ? item : isList(item) ? strings(item) : []));
}

export const section = (value: JsonValue | undefined): JsonObject => (isObject(value) ? value : Object.create(null));

/** How a format reads the strings of its lists of modules. */
export type Listing = <T>(pattern: string, outcome: T) => NameRule<T>;

/**
 * Shell patterns and `re:` expressions among plain names, which stand for a module and all inside it (the substrings of
 * huggingface/transformers quantizers/quantizers_utils.py, should_convert_module; the summaries by prefix of NVIDIA/Model-Optimizer
 * modelopt/torch/export/quant_utils.py).
 */
export const listed: Listing = (pattern, outcome) => {
  if (pattern.startsWith('re:')) return { kind: 'expression', text: pattern.slice(3), outcome };
  return { kind: isShellPattern(pattern) ? 'glob' : 'name', text: pattern, outcome };
};

export const isShellPattern = (pattern: string): boolean => /[*?[]/.test(pattern);

/** Rules that keep the modules of a list at the checkpoint's own type. */
export const keeps = (patterns: readonly string[], listing: Listing = listed): readonly NameRule<Scheme | KeepReason>[] =>
  patterns.map((pattern) => listing<KeepReason>(pattern, 'kept-by-name'));

/** Rules compiled, to be spread into a recipe. */
export const withRules = (block: Block, rules: readonly NameRule<Scheme | KeepReason>[]): Pick<Recipe, 'rules'> =>
  rules.length === 0 ? {} : { rules: nameRules(rules, block.refuse) };
