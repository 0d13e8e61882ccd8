import type { Flag, FlagTable } from '../flags';

const count = (max: number, ...aliases: readonly string[]): Flag => ({ value: { kind: 'integer', min: 1, max }, aliases });
const share: Flag = { value: { kind: 'number', min: 0, max: 1 } };

/** Flags of `text-generation-launcher` that a figure follows; `tgi-wiggle-room` is its environment variable. */
const heeded: FlagTable = {
  'num-shard': count(1024),
  quantize: { value: { kind: 'text' } },
  dtype: { value: { kind: 'choice', choices: ['float16', 'bfloat16'] } },
  'kv-cache-dtype': { value: { kind: 'choice', choices: ['fp8_e4m3fn', 'fp8_e5m2'] } },
  'max-batch-prefill-tokens': count(2 ** 31),
  'max-batch-total-tokens': count(2 ** 40),
  'max-total-tokens': count(2 ** 31),
  'max-input-tokens': count(2 ** 31, 'max-input-length'),
  'cuda-memory-fraction': share,
  'tgi-wiggle-room': share,
  'cuda-graphs': { value: { kind: 'numbers' } },
  speculate: count(64),
  'lora-adapters': { value: { kind: 'text' } },
};

const idle = (names: readonly string[], value: Flag['value']): FlagTable =>
  Object.fromEntries(names.map((name): [string, Flag] => [name, { value, idle: true }]));

/** Read at 3.3.6 (launcher/src/main.rs). */
export const tgiFlags: FlagTable = {
  ...idle(
    [
      ...['model-id', 'revision', 'hostname', 'shard-uds-path', 'master-addr', 'huggingface-hub-cache', 'weights-cache-override'],
      ...['rope-scaling', 'otlp-endpoint', 'otlp-service-name', 'cors-allow-origin', 'api-key', 'watermark-gamma', 'watermark-delta'],
      ...['tokenizer-config-path', 'usage-stats'],
    ],
    { kind: 'text' },
  ),
  ...idle(
    [
      ...['validation-workers', 'max-concurrent-requests', 'max-best-of', 'max-stop-sequences', 'max-top-n-tokens', 'max-batch-size'],
      ...['waiting-served-ratio', 'max-waiting-tokens', 'port', 'prometheus-port', 'master-port', 'rope-factor', 'payload-limit'],
      ...['max-client-batch-size', 'graceful-termination-timeout'],
    ],
    { kind: 'number', min: 0, max: 1e12 },
  ),
  ...idle(['sharded', 'trust-remote-code', 'disable-custom-kernels', 'json-output', 'disable-grammar-support', 'disable-usage-stats'], {
    kind: 'switch',
  }),
  ...heeded,
};
