import type { Analysis } from '../../../analysis';
import type { JsonObject, JsonValue } from '../../../config/json';
import { vllmLimit } from '../contextLimit';
import { kindOfDraft } from '../draft/heads';
import { jsonFlag } from '../jsonFlag';
import type { FlagValues } from '../flags';
import { RunError, type Machine } from '../run';
import { traitsOf, type DeviceTraits } from './devices';
import { runnerOf, type Runner } from './runner';
import { atLeast } from '../versions';

/** Room for adapters that are served together. */
export interface StackedAdapters {
  readonly count: number;
  readonly rank: number;
  /** Both factors are cut over the devices. */
  readonly sharded: boolean;
  /** The output head has adapters too. */
  readonly head: boolean;
  /** Adapters that are kept in host memory besides (vllm/config/lora.py, max_cpu_loras). */
  readonly onHost?: number;
  /** Last names of the modules that have them; `undefined`: all linear ones. */
  readonly targets: readonly string[] | undefined;
}

/** A draft model or head that guesses tokens. */
export interface Speculation {
  readonly method: string;
  readonly tokens: number;
  /** Ranks that share the draft; `undefined`: those of the model. */
  readonly tensor?: number;
}

/** A run with every default filled in. Lengths in tokens, memory in bytes. */
export interface Settings {
  readonly version: string;
  readonly tensor: number;
  readonly pipeline: number;
  readonly data: number;
  readonly expertParallel: boolean;
  readonly decodeContext: number;
  readonly prefillContext: number;
  readonly maxModelLen: number;
  /** The longest context that fits is taken (v1/core/kv_cache_utils.py, _auto_fit_max_model_len). */
  readonly fitsModelLen: boolean;
  readonly utilization: number;
  readonly maxNumSeqs: number;
  readonly maxNumBatchedTokens: number;
  /** As asked; `undefined`: the backend's own. */
  readonly blockSize: number | undefined;
  readonly cacheDtype: string;
  readonly eager: boolean;
  /** Bytes per element of the run's dtype. */
  readonly width: number;
  readonly quantization: string | undefined;
  readonly cpuOffload: number;
  /** Blocks that are put aside in host memory, over all ranks of a replica (vllm/config/cache.py, kv_offloading_size). */
  readonly cacheOnHost: number;
  readonly cacheBytes: number | undefined;
  readonly blocksOverride: number | undefined;
  readonly lora: StackedAdapters | undefined;
  readonly speculation: Speculation | undefined;
  /** No tower is run: images, sound and video are refused. */
  readonly textOnly: boolean;
  readonly wholeTowers: boolean;
  readonly captureSizes: readonly number[];
  readonly graphMode: GraphMode;
  readonly prefixCaching: boolean;
  readonly hybridManager: boolean;
  readonly slidingWindows: boolean;
  readonly mambaMode: string;
  readonly stateDtype: string;
  readonly pooling: boolean;
  readonly runner: Runner;
  readonly device: DeviceTraits;
}

/** Graphs between the attention layers for any batch, whole graphs for batches that only decode, or both (CUDAGraphMode). */
export type GraphMode = 'PIECEWISE' | 'FULL' | 'FULL_DECODE_ONLY' | 'FULL_AND_PIECEWISE';

const GiB = 2 ** 30;

/**
 * Every setting of a run: what was asked for, else vLLM's default for the version, the device and `vllm serve`
 * (vllm/engine/arg_utils.py and vllm/config/*.py, read at 0.10.0, 0.10.2, 0.11.0, 0.12.0, 0.14.1, 0.16.0, 0.17.1, 0.19.0, 0.20.0
 * to 0.20.2, 0.21.0, 0.22.1, 0.25.1, 0.26.0, 0.27.1, 0.29.0 and 0.33.0).
 *
 * @param weights `checkpoint`, or the name of a preset
 * @param draft the model that guesses tokens, where it is known
 * @throws RunError for a length that is none.
 */
