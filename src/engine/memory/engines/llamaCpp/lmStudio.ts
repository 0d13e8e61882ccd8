import type { FlagTable, FlagValue, FlagValues } from '../flags';
import { engineTitles } from '../ids';
import type { Engine, Run } from '../run';
import { cacheTypes } from './flags';
import { llamaMemory } from './memory';
import { llamaPaging } from './paging';
import { newest, runtimeOf } from './versions';

/**
 * What a model is loaded with: LLMLoadModelConfig of lmstudio-ai/lmstudio.js, in kebab case, and the flags of `lms load`
 * (lmstudio-ai/lms) as other names.
 */
const flags: FlagTable = {
  'context-length': { value: { kind: 'integer', min: 1, max: 2 ** 31 - 1 }, aliases: ['contextLength', 'c'] },
  gpu: { value: { kind: 'text' } },
  'max-parallel-predictions': { value: { kind: 'integer', min: 1, max: 256 }, aliases: ['maxParallelPredictions', 'parallel'] },
  'use-unified-kv-cache': { value: { kind: 'switch' }, aliases: ['useUnifiedKvCache'] },
  'eval-batch-size': { value: { kind: 'integer', min: 1, max: 2 ** 24 }, aliases: ['evalBatchSize'] },
  'physical-batch-size': { value: { kind: 'integer', min: 1, max: 2 ** 24 }, aliases: ['physicalBatchSize'] },
  'flash-attention': { value: { kind: 'switch' }, aliases: ['flashAttention'] },
  'llama-k-cache-quantization-type': { value: { kind: 'choice', choices: cacheTypes }, aliases: ['llamaKCacheQuantizationType'] },
  'llama-v-cache-quantization-type': { value: { kind: 'choice', choices: cacheTypes }, aliases: ['llamaVCacheQuantizationType'] },
  'offload-kv-cache-to-gpu': { value: { kind: 'switch' }, aliases: ['offloadKVCacheToGpu'] },
  'try-mmap': { value: { kind: 'switch' }, aliases: ['tryMmap'] },
  'keep-model-in-memory': { value: { kind: 'switch' }, aliases: ['keepModelInMemory'], idle: true },
  ttl: { value: { kind: 'number', min: 0, max: 1e9 }, idle: true },
  identifier: { value: { kind: 'text' }, idle: true },
};

/** Tokens per load where nobody says: the application's own default; a person may have set another. */
const defaultContext = 4096;
/** Predictions at once since its llama.cpp 2.0 (lmstudio.ai/docs/app/advanced/parallel-requests), in one shared cache. */
const defaultParallel = 4;

/** A share of the layers, `max` or `off`. */
function gpuLayers(asked: FlagValue | undefined, layers: number): string {
  if (asked === undefined || asked === 'max' || asked === 'auto') return 'all';
  if (asked === 'off') return '0';
  const share = Number(asked);
  return Number.isFinite(share) && share < 1 ? String(Math.max(0, Math.round(share * layers))) : 'all';
}

function llamaOptions({ options, analysis }: Run): FlagValues {
  const layers = Math.max(...analysis.inventory.entries.map(({ indices: [first] }) => (typeof first === 'number' ? first : 0)), 0);
  const flash = options['flash-attention'];
  const values: Record<string, FlagValue | undefined> = {
    'ctx-size': options['context-length'] ?? defaultContext,
    parallel: options['max-parallel-predictions'] ?? defaultParallel,
    'kv-unified': options['use-unified-kv-cache'] === false ? undefined : true,
    'batch-size': options['eval-batch-size'] ?? 512,
    'ubatch-size': options['physical-batch-size'] ?? 512,
    'flash-attn': flash === undefined ? undefined : flash === true ? 'on' : 'off',
    'cache-type-k': options['llama-k-cache-quantization-type'],
    'cache-type-v': options['llama-v-cache-quantization-type'],
    'no-kv-offload': options['offload-kv-cache-to-gpu'] === false ? true : undefined,
    'no-mmap': options['try-mmap'] === false ? true : undefined,
    'gpu-layers': gpuLayers(options['gpu'], layers),
  };
  return Object.fromEntries(Object.entries(values).filter((entry): entry is [string, FlagValue] => entry[1] !== undefined));
}

/** LM Studio by the llama.cpp that it ships; its source is not public, so that what it does beside is not counted. */
export const lmStudio: Engine = {
  id: 'lm-studio',
  title: engineTitles['lm-studio'],
  newest,
  oldest: 'b6981',
  flags,
  memory(run) {
    const layers = run.options['gpu'] ?? 'auto';
    const remainder = layers === 'auto' || layers === 'max' ? 'cpu' : undefined;
    const memory = llamaMemory({ ...run, options: llamaOptions(run) }, 'lm-studio', runtimeOf(run.version), 'server', remainder);
    return { ...memory, notes: [...memory.notes, { code: 'lm-studio-as-llama', refused: false, values: {} }] };
  },
  paging: (run) => llamaPaging({ ...run, options: llamaOptions(run) }, runtimeOf(run.version), 'server'),
  defaults: () => ({
    'context-length': defaultContext,
    'max-parallel-predictions': defaultParallel,
    gpu: 'max',
    'llama-k-cache-quantization-type': 'f16',
    'llama-v-cache-quantization-type': 'f16',
    'eval-batch-size': 512,
  }),
};
