/** How each engine is told what an estimate is made for, by its own flags. */
import type { CacheDtype, EngineId, FlagValues } from '../engine/index';

export interface Lengths {
  readonly context: number;
  readonly sequences: number;
}

/** How an engine is told what the estimate is made for. */
export interface Manner {
  /** Flags of a length and a number of sequences. */
  readonly lengths: (lengths: Lengths, own: FlagValues) => FlagValues;
  readonly cacheFlags: readonly string[];
  readonly cacheTypes: Partial<Readonly<Record<CacheDtype, string>>>;
  /** The flag that spreads a model over devices, and those that say that somebody does so in another way. */
  readonly spread: string | undefined;
  readonly spreads: readonly string[];
  /** Steps in which a context is given out. */
  readonly grain: number;
  /** Takes memory for as many sequences as it is told of, where others divide what is left. */
  readonly fixed: boolean;
}

const llamaTypes = { fp32: 'f32', fp16: 'f16', bf16: 'bf16' } as const;
/** Cells are given out in these steps. */
const llamaGrain = 256;

/** Of engines whose cache has the model's own type. */
const plain = { cacheFlags: [], cacheTypes: {}, spread: undefined, spreads: [], grain: 256, fixed: true } as const;

export const manners: Partial<Readonly<Record<EngineId, Manner>>> = {
  vllm: {
    lengths: ({ context }) => ({ 'max-model-len': String(context) }),
    cacheFlags: ['kv-cache-dtype'],
    cacheTypes: { fp8: 'fp8', bf16: 'bfloat16', fp16: 'float16' },
    spread: 'tensor-parallel-size',
    spreads: ['tensor-parallel-size', 'pipeline-parallel-size', 'data-parallel-size'],
    grain: 16,
    fixed: false,
  },
  sglang: {
    lengths: ({ context }) => ({ 'context-length': context }),
    cacheFlags: ['kv-cache-dtype'],
    cacheTypes: { fp8: 'fp8_e4m3', bf16: 'bfloat16', int8: 'int8' },
    spread: 'tensor-parallel-size',
    spreads: ['tensor-parallel-size', 'pipeline-parallel-size', 'data-parallel-size'],
    grain: 16,
    fixed: false,
  },
  'llama.cpp': {
    lengths: (asked, own) => shared('ctx-size', 'parallel', asked, own),
    cacheFlags: ['cache-type-k', 'cache-type-v'],
    cacheTypes: llamaTypes,
    spread: undefined,
    spreads: [],
    grain: llamaGrain,
    fixed: true,
  },
  ollama: {
    lengths: ({ context, sequences }) => ({ 'num-ctx': context, 'num-parallel': sequences }),
    cacheFlags: ['kv-cache-type'],
    cacheTypes: llamaTypes,
    spread: undefined,
    spreads: [],
    grain: llamaGrain,
    fixed: true,
  },
  'lm-studio': {
    lengths: (asked, own) => shared('context-length', 'max-parallel-predictions', asked, own),
    cacheFlags: ['llama-k-cache-quantization-type', 'llama-v-cache-quantization-type'],
    cacheTypes: llamaTypes,
    spread: undefined,
    spreads: [],
    grain: llamaGrain,
    fixed: true,
  },
  'tensorrt-llm': {
    lengths: ({ context }) => ({ 'max-seq-len': context }),
    cacheFlags: ['kv-cache-dtype'],
    cacheTypes: { fp8: 'fp8' },
    spread: 'tensor-parallel-size',
    spreads: ['tensor-parallel-size', 'pipeline-parallel-size'],
    grain: 32,
    fixed: false,
  },
  tgi: {
    lengths: ({ context }) => ({ 'max-total-tokens': context }),
    cacheFlags: ['kv-cache-dtype'],
    cacheTypes: { fp8: 'fp8_e4m3fn' },
    spread: 'num-shard',
    spreads: ['num-shard'],
    grain: 16,
    fixed: false,
  },
  // Neither has a flag for a whole length: the prompt is all of it but one token.
  mlx: {
    lengths: ({ context, sequences }) => ({ 'input-length': Math.max(1, context - 1), 'max-tokens': 1, 'batch-size': sequences }),
    ...plain,
  },
  transformers: {
    lengths: ({ context, sequences }) => ({ 'input-length': Math.max(1, context - 1), 'max-new-tokens': 1, 'batch-size': sequences }),
    ...plain,
  },
  exllama: {
    lengths: ({ context, sequences }) => ({ 'max-seq-len': context, 'cache-size': context * sequences }),
    cacheFlags: ['cache-mode'],
    cacheTypes: { fp16: 'FP16' },
    spread: undefined,
    spreads: [],
    grain: 256,
    fixed: true,
  },
};

/** A length that all sequences share, whose number may be somebody's own. */
function shared(length: string, parallel: string, { context, sequences }: Lengths, own: FlagValues): FlagValues {
  const told = own[parallel];
  const count = typeof told === 'number' && told > 0 ? told : sequences;
  return { [length]: context * count, [parallel]: sequences };
}