export function settingsOf(
  analysis: Analysis,
  version: string,
  machine: Machine,
  options: FlagValues,
  weights = 'checkpoint',
  draft?: Analysis,
): Settings {
  const number = (flag: string): number | undefined => (typeof options[flag] === 'number' ? options[flag] : undefined);
  const text = (flag: string): string | undefined => (typeof options[flag] === 'string' ? options[flag] : undefined);
  const on = (flag: string): boolean | undefined => (typeof options[flag] === 'boolean' ? options[flag] : undefined);
  const device = traitsOf(machine);
  const compilation = jsonOf(text('compilation-config'), 'compilation-config');
  const pooling = isPooling(analysis, text('runner') ?? text('task'));
  const eager = on('enforce-eager') ?? false;
  const maxModelLen = lengthOf(text('max-model-len'), 'max-model-len') ?? vllmLimit(analysis, version) ?? 2048;
  const batch = batchOf({
    version,
    memory: machine.memory,
    device,
    maxModelLen,
    tokens: lengthOf(text('max-num-batched-tokens'), 'max-num-batched-tokens'),
    seqs: number('max-num-seqs'),
    chunked: on('enable-chunked-prefill') ?? (!pooling || atLeast(version, '0.11')),
  });
  const speculation = speculationOf(options, draft);
  const prefixCaching = on('enable-prefix-caching') ?? !pooling;
  const prefillContext = number('prefill-context-parallel-size') ?? 1;
  const quantization = text('quantization');
  const quantized = quantization !== undefined || !isPlain(weights === 'checkpoint' ? analysis.checkpoint.scheme : weights);
  return {
    version,
    tensor: number('tensor-parallel-size') ?? 1,
    pipeline: number('pipeline-parallel-size') ?? 1,
    data: number('data-parallel-size') ?? 1,
    expertParallel: on('enable-expert-parallel') ?? false,
    decodeContext: number('decode-context-parallel-size') ?? 1,
    prefillContext,
    maxModelLen,
    fitsModelLen: /^(-1|auto)$/i.test(text('max-model-len') ?? ''),
    utilization: number('gpu-memory-utilization') ?? (atLeast(version, '0.20') ? 0.92 : 0.9),
    ...batch,
    blockSize: number('block-size'),
    cacheDtype: text('kv-cache-dtype') ?? 'auto',
    eager,
    width: /^float(32)?$/.test(text('dtype') ?? '') ? 4 : 2,
    quantization,
    cpuOffload: (number('cpu-offload-gb') ?? 0) * GiB,
    cacheOnHost: (number('kv-offloading-size') ?? 0) * GiB,
    cacheBytes: lengthOf(text('kv-cache-memory-bytes'), 'kv-cache-memory-bytes'),
    blocksOverride: number('num-gpu-blocks-override'),
    lora:
      on('enable-lora') === true
        ? {
            count: number('max-loras') ?? 1,
            rank: Number(text('max-lora-rank') ?? 16),
            sharded: on('fully-sharded-loras') ?? false,
            head: true,
            targets: undefined,
            ...(number('max-cpu-loras') !== undefined && { onHost: number('max-cpu-loras') ?? 0 }),
          }
        : undefined,
    speculation,
    textOnly: on('language-model-only') === true || refusesMedia(text('limit-mm-per-prompt')),
    wholeTowers: text('mm-encoder-tp-mode') === 'data' || on('enable-multimodal-encoder-data-parallel') === true,
    captureSizes: eager ? [] : captureSizes(options, compilation, batch, speculation, device, version),
    graphMode: graphModeOf(compilation['cudagraph_mode'], pooling, version),
    prefixCaching,
    hybridManager: on('disable-hybrid-kv-cache-manager') !== true,
    slidingWindows: on('disable-sliding-window') !== true,
    mambaMode: prefixCaching ? (text('mamba-cache-mode') ?? (atLeast(version, '0.27') ? 'align' : 'none')) : 'none',
    stateDtype: text('mamba-ssm-cache-dtype') ?? 'auto',
    pooling,
    runner: runnerOf(analysis, { version, pooling, prefillContext, speculation, quantized }),
    device,
  };
}

const isPlain = (scheme: string): boolean => /^(bf16|fp16|fp32)/.test(scheme);

/** Both kinds by default since 0.11; models that pool have no whole graphs (vllm/config/vllm.py, __post_init__). */
function graphModeOf(asked: JsonValue | undefined, pooling: boolean, version: string): GraphMode {
  const mode = graphModes.find((known) => known === asked) ?? (atLeast(version, '0.11') ? 'FULL_AND_PIECEWISE' : 'PIECEWISE');
  return pooling ? 'PIECEWISE' : mode;
}

const graphModes: readonly GraphMode[] = ['PIECEWISE', 'FULL', 'FULL_DECODE_ONLY', 'FULL_AND_PIECEWISE'];

interface BatchInput {
  readonly version: string;
  readonly memory: number | undefined;
  readonly device: DeviceTraits;
  readonly maxModelLen: number;
  readonly tokens: number | undefined;
  readonly seqs: number | undefined;
  readonly chunked: boolean;
}

/** Sequences and tokens of one step (arg_utils.py, get_batch_defaults and _set_default_max_num_seqs_and_batched_tokens_args). */
function batchOf({ version, memory = 0, device, maxModelLen, tokens, seqs, chunked }: BatchInput) {
  const newer = atLeast(version, '0.29');
  const big = memory >= 70 * GiB && !/a100/i.test(device.name) && !(newer && device.capability === 12.1);
  const usual = newer && memory >= 160 * GiB ? 16384 : big ? 8192 : 2048;
  let maxNumBatchedTokens = tokens ?? usual;
  let maxNumSeqs = seqs ?? (big || (newer && memory >= 160 * GiB) ? 1024 : 256);
  if (tokens === undefined) {
    if (!chunked) maxNumBatchedTokens = Math.max(maxModelLen, maxNumBatchedTokens);
    if (atLeast(version, '0.11')) maxNumBatchedTokens = Math.min(maxNumSeqs * maxModelLen, maxNumBatchedTokens);
  }
  if (seqs === undefined) maxNumSeqs = Math.min(maxNumSeqs, maxNumBatchedTokens);
  return { maxNumBatchedTokens, maxNumSeqs };
}

