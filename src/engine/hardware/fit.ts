import type { Basis } from '../basis';
import { maxTokens } from '../limits';
import { runtimeAllowance } from './allowance';
import { isMeasuredHere } from './deviceProfile';
import { hasNativeDtype, type ComputeDtype, type Device } from './device';

/**
 * How the cache divides when a model is split by tensor parallelism:
 * - `evenly`: by bytes. Recurrent state, or heads that divide.
 * - `kvHeads`: a device holds whole key/value heads, at least one, so that they repeat on more devices than heads
 *   (vLLM: max(1, kv_heads / ranks)).
 * - `replicated`: every device holds all of it: latent attention (MLA) under tensor parallelism.
 * A model that mixes kinds asks for the least divisible of them.
 */
export type CacheDivision = 'evenly' | 'replicated' | { readonly kvHeads: number };

export interface FitInput {
  /** Bytes of the whole model at this precision. */
  readonly weights: number;
  /** Bytes of the whole model's cache; never falling in either argument. */
  readonly cacheAt: (contextTokens: number, batch: number) => number;
  readonly context: number;
  readonly batch: number;
  /** Tokens; null: the model states none. */
  readonly modelContextLimit: number | null;
  /** The scheme's name, handed through. */
  readonly precision: string;
  /** The format that the hardware multiplies at this precision (weight-only 4 bit: fp16 or bf16); null: nothing to warn about. */
  readonly computeDtype?: ComputeDtype | null;
  /** Left out: `evenly`, and said so in the basis when there is something to divide. */
  readonly cacheDivision?: CacheDivision;
}

export type FitReason =
  | 'allowance-approximate'
  | 'usable-approximate'
  | 'usable-measured-here'
  | 'usable-unknown'
  /** Weights are divided evenly; replicated norms and routers and uneven heads are left out. */
  | 'weights-split-evenly'
  | 'cache-split-assumed'
  | 'cache-heads-repeated'
  | 'cache-replicated'
  /** Weights and cache lie on several parts of one card. */
  | 'split-over-parts'
  | 'dtype-not-native'
  | 'dtype-support-unknown'
  /** The ends of the bands of usable memory and allowance disagree about whether it fits. */
  | 'within-band'
  /** Memory holds more than the model's own limit. */
  | 'limited-by-model'
  /** No context is too long for memory. */
  | 'context-unbounded'
  | 'batch-unbounded';

/** Bytes are of one device (card): what it holds of the model, and what it has. */
export interface Fit {
  readonly device: string;
  readonly count: number;
  readonly precision: string;
  readonly weights: number;
  readonly cache: number;
  readonly allowance: number;
  readonly total: number;
  readonly usable: number | null;
  /** null: memory unknown. */
  readonly fits: boolean | null;
  /** The smaller of memory and the model's limit; null: neither bounds it, or memory is unknown (`fits` null). */
  readonly maxContext: number | null;
  /** By memory alone at this batch; 0: not even one token; null: unbounded, or memory unknown. */
  readonly memoryContext: number | null;
  /** Sequences of `context` tokens; 0: not even one; null: unbounded, or memory unknown. */
  readonly maxBatch: number | null;
  readonly totalBand: { readonly low: number; readonly high: number };
  readonly usableBand: { readonly low: number; readonly high: number } | null;
  readonly basis: Basis;
}

/** Sequences at once that are looked for; more is reported as unbounded. */
const maxSequences = 2 ** 20;

/** `bytes · numerator / denominator`, rounded up, without passing 2^53 on the way. */
function fraction(bytes: number, numerator: number, denominator: number): number {
  const whole = Math.floor(bytes / denominator);
  return whole * numerator + Math.ceil(((bytes - whole * denominator) * numerator) / denominator);
}

/** The cache on one of `shards` devices. */
function cacheShare(bytes: number, shards: number, division: CacheDivision): number {
  if (division === 'replicated' || shards === 1) return bytes;
  if (division === 'evenly') return Math.ceil(bytes / shards);
  const heads = Math.max(1, Math.floor(division.kvHeads));
  return fraction(bytes, Math.ceil(heads / shards), heads);
}

/**
 * The largest n in 1..bound for which `holds`, which must not become true again once false.
 * 0: none; null: all of them, so that the bound and not the condition decided.
 */
function largest(bound: number, holds: (n: number) => boolean): number | null {
  if (holds(bound)) return null;
  if (!holds(1)) return 0;
  let low = 1;
  let high = bound;
  while (high - low > 1) {
    const middle = low + Math.floor((high - low) / 2);
    if (holds(middle)) low = middle;
    else high = middle;
  }
  return low;
}

interface Placement {
  readonly cache: number;
  readonly weights: number;
  readonly allowance: { readonly bytes: number; readonly lowBytes: number; readonly highBytes: number };
  /** Card bytes of the cache at another context and batch. */
  readonly cacheAt: (context: number, batch: number) => number;
}

