import { weakest, type Basis } from '../../../basis';
import { refusedTensor, type Refused } from '../../parallel/degrees';
import { engineTitles } from '../ids';
import { expertCuts } from '../../parallel/rank';
import { boundRanks, evenStages, type Stage } from '../../parallel/stages';
import { draftTerms, loadDraft, unusedDraft, type LoadedDraft } from '../draft/draft';
import type { DraftKind } from '../draft/heads';
import { RunError, type Engine, type MemoryTerm, type Run, type RunMemory, type RunNote, type TermStep } from '../run';
import { sglangLimit } from '../contextLimit';
import { contextBytes } from '../cudaContext';
import type { CachePaging } from '../../batch';
import { hostShare } from '../host';
import type { FlagValues } from '../flags';
import { adapterTerms } from '../adapterTerms';
import { deviceOf, everyRank } from '../perDevice';
import { forwardBytes } from '../vllm/activations';
import { atLeast, checkedVersion } from '../versions';
import { loadModel, type LoadedModel } from '../vllm/weights';
import { checkFormat } from '../weightFormats';
import { sglangFlags } from './flags';
import { draftCache, elementBytes, hasWindowPool, tokenPool, type TokenPool } from './pool';
import { settingsOf, type Settings } from './settings';

const newest = '0.5.15';
const oldest = '0.4.3';
const GiB = 2 ** 30;

/** SGLang. */
export const sglang: Engine = { id: 'sglang', title: engineTitles.sglang, newest, oldest, flags: sglangFlags, memory, paging, defaults };

function defaults(run: Run): FlagValues {
  const settings = settingsOf(run.analysis, versionOf(run), run.machine, {});
  return {
    'mem-fraction-static': settings.memoryFraction,
    'context-length': settings.contextLength,
    'tensor-parallel-size': settings.tensor,
    'chunked-prefill-size': settings.chunk,
    'cuda-graph-max-bs': settings.graphBatch,
    'kv-cache-dtype': settings.cacheDtype,
    'disable-cuda-graph': settings.graphBatch === 0,
    'cpu-offload-gb': settings.cpuOffload,
  };
}

/** Prefixes are found in a radix tree, page by page, unless it is turned off (srt/mem_cache/radix_cache.py). */
function paging({ analysis, version = newest, machine, options }: Run): CachePaging {
  const settings = settingsOf(analysis, checkedVersion(version, 'SGLang'), machine, options);
  const { pageSize, radixCache, cacheDtype, width } = settings;
  return {
    layout: 'paged',
    page: pageSize,
    shares: radixCache,
    windows: hasWindowPool(analysis, settings),
    element: elementBytes(cacheDtype, width),
    longest: settings.contextLength,
  };
}

const versionOf = ({ version = newest }: Run): string => checkedVersion(version, 'SGLang');

/**
 * Memory of one start of `sglang.launch_server`. Nothing is profiled: the pool is what is left of the free memory after loading
 * but for (1 − mem_fraction_static) of what was free before (model_runner.py, profile_max_num_token), and activations and graphs
 * must do with that share.
 *
 * @throws RunError for a version, weights or a flag that no figure can be given of.
 */
