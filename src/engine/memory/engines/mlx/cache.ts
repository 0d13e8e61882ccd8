import type { Analysis } from '../../../analysis';
import { layerStates, type LayerState } from '../../parallel/layerStates';
import { numberOf } from '../../parallel/textConfig';

/** Tokens that a buffer grows by (mlx_lm/models/cache.py, KVCache.step). */
const step = 256;
const padded = (tokens: number): number => Math.ceil(tokens / step) * step;

export interface CacheSettings {
  readonly input: number;
  readonly newTokens: number;
  readonly sequences: number;
  readonly chunk: number;
  /** Most tokens that a layer without a cache of its own kind keeps. */
  readonly maxSize: number | undefined;
  readonly bits: number | undefined;
  readonly groupSize: number;
  /** Tokens from which on the cache is quantized. */
  readonly quantizedFrom: number;
  /** Bytes per element of keys and values that are not quantized. */
  readonly width: number;
}

/**
 * Slots of a buffer after a prompt and the tokens generated: it grows by whole steps of 256, a prompt's pass at a time, and what was
 * not filled of it is cut off first (KVCache.update_and_fetch).
 */
export function slotsOf(input: number, newTokens: number, chunk: number): number {
  const prompt = input - 1;
  const whole = Math.floor(prompt / chunk) * chunk;
  const rest = prompt - whole;
  const afterPrompt = rest > 0 ? whole + padded(rest) : whole > 0 ? whole - chunk + padded(chunk) : 0;
  const tokens = input + newTokens;
  return tokens <= afterPrompt ? afterPrompt : afterPrompt + padded(tokens - afterPrompt);
}

/** A buffer that turns: as many tokens as its window (RotatingKVCache). */
function rotatingSlots(window: number, { input, newTokens }: CacheSettings): number {
  const tokens = input + newTokens;
  return tokens <= window ? Math.min(window, padded(tokens)) : window;
}

/**
 * Keys, values and states of all sequences. Layers with a window turn in place; `--max-kv-size` does the same to models whose class
 * makes no caches of its own; `--kv-bits` packs the others into words of 32 bits with a scale and a bias per group
 * (QuantizedKVCache), and leaves turning ones as they are.
 */
export function mlxCacheBytes(analysis: Analysis, settings: CacheSettings): number {
  const { input, newTokens, sequences, chunk, maxSize, bits, groupSize, quantizedFrom, width } = settings;
  const layers = layerStates(analysis);
  const ownCaches = layers.some(({ states }) => states.some(({ kind }) => kind !== 'attention'));
  const slots = slotsOf(input, newTokens, chunk);
  const quantized = bits !== undefined && input + newTokens >= quantizedFrom;
  const perElement = quantized ? bits / 8 + (2 * width) / groupSize : width;
  const kernel = numberOf(analysis, 'linear_conv_kernel_dim', 'conv_kernel', 'mamba_d_conv', 'd_conv', 'conv_L_cache') ?? 4;
  const bytesOf = (state: LayerState): number => {
    switch (state.kind) {
      case 'recurrent':
        return state.elements * (state.dtype === 'float32' ? 4 : width);
      case 'convolution':
        // The last kernel − 1 inputs are kept (models/qwen3_next.py, mamba.py), where the reference keeps one more.
        return (state.elements / kernel) * Math.max(1, kernel - 1) * width;
      case 'sliding':
        return rotatingSlots(state.window, settings) * state.elementsPerToken * width;
      case 'chunked':
        return Math.min(slots, state.chunk) * state.elementsPerToken * width;
      case 'latent':
        return slots * state.elementsPerToken * width;
      default:
        return maxSize !== undefined && !ownCaches
          ? rotatingSlots(maxSize, settings) * state.elementsPerToken * width
          : slots * state.elementsPerToken * perElement;
    }
  };
  let bytes = 0;
  for (const { states } of layers) for (const state of states) bytes += bytesOf(state);
  return Math.round(bytes * sequences);
}
