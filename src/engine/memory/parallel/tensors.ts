import type { Analysis } from '../../analysis';
import type { Basis } from '../../basis';
import { layoutAt } from '../../estimate';
import type { PresetOptions } from '../../quantization/presets/preset';
import type { StoredEntry } from '../../quantization/stored';
import type { Component } from '../../modules/tree';
import type { Indices, Inventory, InventoryEntry } from '../../weights/inventory';
import { cutOf, moduleOf, type Cut } from './cuts';

/** A stored tensor as parallelism sees it: where it stands, how it is cut, and what one copy takes. */
export interface PlacedTensor {
  /** Module of the model ("model.layers.{n}.self_attn.q_proj"). */
  readonly module: string;
  /** What the name says beyond the module ("weight", "weight_scale_inv", "bias"). */
  readonly part: string;
  readonly cut: Cut;
  readonly component: Component;
  /** Decoder layers that hold it, by number; `null` outside of the stack. */
  readonly layers: readonly number[] | null;
  /** Before, in or after the decoder layers: the first and the last pipeline stage hold what stands outside. */
  readonly place: 'before' | 'layers' | 'after';
  /** Copies in one layer (experts), or in all. */
  readonly copies: number;
  /** Bytes of one copy as stored. */
  readonly bytes: number;
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Elements of the model's tensor that one copy stands for; 0 for scales and the like. */
  readonly parameters: number;
  /** `plain`: a tensor that no scheme packs, held at the dtype of the run. */
  readonly kind: 'plain' | 'packed' | 'overhead';
  /** Name of what packs it; empty for a plain one. */
  readonly scheme: string;
  /** Kept at float32 whatever the run's dtype is. */
  readonly float32: boolean;
}

export interface PlacedModel {
  readonly tensors: readonly PlacedTensor[];
  /** Tensors of layers that predict further tokens, which the class does not load by itself. */
  readonly draft: readonly PlacedTensor[];
  /** Decoder layers. */
  readonly layers: number;
  /** The head shares the embedding's storage. */
  readonly tiedHead: boolean;
  readonly basis: Basis;
}

/**
 * Every stored tensor of a model at a preset or as its checkpoint holds it, with its place and its cut.
 *
 * @throws RangeError for a name that no preset has.
 */
export function placeTensors(analysis: Analysis, weights: string, options?: PresetOptions): PlacedModel {
  if (options !== undefined) return place(analysis, weights, options);
  const known = placedModels.get(analysis) ?? new Map<string, PlacedModel>();
  placedModels.set(analysis, known);
  const placed = known.get(weights) ?? place(analysis, weights, {});
  known.set(weights, placed);
  return placed;
}

/** Every engine asks about the same model: what was placed stays as long as its analysis does. */
const placedModels = new WeakMap<Analysis, Map<string, PlacedModel>>();

function place(analysis: Analysis, weights: string, options: PresetOptions): PlacedModel {
  const layout = layoutAt(analysis, weights, options);
  const loaded = ledgerOf(analysis.inventory);
  const unloaded = ledgerOf(analysis.unloaded);
  const tensors: PlacedTensor[] = [];
  const draft: PlacedTensor[] = [];
  for (const stored of layout.entries) {
    const found = take(loaded, stored);
    if (found) tensors.push(placed(stored, found, analysis.inventory));
    else {
      const beside = take(unloaded, stored);
      if (beside) draft.push(placed(stored, beside, analysis.unloaded));
    }
  }
  // Buffers stand in no layout (it counts parameters), but they are loaded.
  for (const entry of analysis.inventory.entries)
    if (entry.buffer) tensors.push(placed(bufferOf(entry), { entry, layers: layersOf(entry) }, analysis.inventory));
  return {
    tensors,
    draft,
    layers: decoderLayers(analysis.inventory),
    tiedHead: analysis.inventory.entries.some((entry) => entry.role === 'head' && entry.tiedTo !== undefined),
    basis: layout.basis,
  };
}

