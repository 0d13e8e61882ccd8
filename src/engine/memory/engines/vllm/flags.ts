import type { Flag, FlagTable } from '../flags';
import { idleSwitches, idleValues } from './idleFlags';
import { loraRanks } from './refusedTypes';

const count = (max: number, ...aliases: readonly string[]): Flag => ({ value: { kind: 'integer', min: 1, max }, aliases });
const amount = (min: number, max: number, ...aliases: readonly string[]): Flag => ({ value: { kind: 'number', min, max }, aliases });
const toggle = (...aliases: readonly string[]): Flag => ({ value: { kind: 'switch' }, aliases });
const text = (...aliases: readonly string[]): Flag => ({ value: { kind: 'text' }, aliases });
const choice = (...choices: readonly string[]): Flag => ({ value: { kind: 'choice', choices } });
const numbers = (...aliases: readonly string[]): Flag => ({ value: { kind: 'numbers' }, aliases });

/** Types of the key/value cache (vllm/config/cache.py, CacheDType, 0.10 to 0.33). */
const cacheTypes = [
  'auto', 'float16', 'bfloat16', 'fp8', 'fp8_e4m3', 'fp8_e5m2', 'fp8_inc', 'fp8_ds_mla', 'nvfp4', 'fp8_per_token_head', 'int8_per_token_head',
  'int4_per_token_head', 'turboquant_k8v4', 'turboquant_4bit_nc', 'turboquant_k3v4_nc', 'turboquant_3bit_nc', 'ultraquant_4bit',
  'nvfp4_4over6', 'nvfp4_ds_mla', 'octave_k3v4', 'octave_k3v3', 'octave_k3v3_compact',
] as const; // prettier-ignore

/** Flags that a figure follows. */
const heeded: FlagTable = {
  'tensor-parallel-size': count(1024, 'tp'),
  'pipeline-parallel-size': count(1024, 'pp'),
  'data-parallel-size': count(1024, 'dp'),
  'enable-expert-parallel': toggle('ep'),
  'decode-context-parallel-size': count(1024, 'dcp'),
  'prefill-context-parallel-size': count(1024, 'pcp'),
  // "8k", "1M" and the like too (arg_utils.py, human_readable_int).
  'max-model-len': text(),
  'gpu-memory-utilization': amount(0, 1, 'device-memory-utilization'),
  'max-num-seqs': count(2 ** 20),
  'max-num-batched-tokens': text(),
  'block-size': count(2 ** 16),
  'kv-cache-dtype': choice(...cacheTypes),
  'enforce-eager': toggle(),
  dtype: choice('auto', 'half', 'float16', 'bfloat16', 'float', 'float32'),
  quantization: text('q'),
  'cpu-offload-gb': amount(0, 2 ** 20),
  'kv-offloading-size': amount(0, 2 ** 20),
  'kv-cache-memory-bytes': text(),
  'num-gpu-blocks-override': count(2 ** 31),
  'enable-lora': toggle(),
  'max-loras': count(4096),
  'max-cpu-loras': count(2 ** 20),
  'max-lora-rank': choice(...loraRanks),
  'fully-sharded-loras': toggle(),
  'speculative-config': text('sc'),
  'spec-method': text(),
  'spec-model': text(),
  'spec-tokens': count(1024),
  'limit-mm-per-prompt': text(),
  'language-model-only': toggle(),
  'skip-mm-profiling': toggle(),
  'mm-encoder-only': toggle(),
  'mm-encoder-tp-mode': choice('weights', 'data'),
  'enable-multimodal-encoder-data-parallel': toggle(),
  'compilation-config': text('cc', 'O'),
  'cudagraph-capture-sizes': numbers('cuda-graph-sizes'),
  'max-cudagraph-capture-size': { value: { kind: 'integer', min: 0, max: 2 ** 20 } },
  'enable-prefix-caching': toggle(),
  'enable-chunked-prefill': toggle(),
  'disable-hybrid-kv-cache-manager': toggle(),
  'disable-sliding-window': toggle(),
  'mamba-ssm-cache-dtype': choice('auto', 'float32', 'float16', 'bfloat16'),
  'mamba-cache-dtype': choice('auto', 'float32', 'float16', 'bfloat16'),
  'mamba-cache-mode': choice('none', 'align', 'all'),
  'mamba-block-size': count(2 ** 20),
  'hf-overrides': text(),
  // To 0.11, by then as overrides of the config (vllm/config/model.py, __post_init__).
  'rope-scaling': text(),
  'rope-theta': amount(0, 1e15),
  runner: text(),
  task: text(),
};

/** Flags whose memory is not on the device, or that are read and change nothing. */
const elsewhere: FlagTable = {
  // Swap of host memory, which no device holds.
  'swap-space': { value: { kind: 'number', min: 0, max: 2 ** 20 }, idle: true },
  'lora-dtype': { value: { kind: 'text' }, idle: true },
  'lora-extra-vocab-size': { value: { kind: 'text' }, idle: true },
  'kv-cache-dtype-skip-layers': { value: { kind: 'text' }, idle: true },
};

/** Flags of `vllm serve`, 0.10 to 0.33, by their long names. */
export const vllmFlags: FlagTable = {
  ...Object.fromEntries(idleSwitches.map((name): [string, Flag] => [name, { value: { kind: 'switch' }, idle: true }])),
  ...Object.fromEntries(idleValues.map((name): [string, Flag] => [name, { value: { kind: 'text' }, idle: true }])),
  ...elsewhere,
  ...heeded,
};
