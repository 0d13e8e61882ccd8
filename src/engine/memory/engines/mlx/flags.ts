import type { Flag, FlagTable } from '../flags';

const count = (max: number, ...aliases: readonly string[]): Flag => ({ value: { kind: 'integer', min: 1, max }, aliases });

/** Flags of `mlx_lm.server` and `mlx_lm.generate` that a figure follows. `input-length` is the prompt, for which neither has a flag. */
const heeded: FlagTable = {
  'input-length': count(2 ** 31, 'context', 'context-length', 'prompt-length'),
  'max-tokens': count(2 ** 31, 'm'),
  'batch-size': count(2 ** 20),
  'max-kv-size': count(2 ** 31),
  'kv-bits': { value: { kind: 'choice', choices: ['2', '3', '4', '5', '6', '8'] } },
  'kv-group-size': { value: { kind: 'choice', choices: ['32', '64', '128'] } },
  'quantized-kv-start': { value: { kind: 'integer', min: 0, max: 2 ** 31 } },
  'prefill-step-size': count(2 ** 31),
};

const idleValues = [
  ...['model', 'adapter-path', 'host', 'allowed-origins', 'log-level', 'chat-template', 'chat-template-args', 'chat-template-config'],
  ...['prompt', 'system-prompt', 'prefill-response', 'extra-eos-token', 'prompt-cache-file', 'verbose'],
];
const idleNumbers = [
  ...['port', 'temp', 'top-p', 'min-p', 'top-k', 'xtc-probability', 'xtc-threshold', 'min-tokens-to-keep', 'seed', 'num-draft-tokens'],
  ...['decode-concurrency', 'prompt-concurrency', 'prompt-cache-size'],
];
const idleSwitches = ['trust-remote-code', 'use-default-chat-template', 'ignore-chat-template'];

const idle = (names: readonly string[], value: Flag['value']): FlagTable =>
  Object.fromEntries(names.map((name): [string, Flag] => [name, { value, idle: true }]));

/** Read at mlx-lm 0.32.0 (mlx_lm/server.py, generate.py). Batches and kept prompts are asked for by `batch-size` here. */
export const mlxFlags: FlagTable = {
  ...idle(idleValues, { kind: 'text' }),
  ...idle(idleNumbers, { kind: 'number', min: -1e12, max: 1e12 }),
  ...idle(idleSwitches, { kind: 'switch' }),
  'draft-model': { value: { kind: 'text' } },
  ...heeded,
};
