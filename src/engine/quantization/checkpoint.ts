import { exact, weakest, type Basis } from '../basis';
import { brief, isObject, type JsonObject } from '../config/json';
import { textSections } from '../config/textSections';
import { findingSink, type FindingSink } from '../findings';
import type { Component } from '../modules/tree';
import type { CacheDtype } from '../units/dtypes';
import type { Inventory, InventoryEntry } from '../weights/inventory';
import { findBlocks, readBlock, type FoundBlock } from './block';
import { filesBeside } from './filesBeside';
import type { Layout } from './presets/preset';
import { text, type Recipe } from './recipe';
import { isKept, storeTensor, type KeepReason, type Scheme, type StoreContext } from './scheme';
import type { Sidecars } from './sidecars';
import { keptDtype, plainDtype } from './storage';
import { keptEntry, placed, storedEntries, type StoredEntry } from './stored';
import { addStored, emptyTally, storeContext, sumOf, type Tally } from './tally';
import { namesAny, placeOfUnloaded } from './unloaded';
import { basisOf } from './weights';
import type { Writer } from './writers';

/** What the files of the repository hold, as the config itself says. */
export interface Checkpoint {
  /** The dtype of plain weights ("bf16"), or the quantization ("gptq-int4-g128"); several joined by "+", the widest spread first. */
  readonly scheme: string;
  /** Bytes of all tensors, buffers included, without the container's header and without `extras.textBytes`. */
  readonly bytes: number;
  /** Parameters of the model, tied ones once, however its files pack them; those of `extras.unloadedParameters` are not among them. */
  readonly parameters: number;
  /** The file that says how the weights are stored. */
  readonly source: FoundBlock['source'];
  readonly basis: Basis;
  readonly extras: CheckpointExtras;
}

export interface CheckpointExtras {
  /** Parameters that are stored packed. */
  readonly quantizedParameters: number;
  /** Of `bytes`: tensors at the checkpoint's own type. */
  readonly keptBytes: number;
  readonly keptByReason: Readonly<Partial<Record<KeepReason, number>>>;
  /** Of `bytes`: scales, zero points, indices and whatever else goes with packed weights. */
  readonly overheadBytes: number;
  /** Estimated bytes of text whose length depends on the data (bitsandbytes' state), on top of `bytes`. */
  readonly textBytes: number;
  /** Tensors in the files; a safetensors header takes some 110 bytes for each. */
  readonly tensors: number;
  /** Bytes of the model's tensors; with `unloadedBytes` they sum to `bytes`. */
  readonly byComponent: Readonly<Partial<Record<Component, number>>>;
  /** Of `bytes`: layers that predict further tokens, which the files hold and the model's class does not load. */
  readonly unloadedBytes: number;
  /** Their parameters; counted in no other figure. */
  readonly unloadedParameters: number;
  /** Parameters by the scheme that stores them, when more than one does. */
  readonly parametersByScheme: Readonly<Record<string, number>>;
}

/** Bytes of what the model's class loads. */
export const loadedBytes = ({ bytes, extras }: Checkpoint): number => bytes - extras.unloadedBytes;

/** What someone may know that a config does not say. */
export interface CheckpointHints {
  /** Who wrote the files; before what the sidecars say. */
  readonly writer?: Writer;
  readonly sidecars?: Sidecars;
  /** What the files hold beside the model (`Model.unloaded`). */
  readonly unloaded?: Inventory;
}

/**
 * Bytes of the checkpoint that a config describes: its `quantization_config` (or what it is called there) applied tensor by
 * tensor, everything else at `dtype`. Without such a block the weights are plain.
 *
 * @param dtype the checkpoint's own dtype, which unquantized tensors have.
 */
