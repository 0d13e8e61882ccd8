import { exact, weakest, type Basis } from '../basis';
import type { Component } from '../modules/tree';
import type { KeepReason } from './scheme';
import type { Preset, PresetModel, PresetOptions } from './presets/preset';
import { splitsRows } from './refusals';
import type { StoredEntry } from './stored';
import { addStored, emptyTally, type Tally } from './tally';

/** The model's parameters under one scheme: tied ones once, buffers left out. */
export interface Weights {
  /** Name of the preset. */
  readonly scheme: string;
  /** Bytes of all tensors that the parameters become, scales and the like included. */
  readonly bytes: number;
  /** bytes · 8 / parameters; 0 for a model without any. */
  readonly bitsPerWeight: number;
  readonly basis: Basis;
  /** Bytes below and above `bytes`, where the size depends on data or on the publisher's recipe. */
  readonly range?: readonly [low: number, high: number];
  /**
   * Of `bytes`: tensors left at the checkpoint's own type of 16 or 32 bits; 0 when nothing is quantized. What the checkpoint
   * itself holds in fewer bits and keeps (MXFP4 experts in a GGUF file) is in `keptByReason` alone.
   */
  readonly keptAt16Bit: number;
  readonly keptByReason: Readonly<Partial<Record<KeepReason, number>>>;
  /** Parameters that are stored packed. */
  readonly quantizedParameters: number;
  /** Columns that share a scale; null for one scale per row or matrix, and for no scales. */
  readonly groupSize: number | null;
  /** Estimated bytes of text whose length depends on the data (bitsandbytes' state), not part of `bytes`. */
  readonly textBytes: number;
  readonly byComponent: Readonly<Partial<Record<Component, number>>>;
  /** Of `bytes`: what stands in a file of its own (llama.cpp's mmproj: towers and projector); absent where all is in one. */
  readonly secondFile?: number;
  /** Tensors whose rows the format cannot divide, left at 16 bits; absent where there are none. */
  readonly keptForWidth?: KeptForWidth;
}

export interface KeptForWidth {
  /** The first of them, numbered modules as {n}. */
  readonly tensor: string;
  readonly shape: readonly number[];
  /** How many kinds of tensors. */
  readonly kinds: number;
  /** Bytes of all of them. */
  readonly bytes: number;
}

/** Types of 16 bits and more, by their names in safetensors and ggml. */
const wideTypes: ReadonlySet<string> = new Set(['F32', 'F16', 'BF16']);

/**
 * Weights at a named precision or quantization. Each scheme decides tensor by tensor; what it leaves alone stays at the
 * checkpoint's dtype. Cost grows with the kinds of layers, not with their number.
 */
export function weights(model: PresetModel, preset: Preset, options: PresetOptions = {}): Weights {
  const { entries, basis, range } = preset.layout(model, options);
  const tally = emptyTally();
  addStored(tally, entries);
  let parameters = 0;
  for (const entry of model.inventory.entries) if (entry.tiedTo === undefined && !entry.buffer) parameters += entry.elements * entry.copies;
  const keptByReason = { ...tally.keptBytesByReason };
  delete keptByReason['not-quantized'];
  const keptForWidth = widthOf(entries);
  return {
    scheme: preset.name,
    bytes: tally.bytes,
    bitsPerWeight: parameters > 0 ? (tally.bytes * 8) / parameters : 0,
    basis: weakest(basisOf(basis, tally), keptForWidth || !splitsRows(preset, model, options.edits) ? exact : splitGroups),
    ...(range && { range }),
    keptAt16Bit: keptAt16Bit(entries),
    keptByReason,
    quantizedParameters: tally.quantizedParameters,
    groupSize: preset.groupSize,
    textBytes: tally.textBytes,
    byComponent: tally.bytesByComponent,
    ...(basis.reasons.includes('gguf-projector') && { secondFile: tally.keptBytesByReason.tower ?? 0 }),
    ...(keptForWidth && { keptForWidth }),
  };
}

function keptAt16Bit(entries: readonly StoredEntry[]): number {
  let kept = 0;
  for (const { scheme, dtype, bytes, copies } of entries)
    if (typeof scheme === 'string' && scheme !== 'not-quantized' && wideTypes.has(dtype)) kept += bytes * copies;
  return kept;
}

function widthOf(entries: readonly StoredEntry[]): KeptForWidth | undefined {
  const kept = entries.filter(({ scheme }) => scheme === 'width');
  const [first] = kept;
  if (!first) return undefined;
  return {
    tensor: first.name,
    shape: first.shape,
    kinds: new Set(kept.map(({ name }) => name)).size,
    bytes: kept.reduce((sum, { bytes, copies }) => sum + bytes * copies, 0),
  };
}

/** Bytes of short groups, where the format's writers take whole ones only. */
const splitGroups: Basis = { kind: 'rule', reasons: ['group-splits-row'] };

/** A layer whose width a scheme cannot take stays as it is: the real writer skips it or stops, which makes the size a rule. */
export const basisOf = (scheme: Basis, { keptBytesByReason }: Pick<Tally, 'keptBytesByReason'>): Basis =>
  weakest(scheme, keptBytesByReason.width === undefined ? exact : { kind: 'rule', reasons: ['width-kept'] });