function memory(run: Run): RunMemory {
  const version = versionOf(run);
  checkFormat('sglang', run);
  const settings = settingsOf(run.analysis, version, run.machine, run.options);
  boundRanks(settings.tensor * settings.pipeline * settings.data);
  const loaded = loadModel(run.analysis, run.weights, loadSettings(settings), run.presetOptions);
  const context = contextBytes(settings.tensor * settings.pipeline);
  const total = run.machine.memory;
  const ranks = evenStages(loaded.placed.layers, settings.pipeline).map((stage) => {
    const adapters = loaded.adapterBytes(stage);
    const weights = loaded.bytesOf(stage) + adapters;
    const free = total === undefined ? undefined : total - context;
    const rest = free === undefined ? undefined : free - weights - loading - free * (1 - settings.memoryFraction);
    return { stage, weights, adapters, pool: rest === undefined ? undefined : tokenPool(run.analysis, settings, stage, Math.max(0, rest)) };
  });
  const tokens = ranks.reduce<number | undefined>(
    (fewest, { pool }) => (pool === undefined ? fewest : Math.min(fewest ?? Infinity, pool.tokens)),
    undefined,
  );
  const draft = draftOf(run, settings);
  const drafted = draft === undefined || tokens === undefined ? 0 : draftCache(draft.analysis, settings, tokens);
  const activations = Math.round(
    forwardBytes(run.analysis, { tensor: settings.tensor, maxNumBatchedTokens: Math.max(settings.chunk, 1), width: settings.width }),
  );
  // What SGLang itself sets aside for graphs: 2 MiB for each sequence of the largest batch.
  const graphs = settings.graphBatch * 2 * 2 ** 20;
  const devices = ranks.map(({ stage, weights, pool }) =>
    deviceOf(run.machine, {
      weights: weights + (stage.first ? (draft?.bytes ?? 0) : 0),
      cache: (pool ? Math.round(pool.keys + pool.values + pool.state) : 0) + (stage.first ? drafted : 0),
      activations,
      graphs,
      nonTorch: context + loading,
      buffers: 0,
    }),
  );
  const replicas = settings.attentionShared ? 1 : settings.data;
  const fullest = ranks.reduce((most, rank) => (rank.weights > most.weights ? rank : most));
  const kept = ranks.map(({ stage }) => loaded.hostBytesOf(stage));
  const host = hostShare(
    { weights: kept.reduce((sum, bytes) => sum + bytes, 0) * settings.tensor * replicas, cache: 0, readPerStep: Math.max(...kept) },
    'bus',
  );
  return {
    engine: 'sglang',
    version,
    ...(host && { host }),
    perDevice: everyRank(devices, { tensor: settings.tensor, replicas }),
    pool:
      tokens === undefined || fullest.pool === undefined
        ? null
        : { bytes: Math.round(fullest.pool.keys + fullest.pool.values), tokens, maxConcurrency: tokens / settings.contextLength },
    terms: [
      ...termsOf(fullest, loaded, settings, { context, activations, graphs, memory: total }),
      ...(fullest.stage.first ? [...draftTerms(draft), ...draftCacheTerms(drafted)] : []),
    ],
    notes: notesOf(run, settings, loaded, tokens),
  };
}

/** How the draft of an algorithm is built (srt/speculative/eagle_worker.py, standalone_worker.py). */
const drafts: Readonly<Record<string, DraftKind>> = { EAGLE: 'eagle', EAGLE3: 'eagle3', STANDALONE: 'model' };

/** @throws RunError for a draft that nothing asks for, or of whose algorithm no rule is known. */
function draftOf(run: Run, settings: Settings): LoadedDraft | undefined {
  if (!run.draft) return undefined;
  const method = settings.speculation?.method.toUpperCase();
  if (method === undefined || method === 'NGRAM') return unusedDraft('--speculative-algorithm');
  const kind = drafts[method];
  if (kind === undefined)
    throw new RunError('draft-method', `what a draft of the algorithm ${method.slice(0, 40)} holds is not derived`, 'draft', {
      method: method.slice(0, 40),
    });
  return loadDraft(run.draft.analysis, kind, run.analysis, run.draft.weights, loadSettings(settings));
}

/** A pool of the draft's own, which the model's does not leave room for: it must do with what is set aside. */
const draftCacheTerms = (bytes: number): readonly MemoryTerm[] =>
  bytes > 0
    ? [
        {
          name: 'draft-cache',
          kind: 'cache',
          bytes,
          basis: { kind: 'approximate', reasons: ['rule-of-code-unmeasured'] },
          low: Math.round(bytes * 0.9),
          high: Math.round(bytes * 1.1),
        },
      ]
    : [];

