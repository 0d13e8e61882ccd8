import { gib, type UsableMemory } from './device';

/** Bytes beside weights and cache, on one device (or one part of a multi-die card). */
export interface Allowance {
  readonly bytes: number;
  readonly lowBytes: number;
  readonly highBytes: number;
}

/** Per device: a fixed part, never more than a share of a small device's memory. */
const fixed = { bytes: 0.8 * gib, low: 0.15 * gib, high: 3.5 * gib } as const;
const fixedShare = { bytes: 1 / 8, low: 1 / 32, high: 1 / 4 } as const;
/** Activations and buffers grow with the model's width and depth; weights stand in for both. */
const ofWeights = { bytes: 0.02, low: 0, high: 0.02 } as const;
/** Buffers of collective communication when a model is split, as a share of the device's memory. */
const collectives = { bytes: 0.023, low: 0, high: 0.05 } as const;
/** nvidia-smi's total less CUDA's: H100 0.47 GiB, RTX 4090 0.35 to 0.47, L4 0.33 to 0.44, A10G 0.5, A100 80 GB 0.75 to 0.85. */
export const driverPart = { bytes: 0.5 * gib, low: 0.33 * gib, high: 0.85 * gib } as const;

/**
 * What running takes beside weights and cache: the driver's context, activations, temporary buffers, captured graphs.
 *
 * Figure used: 0.8 GiB + 2 % of the device's weights. It describes one or a few sequences: of ten models in public llama.cpp
 * logs (compute buffer plus 0.3 GiB of context: 0.46 to 0.91 GiB) nine took less, of three vLLM runs with one sequence two
 * (0.18 and 0.33 GiB; a vision model took 2.78), and transformers' CUDA context is about 0.5 GiB.
 * High end: 3.5 GiB + 2 %: a server at its defaults profiles for hundreds of sequences (vLLM on H100, Llama-3.1-8B: 1.89 GiB
 * activations + 0.25 outside PyTorch + 0.91 graphs). 55 of 63 distinct runs on one device lie below it; above are vision and audio
 * encoders, vocabularies of 256k, large batches of tokens, and ROCm. Low end: 0.15 GiB.
 * It does not depend on the context: engines prefill in chunks (vLLM's max_num_batched_tokens, llama.cpp's n_ubatch).
 * Split over several devices, communication buffers come to 2.3 % of each device's memory: vLLM on H100 with 2 and 4 ranks holds
 * 1.8 to 2 GiB more outside PyTorch than with one; T4 and RTX 3090 ranks 0.1 to 0.2 GiB in all. The band is 0 to 5 %.
 *
 * @param weights bytes of weights on this device
 * @param usable the whole card's usable memory; null where unknown (the fixed part is then taken in full)
 * @param parts devices that software sees on the card
 * @param shards devices that the model is split over, parts counted
 */
export function runtimeAllowance(weights: number, usable: UsableMemory | null, parts: number, shards: number): Allowance {
  const memory = usable === null ? Infinity : usable.bytes / parts;
  const reportsDriver = usable?.basis.kind === 'exact' && usable.basis.reports === 'driver';
  const amount = (end: 'bytes' | 'low' | 'high'): number =>
    Math.ceil(
      Math.min(fixed[end], memory * fixedShare[end]) +
        weights * ofWeights[end] +
        (shards > 1 && usable !== null ? memory * collectives[end] : 0) +
        (reportsDriver ? driverPart[end] / parts : 0),
    );
  return { bytes: amount('bytes'), lowBytes: amount('low'), highBytes: amount('high') };
}
