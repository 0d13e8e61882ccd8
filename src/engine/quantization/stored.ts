import type { Component } from '../modules/tree';
import type { Indices, InventoryEntry } from '../weights/inventory';
import { isKept, storeTensor, type KeepReason, type SavedForm, type Scheme, type StoreContext } from './scheme';
import { bytesOf, bytesPerStoredElement, storedName, type StoredTensor } from './storage';

/** One tensor of the files, or all equal ones of a stack of layers. */
export interface StoredEntry {
  /** Name in the files, numbered modules as {n}. */
  readonly name: string;
  /** What each {n} stands for, in order; of a tensor that not all of these modules store alike, `copies` says how many do. */
  readonly indices?: readonly Indices[];
  /** A type of the safetensors format, or of ggml. */
  readonly dtype: string;
  readonly shape: readonly number[];
  /** How often it stands in the files. */
  readonly copies: number;
  /** Bytes of one copy. */
  readonly bytes: number;
  readonly component: Component;
  /**
   * `weight`: the values themselves, packed or as they are. `overhead`: scales, zeros, indices and the like beside packed
   * values. `text`: text whose length depends on the data, estimated.
   */
  readonly part: 'weight' | 'overhead' | 'text';
  /** Parameters of the model that one copy holds; 0 for overhead, text and buffers. */
  readonly parameters: number;
  /** How it is stored: a scheme's name, or why the tensor keeps the checkpoint's own type. */
  readonly scheme: { readonly name: string } | KeepReason;
  /** The tensor of the model that it is a part of, where the files name its modules otherwise. */
  readonly partOf?: string;
}

/** Equal copies of a tensor and what is to be done with them. */
export interface Share {
  readonly copies: number;
  readonly scheme: Scheme | KeepReason;
}

/** What `copies` of a tensor of the model are in the files, stored by a scheme or kept. */
export function storedEntries(entry: InventoryEntry, { copies, scheme }: Share, context: StoreContext): readonly StoredEntry[] {
  const outcome = typeof scheme === 'string' ? scheme : storeTensor(scheme, entry, context);
  if (isKept(outcome)) {
    const forms = typeof scheme === 'string' ? undefined : scheme.saves?.(entry, context);
    const kept = keptEntry(entry, copies, outcome, context.typeOf(entry));
    return forms?.map((form) => savedAs(kept, form)) ?? [kept];
  }
  return placed(entry, outcome, copies, scheme as Scheme);
}

/** A kept tensor in the form in which a writer saves it. */
const savedAs = (kept: StoredEntry, { name, dtype, shape, elements }: SavedForm): StoredEntry => ({
  ...kept,
  name,
  dtype,
  shape,
  bytes: bytesOf({ suffix: '', dtype, shape, copies: 1 }),
  parameters: kept.parameters > 0 ? elements : 0,
  ...(name !== kept.name && { partOf: kept.name }),
});

/** A tensor of the model as it is. */
export function keptEntry(
  entry: InventoryEntry,
  copies: number,
  reason: KeepReason,
  dtype: keyof typeof bytesPerStoredElement,
): StoredEntry {
  return {
    name: entry.name,
    indices: entry.indices,
    dtype,
    shape: entry.shape,
    copies,
    bytes: entry.elements * bytesPerStoredElement[dtype],
    component: entry.component,
    part: 'weight',
    parameters: entry.buffer ? 0 : entry.elements,
    scheme: reason,
  };
}

/** Stored tensors that stand for `copies` of a tensor of the model. */
export function placed(
  entry: InventoryEntry,
  stored: readonly StoredTensor[],
  copies: number,
  scheme: { readonly name: string },
): readonly StoredEntry[] {
  return stored.map((tensor) => ({
    name: storedName(entry.name, tensor.suffix),
    indices: entry.indices,
    dtype: tensor.dtype,
    shape: tensor.shape,
    copies: tensor.copies * copies,
    bytes: bytesOf(tensor) / tensor.copies,
    component: entry.component,
    part: tensor.packed ? 'weight' : tensor.text ? 'text' : 'overhead',
    // Those of a tied tensor that is stored all the same are counted where it is tied to.
    parameters: tensor.packed && entry.tiedTo === undefined ? (tensor.elements ?? entry.elements / tensor.copies) : 0,
    scheme,
    ...(tensor.suffix.startsWith('../') && { partOf: entry.name }),
  }));
}