const loadSettings = ({
  tensor,
  attention,
  head,
  experts,
  width,
  quantization,
  cpuOffload,
  speculation,
  embedding,
  device,
  lora,
}: Settings) => ({
  tensor,
  attention,
  head,
  data: experts > 1 ? experts / tensor : 1,
  prefillContext: 1,
  expertParallel: experts > 1,
  width,
  wholeTowers: false,
  speculation: speculation && /eagle|nextn/i.test(speculation.method) ? { method: 'mtp', tokens: speculation.tokens } : undefined,
  textOnly: false,
  quantization,
  cpuOffload,
  pooling: embedding,
  device,
  lora: lora ?? undefined,
  padsExperts: false,
});

/**
 * What loading takes beside the tensors: libraries, and what the allocator holds without giving it out. Median of nine logs
 * (0.02 to 0.15 GiB), whose "mem usage" is the free memory before less that after.
 */
const loading = Math.round(0.09 * GiB);

interface Parts {
  readonly context: number;
  readonly activations: number;
  readonly graphs: number;
  /** Of a device; `undefined` where it is not known. */
  readonly memory: number | undefined;
}

/** What the pools share: what loading leaves, but for the part that is set aside for activations and graphs. */
function poolSteps(memory: number, context: number, weights: number, fraction: number): readonly TermStep[] {
  const free = memory - context;
  const bytes = (code: string, value: number, op: TermStep['op']): TermStep => ({ code, value: Math.round(value), unit: 'bytes', op });
  return [
    { code: 'mem-fraction-static', value: fraction, unit: 'share', op: 'given' },
    bytes('device-memory', memory, '+'),
    bytes('context', context, '−'),
    bytes('model-weights', weights, '−'),
    bytes('loading', loading, '−'),
    bytes('set-aside', free * (1 - fraction), '−'),
  ];
}

function termsOf(
  {
    weights: held,
    adapters,
    pool,
  }: { readonly stage: Stage; readonly weights: number; readonly adapters: number; readonly pool: TokenPool | undefined },
  { basis }: LoadedModel,
  settings: Settings,
  { context, activations, graphs, memory }: Parts,
): readonly MemoryTerm[] {
  const loose: Basis = { kind: 'approximate', reasons: ['outside-of-measured-versions'] };
  const shared = settings.attentionShared ? weakest(basis, loose) : basis;
  const band = shared.kind === 'approximate' ? 0.1 : 0.012;
  const weights = held - adapters;
  const terms: MemoryTerm[] = [
    {
      name: 'model-weights',
      kind: 'weights',
      bytes: weights,
      basis: shared,
      low: Math.round(weights * (1 - band / 2)),
      high: Math.round(weights * (1 + band)),
    },
    {
      name: 'context',
      kind: 'nonTorch',
      bytes: context,
      basis: { kind: 'approximate', reasons: ['fitted-on-logs'] },
      low: Math.round(0.4 * GiB),
      high: Math.round(Math.max(context * 1.5, 0.8 * GiB)),
      evidence: { fitted: 4, held: 0, median: 0.02, p90: 0.02, source: 'sgl-project/sglang#6753, #4161, #3765; cli991/qwctest' },
    },
    {
      name: 'loading',
      kind: 'nonTorch',
      bytes: loading,
      basis: { kind: 'approximate', reasons: ['fitted-on-logs'] },
      low: Math.round(0.02 * GiB),
      high: Math.round(0.16 * GiB),
      evidence: { fitted: 9, held: 0, median: 0.44, p90: 0.8, source: 'start-up logs of nine runs of SGLang 0.1.17 to 0.5' },
    },
    {
      name: 'activations',
      kind: 'activations',
      bytes: activations,
      basis: loose,
      low: Math.round(activations * 0.5),
      high: activations * 3,
    },
  ];
  // Allocated before the pools, so that they have less (model_runner.py, init_lora_manager).
  terms.push(...adapterTerms(adapters));
  if (graphs > 0)
    terms.push({ name: 'cuda-graphs', kind: 'graphs', bytes: graphs, basis: loose, low: Math.round(graphs * 0.1), high: graphs * 6 });
  if (pool) {
    const slack = terms.filter(({ kind }) => kind === 'weights' || kind === 'nonTorch');
    const low = slack.reduce((sum, term) => sum + term.high - term.bytes, 0);
    const high = slack.reduce((sum, term) => sum + term.bytes - term.low, 0);
    const whole = pool.keys + pool.values + pool.state;
    const steps =
      memory === undefined || settings.maxTotalTokens !== undefined ? undefined : poolSteps(memory, context, held, settings.memoryFraction);
    const term = (name: string, bytes: number): MemoryTerm => {
      const share = whole > 0 ? bytes / whole : 0;
      return {
        name,
        kind: 'cache',
        bytes: Math.round(bytes),
        basis: weakest(...slack.map((each) => each.basis)),
        low: Math.max(0, Math.round(bytes - low * share)),
        high: Math.round(bytes + high * share),
        ...(steps && { steps }),
      };
    };
    terms.push(term(pool.values > 0 ? 'k-cache' : 'kv-cache', pool.keys));
    if (pool.values > 0) terms.push(term('v-cache', pool.values));
    if (pool.state > 0) terms.push(term('mamba-cache', pool.state));
  }
  return terms;
}

