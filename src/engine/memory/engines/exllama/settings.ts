import { exllamaFlags } from './flags';
import type { FlagValues } from '../flags';
import { RunError, type Run } from '../run';
import { checkedVersion } from '../versions';

/** ExLlamaV3, as its makers number it; EXL2 files run on ExLlamaV2 0.3. */
export const newest = '1.4.1';
export const newestOfV2 = '0.3.2';
export const oldest = '0.2.0';

export { exllamaFlags };

/** Bits of keys and of values; 16: not quantized. */
export interface CacheMode {
  readonly keys: number;
  readonly values: number;
}

export interface Settings {
  readonly version: string;
  readonly generation: 'v2' | 'v3';
  /** Tokens of one sequence, and of the cache that all share. */
  readonly maxSeqLen: number;
  readonly cacheSize: number;
  readonly mode: CacheMode;
  readonly chunk: number;
  /** States of layers that keep no pages are made for as many sequences. */
  readonly slots: number;
  /** GB per device that weights may take; empty: by what each has free. */
  readonly split: readonly number[];
}

/** Pages of the cache and of its chunks (exllamav3/constants.py; TabbyAPI rounds up to them). */
const page = 256;
const paged = (tokens: number): number => Math.max(page, Math.ceil(tokens / page) * page);

/**
 * Defaults of TabbyAPI (backends/exllamav3/model.py): the model's own length, a cache of one such sequence in FP16, chunks of
 * 2,048; 128 sequences, or 4 for models with states.
 *
 * @throws RunError for weights that are not EXL2 or EXL3, a version that is none, or a cache mode that no version knows.
 */
export function settingsOf({ analysis, weights, version: asked, options }: Run): Settings {
  const scheme = weights === 'checkpoint' ? analysis.checkpoint.scheme : weights;
  const generation = /^exl2/.test(scheme) ? 'v2' : /^exl3/.test(scheme) ? 'v3' : undefined;
  if (generation === undefined)
    throw new RunError('weights-not-for-engine', `ExLlama runs EXL2 and EXL3 files, not ${scheme.slice(0, 60)}`, 'weights');
  const version = checkedVersion(asked ?? (generation === 'v2' ? newestOfV2 : newest), 'ExLlama');
  const number = (name: string): number | undefined => {
    const value = options[name];
    return typeof value === 'number' && value > 0 ? value : undefined;
  };
  const length = number('max-seq-len') ?? analysis.contextLimit ?? 8192;
  const cacheSize = paged(number('cache-size') ?? length);
  const states = analysis.inventory.states.some(({ state }) => state.kind === 'sliding' || state.kind === 'recurrent');
  return {
    version,
    generation,
    maxSeqLen: Math.min(length, cacheSize),
    cacheSize,
    mode: modeOf(options, generation),
    chunk: paged(Math.min(number('chunk-size') ?? 2048, cacheSize)),
    slots: number('max-batch-size') ?? (states ? 4 : 128),
    split: (options['gpu-split'] as readonly number[] | undefined) ?? [],
  };
}

function modeOf(options: FlagValues, generation: Settings['generation']): CacheMode {
  const text = String(options['cache-mode'] ?? 'FP16').trim();
  const named: Readonly<Record<string, CacheMode>> = {
    FP16: { keys: 16, values: 16 },
    FP8: { keys: 8, values: 8 },
    Q8: { keys: 8, values: 8 },
    // Of Q6, ExLlamaV2 packs the values at 4 bits and leaves keys at 8 (cache.py, ExLlamaV2Cache_Q6).
    Q6: generation === 'v2' ? { keys: 8, values: 4 } : { keys: 6, values: 6 },
    Q4: { keys: 4, values: 4 },
  };
  const known = named[text.toUpperCase()];
  if (known) return known;
  const pair = /^([2-8])\s*,\s*([2-8])$/.exec(text);
  if (!pair || generation === 'v2')
    throw new RunError(
      'flag-value',
      `cache-mode takes FP16, Q8, Q6, Q4${generation === 'v3' ? ' or bits such as 8,6' : ''}, not ${text.slice(0, 40)}`,
      'options.cache-mode',
    );
  return { keys: Number(pair[1]), values: Number(pair[2]) };
}