export function describeCheckpoint(
  root: JsonObject,
  inventory: Inventory,
  dtype: CacheDtype,
  sink: FindingSink = findingSink(),
  hints: CheckpointHints = {},
): Checkpoint {
  const [first, ...others] = findBlocks(root, hints.sidecars);
  const told = first ? settleBlock(first, root, inventory, dtype, sink, hints) : plainOf(root, dtype, sink);
  const model = told?.tally ?? tallyOf(plainEntries(inventory, dtype));
  const beside = besideModel(told, dtype, hints.unloaded);
  if (beside) sink.add({ code: 'layers-not-loaded', severity: 'information', path: placeOfUnloaded(root), values: beside.figures });
  const whole = beside ? sumOf(model, tallyOf(beside.entries)) : model;
  const keptByReason = { ...whole.keptBytesByReason };
  delete keptByReason['not-quantized'];
  const schemes = [...model.parametersByScheme].sort((a, b) => b[1] - a[1]);
  const described: Checkpoint = {
    scheme: told && !told.recipe.keepsWeights ? schemes.map(([name]) => name).join('+') || told.recipe.name : dtype,
    bytes: whole.bytes,
    parameters: parametersIn(inventory),
    source: told?.block.source ?? 'config.json',
    basis: weakest(
      told?.basis ?? exact,
      beside ? { kind: 'rule', reasons: ['unloaded-layers'] } : exact,
      filesBeside(root, inventory) ?? exact,
    ),
    extras: {
      quantizedParameters: model.quantizedParameters,
      keptBytes: whole.keptBytes,
      keptByReason,
      overheadBytes: whole.bytes - whole.keptBytes - whole.packedBytes,
      textBytes: whole.textBytes,
      tensors: whole.tensors,
      byComponent: model.bytesByComponent,
      unloadedBytes: whole.bytes - model.bytes,
      unloadedParameters: beside?.figures.counted ? beside.figures.parameters : 0,
      parametersByScheme: schemes.length > 1 ? Object.fromEntries(schemes) : {},
    },
  };
  for (const other of others)
    reportContradiction(other, described, told, settleBlock(other, root, inventory, dtype, findingSink(), hints), sink);
  return described;
}

/** A recipe that is applied as it stands, and what comes of it. */
export interface SettledRecipe {
  readonly block: FoundBlock;
  readonly recipe: Recipe;
  readonly context: StoreContext;
  /** Every tensor of the model in the files. */
  readonly entries: readonly StoredEntry[];
  readonly tally: Tally;
  readonly basis: Basis;
}

/**
 * What the config (or a file beside it) says about each tensor, once it is known whether its names find anything in this model;
 * `undefined` when the weights are plain.
 */
export function settleRecipe(
  root: JsonObject,
  inventory: Inventory,
  dtype: CacheDtype,
  sink: FindingSink = findingSink(),
  hints: CheckpointHints = {},
): SettledRecipe | undefined {
  const [found] = findBlocks(root, hints.sidecars);
  return found ? settleBlock(found, root, inventory, dtype, sink, hints) : plainOf(root, dtype, sink);
}

/** Plain weights; a finding where the key of a block holds something else, or a block that says nothing. */
function plainOf(root: JsonObject, dtype: CacheDtype, sink: FindingSink): undefined {
  const path = ['quantization_config'];
  const written = root['quantization_config'];
  // Loading stops at a block without a method (transformers quantizers/auto.py, supports_quant_method).
  if (isObject(written) && Object.keys(written).length === 0)
    sink.add({ code: 'quantization-incomplete', severity: 'warning', path, values: { key: 'quant_method', assumed: dtype } });
  if (written !== undefined && written !== null && !isObject(written))
    sink.add({
      code: 'invalid-value',
      severity: 'error',
      path,
      values: { expected: 'object', found: brief(written), assumed: dtype },
    });
}

