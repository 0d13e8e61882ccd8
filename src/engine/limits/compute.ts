import type { Device } from '../hardware/device';

/** Tokens that Llama 3 was pre-trained on (Llama Team 2024, arXiv 2407.21783). */
export const llama3Tokens = 15e12;
/** Tokens per parameter that a given compute is best spent on, measured on dense models (Hoffmann et al. 2022, arXiv 2203.15556). */
export const computeOptimalTokensPerParameter = 20;
/** Julian years. */
export const secondsPerYear = 365.25 * 24 * 3600;

/**
 * FLOPs to train on `tokens` tokens: 2 per parameter and token forwards, 4 backwards (Kaplan et al. 2020, arXiv 2001.08361,
 * 2.1). Attention over the context comes on top.
 *
 * @param parameters those that one token uses
 */
export const trainingFlops = (parameters: number, tokens: number): number => 6 * parameters * tokens;

/** The data set for which compute is spent best; see `computeOptimalTokensPerParameter`. */
export const computeOptimalTokens = (parameters: number): number => computeOptimalTokensPerParameter * parameters;

/** Dense 16-bit matrix arithmetic of a device, which training runs on; undefined: no source states it. */
export function trainingThroughput({
  throughput,
}: Device): { readonly flopsPerSecond: number; readonly dtype: 'bf16' | 'fp16' } | undefined {
  if (throughput.bf16 !== undefined) return { flopsPerSecond: throughput.bf16, dtype: 'bf16' };
  return throughput.fp16 === undefined ? undefined : { flopsPerSecond: throughput.fp16, dtype: 'fp16' };
}

/** Seconds that one device works, at a utilisation of its peak from 0 to 1. */
export const deviceSeconds = (flops: number, flopsPerSecond: number, utilisation = 1): number => flops / (flopsPerSecond * utilisation);
