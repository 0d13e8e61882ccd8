import { exact, weakest, type Basis } from '../basis';
import type { Component } from '../modules/tree';
import { bytesPerElement, type CacheDtype } from '../units/dtypes';
import type { Inventory } from '../weights/inventory';
import { presetOf, type PresetName } from './presets';
import type { KeepReason } from './scheme';
import { keptDtype } from './storage';
import { addTensor, emptyTally, storeContext, type Tally } from './tally';

/** The model's parameters under one scheme: tied ones once, buffers left out. */
export interface Weights {
  readonly scheme: PresetName;
  /** Bytes of all tensors that the parameters become, scales and the like included. */
  readonly bytes: number;
  /** bytes · 8 / parameters; 0 for a model without any. */
  readonly bitsPerWeight: number;
  readonly basis: Basis;
  /** Of `bytes`: tensors left at the checkpoint's own type (16 bits, or 32 where the checkpoint has 32); 0 when nothing is quantized. */
  readonly keptAt16Bit: number;
  readonly keptByReason: Readonly<Partial<Record<KeepReason, number>>>;
  /** Parameters that are stored packed. */
  readonly quantizedParameters: number;
  /** Columns that share a scale; null for one scale per row or matrix, and for no scales. */
  readonly groupSize: number | null;
  /** Estimated bytes of text whose length depends on the data (bitsandbytes' state), not part of `bytes`. */
  readonly textBytes: number;
  readonly byComponent: Readonly<Partial<Record<Component, number>>>;
}

/**
 * Weights at a named precision or quantization. Each scheme decides tensor by tensor; what it leaves alone stays at the
 * checkpoint's dtype. Cost grows with the kinds of layers, not with their number.
 */
export function weights(inventory: Inventory, name: PresetName, checkpointDtype: CacheDtype): Weights {
  const preset = presetOf(name);
  if (preset.kind === 'dense') return denseWeights(inventory, name, preset.dtype);
  const scheme = preset.scheme(inventory);
  const context = storeContext(inventory, keptDtype(checkpointDtype));
  const tally = emptyTally();
  let parameters = 0;
  for (const entry of inventory.entries) {
    if (entry.tiedTo !== undefined || entry.buffer) continue;
    parameters += entry.elements * entry.copies;
    addTensor(tally, entry, { copies: entry.copies, scheme }, context);
  }
  return {
    scheme: name,
    bytes: tally.bytes,
    bitsPerWeight: parameters > 0 ? (tally.bytes * 8) / parameters : 0,
    basis: basisOf(scheme.basis, tally),
    keptAt16Bit: tally.keptBytes,
    keptByReason: tally.keptBytesByReason,
    quantizedParameters: tally.quantizedParameters,
    groupSize: scheme.groupSize,
    textBytes: tally.textBytes,
    byComponent: tally.bytesByComponent,
  };
}

/** A layer whose width a scheme cannot take stays as it is: the real writer skips it or stops, which makes the size a rule. */
export const basisOf = (scheme: Basis, { keptBytesByReason }: Pick<Tally, 'keptBytesByReason'>): Basis =>
  weakest(scheme, keptBytesByReason.width === undefined ? exact : { kind: 'rule', reasons: ['width-kept'] });

function denseWeights({ entries }: Inventory, scheme: PresetName, dtype: CacheDtype): Weights {
  const width = bytesPerElement[dtype];
  const byComponent: Partial<Record<Component, number>> = {};
  let bytes = 0;
  for (const entry of entries) {
    if (entry.tiedTo !== undefined || entry.buffer) continue;
    const own = entry.elements * entry.copies * width;
    bytes += own;
    byComponent[entry.component] = (byComponent[entry.component] ?? 0) + own;
  }
  return {
    scheme,
    bytes,
    bitsPerWeight: bytes > 0 ? width * 8 : 0,
    basis: exact,
    keptAt16Bit: 0,
    keptByReason: {},
    quantizedParameters: 0,
    groupSize: null,
    textBytes: 0,
    byComponent,
  };
}
