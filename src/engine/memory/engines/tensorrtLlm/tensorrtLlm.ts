import { engineTitles } from '../ids';
import { atLeast, checkedVersion } from '../versions';
import { checkFormat } from '../weightFormats';
import type { CachePaging } from '../../batch';
import { contextBytes } from '../cudaContext';
import type { FlagValues } from '../flags';
import { deviceOf, everyRank } from '../perDevice';
import { type Engine, type Pool, type Run, type RunMemory } from '../run';
import { tensorrtFlags } from './flags';
import { rankedModel, rankNotes, rankTerms, type Rank, type RankSettings } from './ranks';

const newest = '1.2.0';
const oldest = '0.20.0';
const MiB = 2 ** 20;

/** TensorRT-LLM, its PyTorch backend. */
export const tensorrtLlm: Engine = {
  id: 'tensorrt-llm',
  title: engineTitles['tensorrt-llm'],
  newest,
  oldest,
  flags: tensorrtFlags,
  memory,
  paging,
  defaults,
};

interface Settings extends RankSettings {
  readonly version: string;
  readonly fraction: number;
  readonly maxBatch: number;
  readonly maxSeqLen: number;
  readonly maxTokens: number | undefined;
  readonly block: number;
  readonly graphBatch: number;
}

function defaults(run: Run): FlagValues {
  const { fraction, maxBatch, tokens, maxSeqLen, tensor, pipeline } = settingsOf({ ...run, options: {} });
  return {
    'kv-cache-free-gpu-memory-fraction': fraction,
    'max-seq-len': maxSeqLen,
    'max-batch-size': maxBatch,
    'max-num-tokens': tokens,
    'tensor-parallel-size': tensor,
    'pipeline-parallel-size': pipeline,
    'kv-cache-dtype': 'auto',
  };
}

/** Blocks of a prefix are found by their content; on by default (llm_args.py, KvCacheConfig.enable_block_reuse). Windows are counted whole. */
function paging(run: Run): CachePaging {
  const { block, element, maxSeqLen } = settingsOf(run);
  return { layout: 'paged', page: block, shares: true, windows: false, element, longest: maxSeqLen };
}

const elementBytes: Readonly<Record<string, number>> = { fp8: 1, nvfp4: 1 / 2 + 1 / 16 };

/** Defaults of tensorrt_llm/llmapi/llm_args.py and builder.py (BuildConfig), read at 1.2. */
function settingsOf({ version: asked, options, analysis }: Run): Settings {
  const version = checkedVersion(asked ?? newest, 'TensorRT-LLM');
  const number = (name: string): number | undefined => options[name] as number | undefined;
  const width = analysis.dtype.value === 'fp32' ? 4 : 2;
  const maxBatch = number('max-batch-size') ?? 2048;
  return {
    version,
    tensor: number('tensor-parallel-size') ?? 1,
    pipeline: number('pipeline-parallel-size') ?? 1,
    expertParallel: (number('moe-expert-parallel-size') ?? 1) > 1,
    wholeAttention: options['enable-attention-dp'] === true,
    width,
    element: elementBytes[String(options['kv-cache-dtype'] ?? 'auto')] ?? width,
    tokens: number('max-num-tokens') ?? 8192,
    quantization: undefined,
    fraction: number('kv-cache-free-gpu-memory-fraction') ?? 0.9,
    maxBatch,
    maxSeqLen: number('max-seq-len') ?? analysis.contextLimit ?? 2048,
    maxTokens: number('max-tokens'),
    block: number('tokens-per-block') ?? 32,
    graphBatch: options['disable-cuda-graph'] === true ? 0 : Math.min(maxBatch, number('cuda-graph-max-batch-size') ?? 128),
  };
}

/**
 * Memory of one start of `trtllm-serve`: a pass of max_num_tokens is run, and the pool takes a share of what its peak left free:
 * (total − peak) × kv_cache_free_gpu_memory_fraction (tensorrt_llm/_torch/pyexecutor/_util.py, KvCacheCreator._cal_max_memory; the
 * peak counts weights, activations and what PyTorch does not manage). vLLM takes its share of the whole device instead.
 *
 * @throws RunError for a version or weights that no figure can be given of.
 */
function memory(run: Run): RunMemory {
  checkFormat('tensorrt-llm', run);
  const settings = settingsOf(run);
  const model = rankedModel(run, settings);
  const { ranks, activations } = model;
  const total = run.machine.memory;
  const context = contextBytes(settings.tensor * settings.pipeline);
  const free = (rank: Rank): number | undefined =>
    total === undefined ? undefined : Math.max(0, (total - rank.weights - activations - context) * settings.fraction);
  const tokens = tokensOf(ranks, settings, free);
  // One MiB a sequence, for its graph's own buffers: an assumption with a wide band.
  const graphs = settings.graphBatch * MiB;
  const rows = ranks.map((rank) => {
    const cells = rank.cells.full + rank.cells.windowed;
    const state = rank.cells.state * settings.maxBatch;
    return deviceOf(run.machine, {
      weights: rank.weights,
      cache: tokens === undefined ? 0 : Math.round(tokens * cells + Math.min(state, free(rank) ?? 0)),
      activations,
      graphs,
      nonTorch: context,
      buffers: 0,
    });
  });
  const fullest = rows.reduce((most, row) => (row.weights > most.weights ? row : most));
  const pool: Pool | null = tokens === undefined ? null : { bytes: fullest.cache, tokens, maxConcurrency: tokens / settings.maxSeqLen };
  return {
    engine: 'tensorrt-llm',
    version: settings.version,
    perDevice: everyRank(rows, settings),
    pool,
    terms: rankTerms(fullest, model.loaded, { fraction: settings.fraction, before: false }),
    notes: notesOf(run, settings, model, tokens),
  };
}

/** Tokens that every rank has room for, in whole blocks; layers with a window are counted like the others. */
function tokensOf(
  ranks: readonly Rank[],
  { maxTokens, block, maxBatch }: Settings,
  free: (rank: Rank) => number | undefined,
): number | undefined {
  let fewest: number | undefined;
  for (const rank of ranks) {
    const bytes = free(rank);
    if (bytes === undefined) return undefined;
    const cell = rank.cells.full + rank.cells.windowed;
    const rest = Math.max(0, bytes - rank.cells.state * maxBatch);
    if (cell > 0) fewest = Math.min(fewest ?? Infinity, Math.floor(rest / cell / block) * block);
  }
  return Math.min(fewest ?? 0, maxTokens === undefined ? Infinity : Math.ceil(maxTokens / block) * block);
}

function notesOf(run: Run, settings: Settings, model: ReturnType<typeof rankedModel>, tokens: number | undefined): RunMemory['notes'] {
  const notes = rankNotes(run, settings, model);
  const add = (code: string, refused: boolean, values: Readonly<Record<string, string | number>> = {}): void =>
    void notes.push({ code, refused, values });
  if (model.ranks.some(({ cells }) => cells.windowed > 0)) add('windows-counted-whole', false);
  const keeps = model.ranks.some(({ cells }) => cells.full + cells.windowed > 0);
  if (keeps && tokens !== undefined && tokens < settings.maxSeqLen)
    add('context-does-not-fit', true, { context: settings.maxSeqLen, longest: tokens });
  if (!atLeast(settings.version, oldest)) add('version-older-than-rules', false, { version: settings.version, oldest });
  if (atLeast(settings.version, '1.3')) add('version-newer-than-rules', false, { version: settings.version, newest });
  return notes;
}
