import { exact, weakest, type Basis } from '../basis';
import { brief, isObject, type JsonObject } from '../config/json';
import { findingSink, type FindingSink } from '../findings';
import type { Component } from '../modules/tree';
import { bytesPerElement, type CacheDtype } from '../units/dtypes';
import type { Inventory, InventoryEntry } from '../weights/inventory';
import { findBlock, readBlock } from './block';
import type { Layout } from './presets/preset';
import type { Recipe } from './recipe';
import type { KeepReason, Scheme, StoreContext } from './scheme';
import type { GptqWriter } from './schemes/gptq';
import { keptDtype, plainDtype } from './storage';
import { keptEntry, placed, storedEntries, type StoredEntry } from './stored';
import { addStored, emptyTally, storeContext, type Tally } from './tally';
import { basisOf } from './weights';

/** What the files of the repository hold, as the config itself says. */
export interface Checkpoint {
  /** The dtype of plain weights ("bf16"), or the quantization ("gptq-int4-g128"); several joined by "+", the widest spread first. */
  readonly scheme: string;
  /** Bytes of all tensors, buffers included, without the container's header and without `extras.textBytes`. */
  readonly bytes: number;
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
  readonly byComponent: Readonly<Partial<Record<Component, number>>>;
  /** Parameters by the scheme that stores them, when more than one does. */
  readonly parametersByScheme: Readonly<Record<string, number>>;
}

/** What someone may know that a config does not say. */
export interface CheckpointHints {
  readonly gptqWriter?: GptqWriter;
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
  const told = settleRecipe(root, inventory, dtype, sink, hints);
  if (!told) return plainCheckpoint(inventory, dtype);
  const { recipe, tally, basis } = told;
  const schemes = [...tally.parametersByScheme].sort((a, b) => b[1] - a[1]);
  return {
    scheme: schemes.map(([name]) => name).join('+') || recipe.name,
    bytes: tally.bytes,
    basis,
    extras: {
      quantizedParameters: tally.quantizedParameters,
      keptBytes: tally.keptBytes,
      keptByReason: tally.keptBytesByReason,
      overheadBytes: tally.bytes - tally.keptBytes - tally.packedBytes,
      textBytes: tally.textBytes,
      tensors: tally.tensors,
      byComponent: tally.bytesByComponent,
      parametersByScheme: schemes.length > 1 ? Object.fromEntries(schemes) : {},
    },
  };
}

/** A recipe that is applied as it stands, and what comes of it. */
export interface SettledRecipe {
  readonly recipe: Recipe;
  readonly context: StoreContext;
  /** Every tensor of the files. */
  readonly entries: readonly StoredEntry[];
  readonly tally: Tally;
  readonly basis: Basis;
}

/**
 * What the config says about each tensor, once it is known whether its names find anything in this model; `undefined` when the
 * weights are plain.
 */
export function settleRecipe(
  root: JsonObject,
  inventory: Inventory,
  dtype: CacheDtype,
  sink: FindingSink = findingSink(),
  hints: CheckpointHints = {},
): SettledRecipe | undefined {
  const found = findBlock(root);
  if (!found) {
    const written = root['quantization_config'];
    if (written !== undefined && written !== null && !isObject(written))
      sink.add({
        code: 'invalid-value',
        severity: 'error',
        path: ['quantization_config'],
        values: { expected: 'object', found: brief(written), assumed: dtype },
      });
    return undefined;
  }
  let refused = false;
  let recipe = readBlock(
    {
      ...found,
      modelType: modelTypeOf(root),
      inText: found.path.length > 1,
      sink,
      refuse(pattern, problem) {
        refused = true;
        const values = { pattern: pattern.slice(0, 80), problem };
        sink.add({ code: 'quantization-pattern', severity: 'warning', path: found.path, values });
      },
    },
    hints.gptqWriter,
  );
  const { basis: assumed } = recipe;
  const context = storeContext(inventory, keptDtype(dtype));
  let stored = store(recipe, inventory, context);
  const empty = stored.tally.quantizedParameters === 0;
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
    assumed ?? exact,
    empty ? { kind: 'approximate', reasons: ['modules-not-found'] } : exact,
    ...used.map((scheme) => basisOf(scheme.basis, tally)),
    refused ? { kind: 'approximate', reasons: ['quantization-pattern'] } : exact,
  );
  return { recipe, context, entries, tally, basis };
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
    if (entry.tiedTo !== undefined) continue;
    for (const share of sharesOf(recipe, entry)) {
      if (typeof share.scheme !== 'string') schemes.add(share.scheme);
      entries.push(...storedEntries(entry, share, context));
    }
    const extra = recipe.extra?.(entry);
    if (extra) entries.push(...placed(entry, extra, entry.copies, recipe));
  }
  const tally = emptyTally();
  addStored(tally, entries);
  return { entries, tally, used: [...schemes].filter(({ name }) => tally.parametersByScheme.has(name)) };
}

/** The copies of a tensor by what becomes of them. Rules are asked about weights only: nothing else is ever quantized. */
export function sharesOf({ rules, fallback }: Recipe, entry: Pick<InventoryEntry, 'name' | 'indices' | 'copies' | 'buffer' | 'role'>) {
  if (entry.buffer) return [{ copies: entry.copies, scheme: 'other' as const }];
  if (!rules || entry.role === 'norm' || entry.role === 'bias' || entry.role === 'convolution' || entry.role === 'other')
    return [{ copies: entry.copies, scheme: fallback }];
  return rules.split(entry).map(({ copies, outcome }) => ({ copies, scheme: outcome ?? fallback }));
}

/** The model type of the part that is quantized: a composite's own type says less than its text model's. */
function modelTypeOf(root: JsonObject): string {
  const type = root['model_type'];
  return typeof type === 'string' ? type : '';
}

/** Every tensor of the files of a checkpoint, as `describeCheckpoint` counts them. */
export function checkpointLayout(root: JsonObject, inventory: Inventory, dtype: CacheDtype): Layout {
  const told = settleRecipe(root, inventory, dtype);
  if (told) return { entries: told.entries, basis: told.basis };
  return {
    entries: inventory.entries
      .filter(({ tiedTo }) => tiedTo === undefined)
      .map((entry) => keptEntry(entry, entry.copies, 'not-quantized', entry.dtype === 'float32' ? 'F32' : plainDtype(dtype))),
    basis: exact,
  };
}

function plainCheckpoint({ entries }: Inventory, dtype: CacheDtype): Checkpoint {
  let bytes = 0;
  let tensors = 0;
  const byComponent: Partial<Record<Component, number>> = {};
  for (const entry of entries) {
    if (entry.tiedTo !== undefined) continue;
    const own = entry.elements * entry.copies * (entry.dtype === 'float32' ? 4 : bytesPerElement[dtype]);
    bytes += own;
    tensors += entry.copies;
    byComponent[entry.component] = (byComponent[entry.component] ?? 0) + own;
  }
  return {
    scheme: dtype,
    bytes,
    basis: exact,
    extras: {
      quantizedParameters: 0,
      keptBytes: bytes,
      keptByReason: {},
      overheadBytes: 0,
      textBytes: 0,
      tensors,
      byComponent,
      parametersByScheme: {},
    },
  };
}