/** Batch sizes whose graphs are captured (vllm/config/vllm.py, _set_cudagraph_sizes; before 0.11 up to 512 whatever the batch). */
function captureSizes(
  options: FlagValues,
  compilation: JsonObject,
  { maxNumSeqs, maxNumBatchedTokens }: { readonly maxNumSeqs: number; readonly maxNumBatchedTokens: number },
  speculation: Speculation | undefined,
  { capability }: DeviceTraits,
  version: string,
): readonly number[] {
  const flag = options['cudagraph-capture-sizes'] ?? compilation['cudagraph_capture_sizes'];
  if (Array.isArray(flag)) return flag.filter((size): size is number => typeof size === 'number');
  if (compilation['cudagraph_mode'] === 'NONE' || compilation['level'] === 0 || compilation['mode'] === 0) return [];
  const asked = options['max-cudagraph-capture-size'] ?? compilation['max_cudagraph_capture_size'];
  const largest = atLeast(version, '0.33') && capability === 10 ? 1024 : 512;
  const query = (speculation?.tokens ?? 0) + 1;
  const most = Math.min(
    typeof asked === 'number' ? asked : Math.min(maxNumSeqs * 2 * (atLeast(version, '0.14') ? query : 1), largest),
    maxNumBatchedTokens,
  );
  const sizes = [1, 2, 4];
  for (let size = 8; size < 256; size += 8) sizes.push(size);
  for (let size = 256; size <= most; size += 16) sizes.push(size);
  return sizes.filter((size) => size <= most);
}

/** What vLLM takes a draft for, where nobody says: by its path and its config (vllm/config/speculative.py, __post_init__). */
function methodOf(draft: Analysis | undefined, path: string): string {
  if (draft) return { model: 'draft_model', eagle: 'eagle', eagle3: 'eagle3' }[kindOfDraft(draft, path)];
  return /eagle3/i.test(path) ? 'eagle3' : /eagle-/i.test(path) ? 'eagle' : 'draft_model';
}

function speculationOf(options: FlagValues, draft: Analysis | undefined): Speculation | undefined {
  const written = options['speculative-config'];
  const config = jsonOf(typeof written === 'string' ? written : undefined, 'speculative-config');
  const method = config['method'] ?? options['spec-method'];
  const tokens = config['num_speculative_tokens'] ?? options['spec-tokens'];
  if (written === undefined && method === undefined && tokens === undefined && options['spec-model'] === undefined) return undefined;
  const model = config['model'] ?? options['spec-model'];
  const tensor = config['draft_tensor_parallel_size'];
  return {
    method: typeof method === 'string' ? method : model === undefined ? 'mtp' : methodOf(draft, String(model)),
    tokens: typeof tokens === 'number' ? tokens : 1,
    ...(typeof tensor === 'number' && tensor > 0 && { tensor }),
  };
}

function jsonOf(text: string | undefined, flag: string): JsonObject {
  if (text === undefined) return {};
  return /^\d$/.test(text) ? { mode: Number(text) } : jsonFlag(text, flag);
}

/** Powers that a suffix of a length stands for: "8k" is 8,000, "8K" 8,192 (vllm/utils/argparse_utils.py, human_readable_int). */
const powers: Readonly<Record<string, number>> = { k: 1e3, m: 1e6, g: 1e9, t: 1e12, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };

/** A whole number that may be written with a suffix; `undefined` for nothing, -1 and "auto". */
export function lengthOf(text: string | undefined, flag: string): number | undefined {
  if (text === undefined || text === '-1' || text.toLowerCase() === 'auto') return undefined;
  const [, digits, suffix] = /^(\d+(?:\.\d+)?)([kKmMgGtT]?)$/.exec(text.trim()) ?? [];
  const value = digits === undefined ? NaN : Math.trunc(Number(digits) * (suffix ? (powers[suffix] ?? NaN) : 1));
  if (!Number.isSafeInteger(value) || value < 1)
    throw new RunError('flag-value', `${flag} takes a whole number, not ${text.slice(0, 80)}`, flag);
  return value;
}

/** Whether every kind of media is limited to none. */
function refusesMedia(text: string | undefined): boolean {
  if (text === undefined) return false;
  const limits = [...text.matchAll(/(\w+)["']?\s*[:=]\s*(\d+)/g)].map(([, kind = '', limit]) => ({ kind, limit: Number(limit) }));
  return limits.some(({ kind }) => kind === 'image') && limits.every(({ limit }) => limit === 0);
}

/**
 * Classes whose names end in "Model" and which generate text all the same (vllm/config/model.py, _SUFFIX_TO_DEFAULTS;
 * vllm/model_executor/models/registry.py, _TEXT_GENERATION_MODELS).
 */
const generates = /(ChatModel|LMHeadModel)$|^(ChatGLMModel|AquilaModel)$/;

const isPooling = ({ architecture }: Analysis, runner: string | undefined): boolean =>
  runner === 'pooling' ||
  (runner !== undefined && /^(embed|classify|score|reward)/.test(runner)) ||
  (runner === undefined &&
    !generates.test(architecture) &&
    /(Model|ForSequenceClassification|ForTokenClassification|ForMaskedLM)$/.test(architecture));
