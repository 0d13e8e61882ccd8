import type { Flag, FlagTable } from '../flags';

const count = (max: number, ...aliases: readonly string[]): Flag => ({ value: { kind: 'integer', min: 1, max }, aliases });
const toggle: Flag = { value: { kind: 'switch' } };
const share: Flag['value'] = { kind: 'number', min: 0, max: 1 };

/** Flags of `trtllm-serve` that a figure follows, and keys of its YAML file that people set most (llmapi/llm_args.py). */
const heeded: FlagTable = {
  'tensor-parallel-size': count(1024, 'tp-size'),
  'pipeline-parallel-size': count(1024, 'pp-size'),
  'moe-expert-parallel-size': count(1024, 'ep-size'),
  'kv-cache-free-gpu-memory-fraction': { value: share, aliases: ['free-gpu-memory-fraction'] },
  'max-batch-size': count(2 ** 24),
  'max-num-tokens': count(2 ** 31),
  'max-seq-len': count(2 ** 31),
  'max-beam-width': count(1024),
  'kv-cache-dtype': { value: { kind: 'choice', choices: ['auto', 'fp8', 'nvfp4'] } },
  'max-tokens': count(2 ** 40),
  'tokens-per-block': count(4096),
  'enable-attention-dp': toggle,
  'cuda-graph-max-batch-size': count(2 ** 20),
  'disable-cuda-graph': toggle,
  backend: { value: { kind: 'choice', choices: ['pytorch'] } },
};

const idleTexts = [
  ...['model', 'tokenizer', 'custom-tokenizer', 'custom-module-dirs', 'host', 'log-level', 'revision', 'config', 'reasoning-parser'],
  ...['tool-parser', 'metadata-server-config-file', 'server-role', 'otlp-traces-endpoint', 'disagg-cluster-uri', 'media-io-kwargs'],
  ...['chat-template'],
];
const idleNumbers = ['port', 'gpus-per-node', 'num-postprocess-workers', 'moe-cluster-parallel-size'];
const idleSwitches = ['trust-remote-code', 'fail-fast-on-attention-window-too-large', 'enable-chunked-prefill'];
const idle = (names: readonly string[], value: Flag['value']): FlagTable =>
  Object.fromEntries(names.map((name): [string, Flag] => [name, { value, idle: true }]));

/** Read at 1.2 (tensorrt_llm/commands/serve.py). Engines that were built beforehand (the TensorRT backend) are refused. */
export const tensorrtFlags: FlagTable = {
  ...idle(idleTexts, { kind: 'text' }),
  ...idle(idleNumbers, { kind: 'number', min: 0, max: 1e9 }),
  ...idle(idleSwitches, { kind: 'switch' }),
  ...heeded,
};