/** Whether a model keeps anything that grows with the context. */
const keepsTokens = ({ inventory }: Run['analysis']): boolean => inventory.states.some(({ state }) => 'elementsPerToken' in state);

function notesOf(run: Run, settings: Settings, { tensors, shares, placed }: LoadedModel, tokens: number | undefined): readonly RunNote[] {
  const notes: RunNote[] = [];
  const add = (code: string, refused: boolean, values: RunNote['values'] = {}): void => void notes.push({ code, refused, values });
  const ranks = settings.tensor * settings.pipeline * (settings.attentionShared ? 1 : settings.data);
  if (ranks > run.machine.count) add('more-ranks-than-devices', true, { ranks, devices: run.machine.count });
  // server_args.py wants as many ranks in each replica of attention.
  if (settings.attentionShared && settings.tensor % settings.data !== 0)
    add('refused-attention-replicas', true, { degree: settings.tensor, replicas: settings.data });
  const why: Refused | undefined = refusedTensor(run.analysis, tensors, settings.attention, {
    rest: settings.tensor,
    experts: expertCuts(shares),
  });
  if (why) add(`refused-${why.code}`, true, why.values);
  const limit = sglangLimit(run.analysis);
  // configs/model_config.py, _derive_context_length.
  if (limit !== null && settings.contextLength > limit) add('sglang-context-beyond', true, { context: settings.contextLength, limit });
  if (settings.lora === null) add('adapter-rank-unknown', false);
  if (!atLeast(settings.version, oldest)) add('version-older-than-rules', false, { version: settings.version, oldest });
  const ownDraft = placed.draft.length > 0 && /eagle/i.test(settings.speculation?.method ?? '');
  if (settings.speculation !== undefined && !ownDraft && !/nextn|ngram/i.test(settings.speculation.method))
    add(run.draft ? 'draft-graphs-not-counted' : 'draft-model-not-counted', false, { method: settings.speculation.method });
  // From 0.5.16 on the pool may be sized after the graphs are captured.
  if (atLeast(settings.version, '0.5.16')) add('version-newer-than-rules', false, { version: settings.version, newest });
  if (tokens !== undefined) {
    // Requests at once, where none are asked for (model_runner.py, init_memory_pool).
    const running = settings.maxRunning ?? Math.min(Math.max(Math.floor((tokens / settings.contextLength) * 512), 2048), 4096);
    add('max-running-requests', false, { requests: running });
    if (tokens <= 0 && keepsTokens(run.analysis)) add('no-memory-for-cache', true);
  }
  return notes;
}
