import type { PeakJob } from '../../trace/peak';
import { jsonFlag } from '../jsonFlag';
import { RunError, type Run } from '../run';
import { atLeast, checkedVersion } from '../versions';

/** The oracle's version, whose code the traces follow. */
export const newest = '5.23.0';
/** From here on the library has its classes of caches, and SDPA by default. */
export const oldest = '4.36.0';

export interface Settings {
  readonly version: string;
  readonly input: number;
  readonly newTokens: number;
  /** Sequences at once, beams included. */
  readonly sequences: number;
  readonly attention: PeakJob['attention'];
  /** Bytes per element that plain tensors are loaded at; `undefined`: as the file holds them. */
  readonly width: number | undefined;
  /** Nobody named a dtype, and before version 5 the library then loads plain weights at 32 bits. */
  readonly dtypeAssumed: boolean;
  readonly weights: string;
  readonly spread: 'balanced' | 'sequential' | 'one';
  /** Bytes of weights that each device may take; `undefined`: what it has. */
  readonly rooms: readonly number[] | undefined;
  readonly assistant: boolean;
  readonly cache: 'dynamic' | 'static' | 'offloaded' | 'none';
  /** Prompt tokens of one pass. */
  readonly chunk: number;
}

const widths: Readonly<Record<string, number>> = { bfloat16: 2, float16: 2, float32: 4 };

/**
 * What is run. Defaults: the prompt is 4,096 tokens, since the library has no default; 256 are generated, as its pipeline for
 * text does (pipelines/text_generation.py, `_default_generation_config`).
 *
 * @throws RunError for a version that is none, or for two ways to quantize.
 */
export function settingsOf({ version: asked, weights, machine, options }: Run): Settings {
  const version = checkedVersion(asked ?? newest, 'transformers');
  const whole = (name: string): number | undefined => options[name] as number | undefined;
  const text = (name: string): string | undefined => options[name] as string | undefined;
  const input = whole('input-length') ?? 4096;
  const attention = text('attn-implementation') ?? 'sdpa';
  const map = text('device-map') ?? (machine.count > 1 ? 'auto' : 'cuda');
  return {
    version,
    input,
    newTokens: whole('max-new-tokens') ?? 256,
    sequences: (whole('batch-size') ?? 1) * (whole('num-beams') ?? 1),
    attention: attention === 'eager' || attention === 'sdpa' ? attention : 'flash',
    width: widths[text('dtype') ?? 'auto'],
    dtypeAssumed: options['dtype'] === undefined && !atLeast(version, '5.0'),
    weights: weightsOf(weights, options),
    rooms: roomsOf(text('max-memory'), machine.count),
    assistant: text('assistant-model') !== undefined,
    spread: map === 'cuda' ? 'one' : map === 'sequential' ? 'sequential' : 'balanced',
    cache: options['use-cache'] === false ? 'none' : ((text('cache-implementation') ?? 'dynamic') as Settings['cache']),
    chunk: Math.min(input, whole('prefill-chunk-size') ?? input),
  };
}

const units: Readonly<Record<string, number>> = {
  GIB: 2 ** 30,
  MIB: 2 ** 20,
  KIB: 2 ** 10,
  GB: 1e9,
  MB: 1e6,
  KB: 1e3,
};

/**
 * `max_memory`, by the number of a device: `{"0": "10GiB", "1": "20GiB"}` (accelerate/utils/modeling.py, get_max_memory and
 * convert_file_size_to_int, 1.10). Devices that it leaves out take nothing.
 *
 * @throws RunError for what is no such object.
 */
function roomsOf(written: string | undefined, count: number): readonly number[] | undefined {
  if (written === undefined) return undefined;
  const given = jsonFlag(written, 'max-memory');
  const bytesOf = (value: unknown): number => {
    const [, number, unit] = /^(\d+(?:\.\d+)?) ?([KMG]I?B)$/.exec(String(value).trim().toUpperCase()) ?? [];
    const bytes = typeof value === 'number' ? value : number === undefined ? NaN : Number(number) * (units[unit ?? ''] ?? NaN);
    if (!Number.isFinite(bytes) || bytes < 0)
      throw new RunError(
        'max-memory-value',
        'max-memory takes {"0": "10GiB", "cpu": "30GiB"}, numbers of devices and their bytes',
        'options.max-memory',
      );
    return Math.trunc(bytes);
  };
  return Array.from({ length: count }, (_, device) => (given[String(device)] === undefined ? 0 : bytesOf(given[String(device)])));
}

/** What bitsandbytes makes of plain weights; FP4 unless NF4 is asked for (BitsAndBytesConfig). */
function weightsOf(weights: string, options: Run['options']): string {
  const four = options['load-in-4bit'] === true;
  const eight = options['load-in-8bit'] === true;
  if (!four && !eight) return weights;
  if (weights !== 'checkpoint' || (four && eight))
    throw new RunError('weights-twice', 'weights are asked for in two ways', four ? 'options.load-in-4bit' : 'options.load-in-8bit');
  if (eight) return 'bnb-int8';
  const type = options['bnb-4bit-quant-type'] === 'nf4' ? 'nf4' : 'fp4';
  return `bnb-${type}${options['bnb-4bit-use-double-quant'] === true ? '-dq' : ''}`;
}

/**
 * Whether one large block is asked of the allocator before weights are loaded, from which tensors are then cut without rounding:
 * since 4.50 (modeling_utils.py, caching_allocator_warmup). With a quantizer the block is half as large (its factor is 4, not 2).
 */
export const warmsUp = (version: string): boolean => atLeast(version, '4.50');

/** Whether only the last token's logits are computed while a prompt is read: since 4.45 (generation/utils.py, logits_to_keep). */
export const keepsLastLogits = (version: string): boolean => atLeast(version, '4.45');

/**
 * Whether SDPA is given a copy of keys and values for every head that shares them: to 4.52 (integrations/sdpa_attention.py,
 * repeat_kv), as twelve published figures of 4.51 show.
 */
export const repeatsHeads = (version: string): boolean => !atLeast(version, '4.53');