function place(device: Device, count: number, input: FitInput): Placement {
  const shards = count * device.parts;
  const division = input.cacheDivision ?? 'evenly';
  const weights = Math.ceil(input.weights / shards);
  const allowance = runtimeAllowance(weights, device.usable, device.parts, shards);
  const cacheAt = (context: number, batch: number): number => cacheShare(input.cacheAt(context, batch), shards, division) * device.parts;
  return {
    weights: weights * device.parts,
    cache: cacheAt(input.context, input.batch),
    allowance: {
      bytes: allowance.bytes * device.parts,
      lowBytes: allowance.lowBytes * device.parts,
      highBytes: allowance.highBytes * device.parts,
    },
    cacheAt,
  };
}

function usableReason(device: Device): readonly FitReason[] {
  const { usable } = device;
  if (usable === null) return ['usable-unknown'];
  if (usable.basis.kind === 'approximate') return ['usable-approximate'];
  return isMeasuredHere(device) ? ['usable-measured-here'] : [];
}

function dtypeReason(device: Device, dtype: ComputeDtype | null | undefined): readonly FitReason[] {
  if (dtype == null) return [];
  const native = hasNativeDtype(device, dtype);
  if (native === undefined) return ['dtype-support-unknown'];
  return native ? [] : ['dtype-not-native'];
}

function divisionReason(shards: number, { cacheDivision }: FitInput): readonly FitReason[] {
  if (shards === 1) return [];
  if (cacheDivision === undefined) return ['cache-split-assumed'];
  if (cacheDivision === 'replicated') return ['cache-replicated'];
  // Not a multiple, or fewer heads than devices: some device holds more than its even share.
  if (typeof cacheDivision === 'object' && cacheDivision.kvHeads % shards !== 0) return ['cache-heads-repeated'];
  return [];
}

/** Whether weights, cache and allowance stay within usable memory, without looking for limits; null: memory unknown. */
export function fitsOn(device: Device, count: number, input: FitInput): boolean | null {
  if (device.usable === null) return null;
  const { weights, cache, allowance } = place(device, count, input);
  return weights + cache + allowance.bytes <= device.usable.bytes;
}

/**
 * One model on `count` (1 to 16) devices of a kind, split by tensor parallelism within each layer: weights divide evenly and
 * are rounded up; the cache divides as `cacheDivision` says; the allowance is each device's own (`allowance.ts`). A card of
 * several parts is that many devices, and its memory the sum of their equal shares. Whether heads and hidden sizes divide by
 * the number of devices is not checked here.
 *
 * `fits` compares the figures used, which lie on the safe side of their bands; where the bands leave it open, the basis says
 * `within-band`.
 */
export function fit(device: Device, count: number, input: FitInput): Fit {
  const { usable, parts } = device;
  const shards = count * parts;
  const { weights, cache, allowance, cacheAt } = place(device, count, input);
  const held = weights + cache;
  const total = held + allowance.bytes;
  const usableBand =
    usable === null
      ? null
      : usable.basis.kind === 'approximate'
        ? { low: usable.basis.lowBytes, high: usable.basis.highBytes }
        : { low: usable.bytes, high: usable.bytes };
  const totalBand = { low: held + allowance.lowBytes, high: held + allowance.highBytes };

  const room = usable === null ? null : usable.bytes - weights - allowance.bytes;
  const memoryContext = room === null ? null : largest(maxTokens, (tokens) => cacheAt(tokens, input.batch) <= room);
  const maxBatch = room === null ? null : largest(maxSequences, (batch) => cacheAt(input.context, batch) <= room);
  const limit = input.modelContextLimit;
  const maxContext = room === null ? null : limit === null ? memoryContext : Math.min(memoryContext ?? limit, limit);

  const bandsDisagree = usableBand !== null && totalBand.low <= usableBand.high && totalBand.high > usableBand.low;
  const reasons: FitReason[] = [
    'allowance-approximate',
    ...usableReason(device),
    ...(shards > 1 ? (['weights-split-evenly'] as const) : []),
    ...divisionReason(shards, input),
    ...(parts > 1 ? (['split-over-parts'] as const) : []),
    ...dtypeReason(device, input.computeDtype),
    ...(bandsDisagree ? (['within-band'] as const) : []),
    ...(room !== null && maxContext !== null && maxContext !== memoryContext ? (['limited-by-model'] as const) : []),
    ...(room !== null && memoryContext === null ? (['context-unbounded'] as const) : []),
    ...(room !== null && maxBatch === null ? (['batch-unbounded'] as const) : []),
  ];
  return {
    device: device.name,
    count,
    precision: input.precision,
    weights,
    cache,
    allowance: allowance.bytes,
    total,
    usable: usable?.bytes ?? null,
    fits: usable === null ? null : total <= usable.bytes,
    maxContext,
    memoryContext,
    maxBatch,
    totalBand,
    usableBand,
    basis: { kind: 'approximate', reasons },
  };
}
