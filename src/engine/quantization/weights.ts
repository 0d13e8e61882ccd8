import { exact, weakest, type Basis } from '../basis';
import type { Component } from '../modules/tree';
import type { KeepReason } from './scheme';
import type { Preset, PresetModel, PresetOptions } from './presets/preset';
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
export function weights(model: PresetModel, preset: Preset, options: PresetOptions = {}): Weights {
  const { entries, basis, range } = preset.layout(model, options);
  const tally = emptyTally();
  addStored(tally, entries);
  let parameters = 0;
  for (const entry of model.inventory.entries) if (entry.tiedTo === undefined && !entry.buffer) parameters += entry.elements * entry.copies;
  const { 'not-quantized': plain = 0, ...keptByReason } = tally.keptBytesByReason;
  return {
    scheme: preset.name,
    bytes: tally.bytes,
    bitsPerWeight: parameters > 0 ? (tally.bytes * 8) / parameters : 0,
    basis: basisOf(basis, tally),
    ...(range && { range }),
    keptAt16Bit: tally.keptBytes - plain,
    keptByReason,
    quantizedParameters: tally.quantizedParameters,
    groupSize: preset.groupSize,
    textBytes: tally.textBytes,
    byComponent: tally.bytesByComponent,
  };
}

/** A layer whose width a scheme cannot take stays as it is: the real writer skips it or stops, which makes the size a rule. */
export const basisOf = (scheme: Basis, { keptBytesByReason }: Pick<Tally, 'keptBytesByReason'>): Basis =>
  weakest(scheme, keptBytesByReason.width === undefined ? exact : { kind: 'rule', reasons: ['width-kept'] });