interface Found {
  readonly entry: InventoryEntry;
  readonly layers: readonly number[] | null;
}
interface Account {
  readonly entry: InventoryEntry;
  /** Copies that stored tensors of a name have not yet taken. */
  readonly left: Map<string, number>;
}
type Ledger = ReadonlyMap<string, readonly Account[]>;

function ledgerOf({ entries }: Inventory): Ledger {
  const ledger = new Map<string, Account[]>();
  for (const entry of entries) {
    const account = { entry, left: new Map<string, number>() };
    for (const key of new Set([entry.name, moduleOf(entry.name)])) {
      const known = ledger.get(key);
      if (known) known.push(account);
      else ledger.set(key, [account]);
    }
  }
  return ledger;
}

/** The tensor of the model that a stored one stands for: its own name, else the module's, in the order of the layers. */
function take(ledger: Ledger, stored: StoredEntry): Found | undefined {
  for (let key = stored.partOf ?? stored.name; key !== ''; key = shorter(key)) {
    const accounts = ledger.get(key);
    if (!accounts) continue;
    for (const { entry, left } of accounts) {
      const remaining = left.get(stored.name) ?? Math.max(entry.copies, stored.copies > entry.copies ? stored.copies : 0);
      if (remaining < stored.copies) continue;
      left.set(stored.name, remaining - stored.copies);
      return { entry, layers: layersOf(entry) };
    }
  }
  return undefined;
}

const shorter = (key: string): string => key.slice(0, Math.max(0, Math.max(key.lastIndexOf('.'), key.lastIndexOf('_'))));

const bufferOf = (entry: InventoryEntry): StoredEntry => ({
  name: entry.name,
  dtype: 'F32',
  shape: entry.shape,
  copies: entry.copies,
  bytes: entry.elements * 4,
  component: entry.component,
  part: 'weight',
  parameters: 0,
  scheme: 'other',
});

function placed(stored: StoredEntry, { entry, layers }: Found, inventory: Inventory): PlacedTensor {
  const tower = entry.component === 'vision' || entry.component === 'audio' || entry.component === 'projector';
  const module = moduleOf(entry.name);
  const inStack = layers !== null && !tower;
  return {
    module,
    part: stored.name.startsWith(module) ? stored.name.slice(module.length).replace(/^[._]/, '') : stored.name,
    cut: cutOf(entry),
    component: entry.component,
    layers: inStack ? layers : null,
    place: inStack ? 'layers' : tower || isFirst(entry, inventory) ? 'before' : 'after',
    copies: inStack ? stored.copies / layers.length : stored.copies,
    bytes: stored.bytes,
    dtype: stored.dtype,
    shape: stored.shape,
    parameters: stored.part !== 'weight' ? 0 : stored.partOf === undefined ? entry.elements : stored.parameters,
    kind: stored.part === 'overhead' ? 'overhead' : typeof stored.scheme === 'string' ? 'plain' : 'packed',
    scheme: typeof stored.scheme === 'string' ? '' : stored.scheme.name,
    float32: entry.dtype === 'float32' || entry.buffer,
  };
}

/** Outside of the layers, embeddings and what norms them stand before; final norms and heads after. */
const isFirst = ({ role, name }: InventoryEntry, { entries }: Inventory): boolean =>
  role === 'embedding' ||
  role === 'position' ||
  entries.findIndex((each) => each.name === name) < entries.findIndex((each) => each.indices.length > 0);

/** Numbers of the outermost stack that a tensor stands in. */
export function layersOf({ indices }: InventoryEntry): readonly number[] | null {
  const [outer] = indices;
  return outer === undefined ? null : numbersOf(outer);
}

const numbersOf = (indices: Indices): readonly number[] =>
  typeof indices === 'number' ? Array.from({ length: indices }, (_, index) => index) : indices;

/** Decoder layers of a model: the longest stack outside of its towers. */
export function decoderLayers({ entries }: Inventory): number {
  let count = 0;
  for (const { indices, component } of entries) {
    if (component === 'vision' || component === 'audio' || component === 'projector' || indices.length === 0) continue;
    const outer = indices[0] as Indices;
    count = Math.max(count, typeof outer === 'number' ? outer : (outer.at(-1) ?? -1) + 1);
  }
  return count;
}