function settleBlock(
  found: FoundBlock,
  root: JsonObject,
  inventory: Inventory,
  dtype: CacheDtype,
  sink: FindingSink,
  hints: CheckpointHints,
): SettledRecipe {
  let refused = false;
  let recipe = readBlock(
    {
      ...found,
      root,
      modelType: modelTypeOf(root),
      savedBy: text(root['transformers_version']),
      kept: keptDtype(dtype),
      kvHeads: kvHeadsOf(root),
      inText: found.path.length > 1,
      sink,
      refuse(pattern, problem) {
        refused = true;
        const values = { pattern: pattern.slice(0, 80), problem };
        sink.add({ code: 'quantization-pattern', severity: 'warning', path: found.path, values });
      },
    },
    hints.writer ?? hints.sidecars?.told?.writer,
  );
  const assumed = weakest(recipe.basis ?? exact, recipe.basisOf?.(inventory) ?? exact);
  const context = storeContext(inventory, keptDtype(dtype), recipe.casts);
  let stored = store(recipe, inventory, context);
  const nothing = !recipe.keepsWeights && stored.tally.quantizedParameters === 0;
  const noRows = nothing && stored.tally.keptBytesByReason.width !== undefined;
  const empty = nothing && !noRows;
  if (noRows) sink.add({ code: 'quantization-no-rows', severity: 'information', path: found.path, values: { assumed: dtype } });
  if (empty) {
    sink.add({
      code: 'quantization-incomplete',
      severity: 'warning',
      path: found.path,
      values: { key: 'modules', assumed: recipe.otherwise?.name ?? dtype },
    });
    if (recipe.otherwise) {
      recipe = { name: recipe.name, fallback: recipe.otherwise };
      stored = store(recipe, inventory, context);
    }
  }
  const { entries, tally, used } = stored;
  const basis = weakest(
    assumed,
    empty ? { kind: 'approximate', reasons: ['modules-not-found'] } : exact,
    ...used.map((scheme) => basisOf(scheme.basis, tally)),
    refused ? { kind: 'approximate', reasons: ['quantization-pattern'] } : exact,
  );
  return { block: found, recipe, context, entries, tally, basis };
}

interface Stored {
  readonly entries: readonly StoredEntry[];
  readonly tally: Tally;
  readonly used: readonly Scheme[];
}

/** The inventory as a recipe stores it, and the schemes that came to be used. */
function store(recipe: Recipe, inventory: Inventory, context: StoreContext): Stored {
  const entries: StoredEntry[] = [];
  const schemes = new Set<Scheme>();
  for (const entry of inventory.entries) {
    if (!isInFiles(entry, recipe, context)) continue;
    for (const share of sharesOf(recipe, entry)) {
      const stored = storedEntries(entry, share, context);
      // A scheme that leaves this tensor alone says nothing of how sure the bytes are.
      if (typeof share.scheme !== 'string' && stored.some(({ scheme }) => typeof scheme !== 'string')) schemes.add(share.scheme);
      entries.push(...stored);
    }
    const extra = recipe.extra?.(entry);
    if (extra) entries.push(...placed(entry, extra, entry.copies, recipe));
  }
  return { entries, tally: tallyOf(entries), used: [...schemes] };
}

/** Whether the files hold a tensor: a tied one only as a head that is quantized by itself. */
export function isInFiles(entry: InventoryEntry, recipe: Recipe, context: StoreContext): boolean {
  if (recipe.omits?.(entry)) return false;
  if (entry.tiedTo === undefined) return true;
  if (!recipe.storesTiedHead || entry.role !== 'head') return false;
  return sharesOf(recipe, entry).some(({ scheme }) => typeof scheme !== 'string' && !isKept(storeTensor(scheme, entry, context)));
}

/** The copies of a tensor by what becomes of them. Rules are asked about weights only: nothing else is ever quantized. */
export function sharesOf(
  { rules, fallback: other, embeddings }: Recipe,
  entry: Pick<InventoryEntry, 'name' | 'indices' | 'copies' | 'buffer' | 'role'>,
) {
  const fallback = embeddings && (entry.role === 'embedding' || entry.role === 'position') ? embeddings : other;
  if (entry.buffer) return [{ copies: entry.copies, scheme: 'other' as const }];
  if (!rules || entry.role === 'norm' || entry.role === 'bias' || entry.role === 'convolution' || entry.role === 'other')
    return [{ copies: entry.copies, scheme: fallback }];
  return rules.split(entry).map(({ copies, outcome }) => ({ copies, scheme: asSaved(outcome ?? fallback, fallback) }));
}

/** Schemes that leave everything alone, for a reason, and save it as another does. */
const savers = new WeakMap<Scheme, Map<KeepReason, Scheme>>();

/** A reason to keep a tensor, with the form in which the scheme of the others saves what it keeps, where it has one of its own. */
function asSaved(outcome: Scheme | KeepReason, fallback: Scheme | KeepReason): Scheme | KeepReason {
  if (typeof outcome !== 'string' || typeof fallback === 'string' || !fallback.saves) return outcome;
  const known = savers.get(fallback) ?? new Map<KeepReason, Scheme>();
  savers.set(fallback, known);
  const made = known.get(outcome) ?? { ...fallback, takes: () => outcome };
  known.set(outcome, made);
  return made;
}

