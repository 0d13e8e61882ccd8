import type { Flag, FlagTable } from '../flags';

const count = (max: number, ...aliases: readonly string[]): Flag => ({ value: { kind: 'integer', min: 1, max }, aliases });
const toggle: Flag = { value: { kind: 'switch' } };
const choice = (choices: readonly string[], ...aliases: readonly string[]): Flag => ({ value: { kind: 'choice', choices }, aliases });
const idleNumber: Flag = { value: { kind: 'number', min: -1e12, max: 1e12 }, idle: true };
const idleSwitch: Flag = { value: { kind: 'switch' }, idle: true };

/**
 * Arguments of `from_pretrained`, `BitsAndBytesConfig` and `generate` that a figure follows, by the library's own names
 * (modeling_utils.py, utils/quantization_config.py, generation/configuration_utils.py). `input-length` is the prompt, for which
 * the library has no argument.
 */
const heeded: FlagTable = {
  'input-length': count(2 ** 31, 'context', 'context-length', 'prompt-length'),
  'max-new-tokens': count(2 ** 31),
  'batch-size': count(2 ** 24),
  'num-beams': count(4096),
  'attn-implementation': choice(['sdpa', 'eager', 'flash_attention_2', 'flash_attention_3']),
  dtype: choice(['auto', 'bfloat16', 'float16', 'float32'], 'torch-dtype'),
  'device-map': choice(['auto', 'balanced', 'sequential', 'cuda']),
  'max-memory': { value: { kind: 'text' } },
  'assistant-model': { value: { kind: 'text' } },
  'use-cache': toggle,
  'cache-implementation': choice(['dynamic', 'static', 'offloaded']),
  'prefill-chunk-size': count(2 ** 31),
  'load-in-4bit': toggle,
  'load-in-8bit': toggle,
  'bnb-4bit-quant-type': choice(['fp4', 'nf4']),
  'bnb-4bit-use-double-quant': toggle,
};

export const transformersFlags: FlagTable = {
  ...heeded,
  ...Object.fromEntries(
    ['temperature', 'top-k', 'top-p', 'min-p', 'repetition-penalty', 'length-penalty', 'seed', 'min-new-tokens', 'min-length'].map(
      (name): [string, Flag] => [name, idleNumber],
    ),
  ),
  ...Object.fromEntries(
    ['do-sample', 'trust-remote-code', 'low-cpu-mem-usage', 'use-safetensors'].map((name): [string, Flag] => [name, idleSwitch]),
  ),
  revision: { value: { kind: 'text' }, idle: true },
};
