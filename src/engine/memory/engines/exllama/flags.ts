import type { Flag, FlagTable } from '../flags';

const count = (max: number, ...aliases: readonly string[]): Flag => ({ value: { kind: 'integer', min: 1, max }, aliases });
const idle = (names: readonly string[], value: Flag['value']): FlagTable =>
  Object.fromEntries(names.map((name): [string, Flag] => [name, { value, idle: true }]));

/** Keys of TabbyAPI's config (config_sample.yml, model section), the server of both ExLlamaV2 and ExLlamaV3. */
const heeded: FlagTable = {
  'max-seq-len': { value: { kind: 'integer', min: -1, max: 2 ** 31 } },
  'cache-size': count(2 ** 31),
  /** "FP16", "Q8", "Q6", "Q4" or "k,v" in bits. */
  'cache-mode': { value: { kind: 'text' } },
  'chunk-size': count(2 ** 24),
  'max-batch-size': count(2 ** 20),
  'gpu-split': { value: { kind: 'numbers' } },
  'tensor-parallel': { value: { kind: 'switch' } },
  'draft-model-name': { value: { kind: 'text' } },
};

export const exllamaFlags: FlagTable = {
  ...idle(
    ['model-name', 'model-dir', 'backend', 'tensor-parallel-backend', 'rope-alpha', 'prompt-template', 'tool-format', 'host', 'draft-mode'],
    { kind: 'text' },
  ),
  ...idle(['rope-scale', 'port', 'autosplit-reserve', 'sysmem-recurrent-cache', 'sysmem-kv-cache'], { kind: 'numbers' }),
  ...idle(['gpu-split-auto', 'output-chunking', 'vision', 'reasoning', 'inline-model-loading', 'disable-auth', 'cuda-malloc-async'], {
    kind: 'switch',
  }),
  ...heeded,
};
