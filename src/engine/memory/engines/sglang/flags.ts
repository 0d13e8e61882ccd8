import type { Flag, FlagTable } from '../flags';
import { idleSwitches, idleValues } from './idleFlags';

const count = (max: number, ...aliases: readonly string[]): Flag => ({ value: { kind: 'integer', min: 1, max }, aliases });
const whole = (...aliases: readonly string[]): Flag => ({ value: { kind: 'integer', min: -1, max: 2 ** 31 }, aliases });
const share = (max: number): Flag => ({ value: { kind: 'number', min: 0, max } });
const toggle: Flag = { value: { kind: 'switch' } };
const text = (...aliases: readonly string[]): Flag => ({ value: { kind: 'text' }, aliases });
const choice = (...choices: readonly string[]): Flag => ({ value: { kind: 'choice', choices } });

/** Flags that a figure follows. */
const heeded: FlagTable = {
  'tensor-parallel-size': count(1024, 'tp-size', 'tp'),
  'pipeline-parallel-size': count(1024, 'pp-size', 'pp'),
  'data-parallel-size': count(1024, 'dp-size', 'dp'),
  'expert-parallel-size': count(1024, 'ep-size', 'ep'),
  'enable-ep-moe': toggle,
  'enable-dp-attention': toggle,
  'enable-dp-lm-head': toggle,
  'context-length': count(2 ** 31),
  'mem-fraction-static': share(1),
  'max-running-requests': count(2 ** 31),
  'max-total-tokens': count(2 ** 31),
  'chunked-prefill-size': whole(),
  'max-prefill-tokens': count(2 ** 31),
  'page-size': count(2 ** 16),
  'kv-cache-dtype': choice('auto', 'fp8_e5m2', 'fp8_e4m3', 'bf16', 'bfloat16', 'fp4_e2m1', 'int8'),
  dtype: choice('auto', 'half', 'float16', 'bfloat16', 'float', 'float32'),
  quantization: text(),
  'disable-cuda-graph': toggle,
  'cuda-graph-max-bs': count(2 ** 20),
  'cuda-graph-bs': { value: { kind: 'numbers' } },
  'speculative-algorithm': text('speculative-algo'),
  'speculative-num-draft-tokens': count(4096),
  'speculative-draft-model-path': text('speculative-draft-model'),
  'swa-full-tokens-ratio': share(1),
  'disable-hybrid-swa-memory': toggle,
  'mamba-full-memory-ratio': share(1e6),
  'max-mamba-cache-size': count(2 ** 31),
  'mamba-ssm-dtype': choice('float32', 'float16', 'bfloat16'),
  'disable-radix-cache': toggle,
  'cpu-offload-gb': share(2 ** 20),
  'enable-lora': toggle,
  'lora-paths': text(),
  'max-lora-rank': count(4096),
  'max-loras-per-batch': count(4096),
  'lora-target-modules': text(),
  'is-embedding': toggle,
  'enable-piecewise-cuda-graph': toggle,
  'json-model-override-args': text(),
};

const elsewhere: FlagTable = {
  'model-path': { value: { kind: 'text' }, aliases: ['model'], idle: true },
};

/** Flags of `sglang.launch_server`, 0.4.3 to 0.5.15, by their long names. */
export const sglangFlags: FlagTable = {
  ...Object.fromEntries(idleSwitches.map((name): [string, Flag] => [name, { value: { kind: 'switch' }, idle: true }])),
  ...Object.fromEntries(idleValues.map((name): [string, Flag] => [name, { value: { kind: 'text' }, idle: true }])),
  ...elsewhere,
  ...heeded,
};