/** `num_key_value_heads` of the language model: of its own section, where there is one. */
function kvHeadsOf(root: JsonObject): number | undefined {
  for (const holder of [...textSections.map((name) => root[name]), root]) {
    const heads = isObject(holder) ? holder['num_key_value_heads'] : undefined;
    if (typeof heads === 'number' && Number.isInteger(heads) && heads > 0) return heads;
  }
  return undefined;
}

/** The model type of the part that is quantized: a composite's own type says less than its text model's. */
function modelTypeOf(root: JsonObject): string {
  const type = root['model_type'];
  return typeof type === 'string' ? type : '';
}

/** Every tensor of the files of a checkpoint, as `describeCheckpoint` counts them. */
export function checkpointLayout(root: JsonObject, inventory: Inventory, dtype: CacheDtype, hints: CheckpointHints = {}): Layout {
  const told = settleRecipe(root, inventory, dtype, findingSink(), hints);
  const beside = besideModel(told, dtype, hints.unloaded);
  const entries = told?.entries ?? plainEntries(inventory, dtype);
  return { entries: beside ? [...entries, ...beside.entries] : entries, basis: told?.basis ?? exact };
}

/** Every tensor at one type, but for those that are float32 whatever the rest is. */
const plainEntries = ({ entries }: Inventory, dtype: CacheDtype): readonly StoredEntry[] =>
  entries
    .filter(({ tiedTo }) => tiedTo === undefined)
    .map((entry) => keptEntry(entry, entry.copies, 'not-quantized', entry.dtype === 'float32' ? 'F32' : plainDtype(dtype)));

function tallyOf(entries: readonly StoredEntry[]): Tally {
  const tally = emptyTally();
  addStored(tally, entries);
  return tally;
}

const parametersIn = ({ entries }: Inventory): number =>
  entries.reduce((sum, { tiedTo, buffer, elements, copies }) => (tiedTo === undefined && !buffer ? sum + elements * copies : sum), 0);

/** What the files hold beside the model: nothing where their writer saves only what the class loads. */
interface Beside {
  readonly entries: readonly StoredEntry[];
  readonly figures: { readonly parameters: number; readonly bytes: number; readonly counted: boolean };
}

/** Whether the files hold tensors that the model's class does not load. */
export const holdsUnloaded = (told: SettledRecipe | undefined, unloaded: Inventory): boolean =>
  !told || told.recipe.savesUnloaded === true || namesAny(unloaded, told.block.config);

function besideModel(
  told: SettledRecipe | undefined,
  dtype: CacheDtype,
  unloaded: Inventory = { entries: [], states: [] },
): Beside | undefined {
  if (unloaded.entries.length === 0) return undefined;
  const counted = holdsUnloaded(told, unloaded);
  const entries = !counted ? [] : told ? store(told.recipe, unloaded, told.context).entries : plainEntries(unloaded, dtype);
  return { entries, figures: { parameters: parametersIn(unloaded), bytes: tallyOf(entries).bytes, counted } };
}

/** A file beside the config that describes other tensors than the one that counts. */
function reportContradiction(
  other: FoundBlock,
  { scheme, bytes, source, extras }: Checkpoint,
  told: SettledRecipe | undefined,
  theirs: SettledRecipe,
  sink: FindingSink,
): void {
  const their = { scheme: [...theirs.tally.parametersByScheme.keys()].sort().join('+') || theirs.recipe.name, bytes: theirs.tally.bytes };
  const mine = told && [...told.tally.parametersByScheme.keys()].sort().join('+');
  if (their.scheme === (mine || scheme) && their.bytes === bytes - extras.unloadedBytes) return;
  const path = told?.block.path ?? [];
  // Within one file, keys tell the two apart.
  const [file, taken] = other.path.length > 0 ? [other.path.join('.'), path.join('.')] : [other.source, source];
  sink.add({
    code: 'quantization-contradiction',
    severity: 'warning',
    path,
    values: { file, scheme: their.scheme, bytes: their.bytes, taken, takenScheme: scheme, takenBytes: bytes },
  });
}
