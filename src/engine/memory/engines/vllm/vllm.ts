import { exact, weakest, type Basis } from '../../../basis';
import { refusedContext, refusedTensor, type Refused } from '../../parallel/degrees';
import { expertCuts } from '../../parallel/rank';
import { boundRanks, evenStages, type Stage } from '../../parallel/stages';
import { engineTitles } from '../ids';
import {
  RunError,
  type Engine,
  type Evidence,
  type MemoryTerm,
  type Pool,
  type Run,
  type RunMemory,
  type RunNote,
  type TermStep,
} from '../run';
import type { CachePaging } from '../../batch';
import type { FlagValues } from '../flags';
import { adapterTerms } from '../adapterTerms';
import { draftTerms, loadDraft, unusedDraft, type LoadedDraft } from '../draft/draft';
import type { DraftKind } from '../draft/heads';
import { isBeyondVllm, vllmLimit } from '../contextLimit';
import { deviceOf, everyRank } from '../perDevice';
import { activationsOf, hasTower, type ActivationParts } from './activations';
import { planCache, poolFigures, type CachePlan } from './cachePlan';
import { cacheSpecs } from './cacheSpecs';
import { graphsOf, nonTorchOf, type Fitted } from './fitted';
import { hostShare } from '../host';
import { vllmFlags } from './flags';
import { vllmPaging } from './paging';
import { checkCacheType, checkHostAdapters, checkLoraRank } from './refusedTypes';
import { readsDriver, requestStateBytes, reservesGraphs } from './runner';
import { settingsOf, type Settings } from './settings';
import { atLeast, checkedVersion } from '../versions';
import { checkFormat } from '../weightFormats';
import { loadModel, type LoadedModel } from './weights';

/** The newest release whose source was read. */
const newest = '0.33.0';
/** The oldest that the rules describe: from here on, V1 is the default and its planning of the cache is as read. */
const oldest = '0.10.0';

/** One rank of one pipeline stage. */
interface Rank {
  readonly stage: Stage;
  readonly weights: number;
  readonly adapters: number;
  readonly draft: LoadedDraft | undefined;
  readonly activations: ActivationParts;
  readonly requests: number;
  readonly graphs: Fitted;
  /** Left for keys and values; `undefined` where the memory is not known. */
  readonly available: number | undefined;
}

/** vLLM, V1 engine. */
export const vllm: Engine = { id: 'vllm', title: engineTitles.vllm, newest, oldest, flags: vllmFlags, memory, paging, defaults };

function defaults(run: Run): FlagValues {
  const settings = settingsOf(run.analysis, versionOf(run), run.machine, {});
  return {
    'gpu-memory-utilization': settings.utilization,
    'max-model-len': settings.maxModelLen,
    'tensor-parallel-size': settings.tensor,
    'max-num-seqs': settings.maxNumSeqs,
    'max-num-batched-tokens': settings.maxNumBatchedTokens,
    'kv-cache-dtype': settings.cacheDtype,
    'enforce-eager': settings.eager,
    'cpu-offload-gb': settings.cpuOffload,
  };
}

function paging(run: Run): CachePaging {
  return vllmPaging(run, versionOf(run));
}

const versionOf = ({ version = newest }: Run): string => checkedVersion(version, 'vLLM');

/**
 * Memory of one start of `vllm serve`: pool = utilization × total − weights − peak of the profiling run − what PyTorch does not
 * manage (− an estimate of the graphs, `reservesGraphs`, − what the second runner keeps for its sequences, `readsDriver`), the
 * smallest of all ranks counted in blocks (vllm/v1/worker/gpu_worker.py, determine_available_memory).
 *
 * @throws RunError for a version, weights or a flag that no figure can be given of.
 */
function memory(run: Run): RunMemory {
  const version = versionOf(run);
  checkFormat('vllm', run);
  const settings = settingsOf(run.analysis, version, run.machine, run.options, run.weights, run.draft?.analysis);
  boundRanks(settings.tensor * settings.pipeline * settings.data);
  checkCacheType(run.analysis, settings, run.machine);
  checkLoraRank(settings.lora?.rank, version);
  checkHostAdapters(settings);
  const loaded = loadModel(run.analysis, run.weights, { ...settings, padsExperts: true }, run.presetOptions);
  const draft = draftOf(run, settings);
  const specs = cacheSpecs(run.analysis, settings, run.weights, draft?.analysis);
  const plan = planCache(specs.layers, settings);
  const nonTorch = nonTorchOf(settings);
  const ranks = evenStages(loaded.placed.layers, settings.pipeline).map((stage) => rankOf(run, settings, loaded, stage, nonTorch, draft));
  const blocks = blocksOf(ranks, plan, settings);
  const served = fitted(settings, plan, blocks);
  const notes = notesOf(run, served, loaded, plan, specs.unknownDtype, blocks);
  const devices = ranks.map((rank) =>
    deviceOf(run.machine, {
      weights: rank.weights + rank.adapters + (rank.draft?.bytes ?? 0),
      cache: blocks === undefined ? (settings.cacheBytes ?? 0) : blocks * plan.bytesPerBlock(rank.stage),
      activations: rank.activations.peak,
      graphs: rank.graphs.bytes,
      nonTorch: nonTorch.bytes,
      buffers: rank.requests,
    }),
  );
  const heldBy = ({ weights, activations, draft: own }: Rank): number => weights + activations.peak + (own?.bytes ?? 0);
  const fullest = ranks.reduce((most, rank) => (heldBy(rank) > heldBy(most) ? rank : most));
  return {
    engine: 'vllm',
    version,
    perDevice: everyRank(devices, { tensor: settings.tensor, replicas: settings.data }),
    pool: poolOf(ranks, plan, served, blocks),
    ...hostOf(ranks, loaded, settings),
    terms: termsOf(fullest, loaded, settings, {
      nonTorch,
      cache: blocks === undefined ? undefined : blocks * plan.bytesPerBlock(fullest.stage),
      run,
    }),
    notes,
  };
}

/** Every parameter is read once a step, from pinned memory as it lies (model_executor/offloader/uva.py). */
function hostOf(ranks: readonly Rank[], loaded: LoadedModel, { tensor, data, cacheOnHost }: Settings): Pick<RunMemory, 'host'> {
  const parts = ranks.map(({ stage }) => loaded.hostBytesOf(stage));
  const kept = ranks.map(({ stage }) => loaded.hostAdapterBytes(stage));
  const weights = [...parts, ...kept].reduce((sum, bytes) => sum + bytes, 0) * tensor * data;
  const host = hostShare({ weights, cache: cacheOnHost * data, readPerStep: Math.max(...parts) }, 'bus');
  return host ? { host } : {};
}

function rankOf(run: Run, settings: Settings, loaded: LoadedModel, stage: Stage, nonTorch: Fitted, draft: LoadedDraft | undefined): Rank {
  const weights = loaded.bytesOf(stage);
  const adapters = loaded.adapterBytes(stage);
  const activations = activationsOf(run.analysis, settings, stage);
  const requests = requestStateBytes(run.analysis, settings, stage);
  const graphs = graphsOf(stage, settings);
  const total = run.machine.memory;
  const beside =
    weights +
    adapters +
    (stage.last ? (draft?.bytes ?? 0) : 0) +
    activations.peak +
    nonTorch.bytes +
    (reservesGraphs(settings) ? graphs.bytes : 0) +
    (readsDriver(settings.version) ? requests : 0);
  const available = settings.cacheBytes ?? (total === undefined ? undefined : Math.floor(total * settings.utilization) - beside);
  return { stage, weights, adapters, draft: stage.last ? draft : undefined, activations, requests, graphs, available };
}

/** Methods whose draft is a model or head of its own that is followed, and how it is built. */
const drafts: Readonly<Record<string, DraftKind>> = { draft_model: 'model', eagle: 'eagle', eagle3: 'eagle3' };
/** Those that need none. */
const withoutDraft = /mtp|nextn|ngram|suffix/i;

/** @throws RunError for a draft that nothing asks for, or of whose method no rule is known. */
function draftOf(run: Run, settings: Settings): LoadedDraft | undefined {
  const { speculation, version } = settings;
  // Refused up to 0.14, as V1 had none (vllm/config/speculative.py; v1/spec_decode/draft_model.py is new in 0.15 or 0.16).
  if (speculation?.method === 'draft_model' && !atLeast(version, '0.14.2'))
    throw new RunError('draft-version', `vLLM ${version} has no drafts that are models of their own`, 'options.speculative-config', {
      version,
    });
  if (!run.draft) return undefined;
  if (!speculation || withoutDraft.test(speculation.method)) return unusedDraft('--speculative-config');
  const kind = drafts[speculation.method.toLowerCase()];
  if (kind === undefined)
    throw new RunError('draft-method', `what a draft of the method ${speculation.method.slice(0, 40)} holds is not derived`, 'draft', {
      method: speculation.method.slice(0, 40),
    });
  const tensor = speculation.tensor ?? settings.tensor;
  return loadDraft(run.draft.analysis, kind, run.analysis, run.draft.weights, { ...settings, tensor, padsExperts: true });
}

/** Whether the pool is what others leave of the device's share, this term among them. */
const isTakenFromPool = ({ kind }: MemoryTerm, settings: Settings): boolean =>
  kind === 'graphs' ? reservesGraphs(settings) : kind !== 'buffers' || readsDriver(settings.version);

/** Blocks that every rank has room for; `undefined` where the memory is not known. */
function blocksOf(ranks: readonly Rank[], plan: CachePlan, settings: Settings): number | undefined {
  if (settings.blocksOverride !== undefined) return settings.blocksOverride;
  let fewest: number | undefined;
  for (const { stage, available } of ranks) {
    if (available === undefined) return undefined;
    const each = plan.bytesPerBlock(stage);
    if (each > 0) fewest = Math.min(fewest ?? Infinity, Math.max(0, Math.floor(available / each)));
  }
  return fewest ?? 1;
}

/** What is served where the length is to fit: the longest of which the pool holds one sequence, found after profiling. */
function fitted(settings: Settings, plan: CachePlan, blocks: number | undefined): Settings {
  const fits = (maxModelLen: number): boolean => poolFigures(plan, blocks ?? 0, { ...settings, maxModelLen }).concurrency >= 1;
  if (!settings.fitsModelLen || blocks === undefined || plan.groups.length === 0 || fits(settings.maxModelLen) || !fits(1)) return settings;
  let [longest, beyond] = [1, settings.maxModelLen];
  while (beyond - longest > 1) {
    const middle = Math.floor((longest + beyond) / 2);
    if (fits(middle)) longest = middle;
    else beyond = middle;
  }
  return { ...settings, maxModelLen: longest };
}

function poolOf(ranks: readonly Rank[], plan: CachePlan, settings: Settings, blocks: number | undefined): Pool | null {
  const available = ranks.map((rank) => rank.available);
  if (blocks === undefined || available.some((bytes) => bytes === undefined)) {
    if (blocks === undefined) return null;
  }
  const bytes = Math.max(0, Math.min(...available.map((each) => each ?? Infinity)));
  const { tokens, concurrency } = poolFigures(plan, blocks, settings);
  return {
    bytes: Number.isFinite(bytes) ? bytes : blocks * Math.max(...ranks.map(({ stage }) => plan.bytesPerBlock(stage))),
    tokens: plan.groups.length > 0 ? tokens : null,
    maxConcurrency: plan.groups.length > 0 ? concurrency : null,
  };
}

interface Beside {
  readonly nonTorch: Fitted;
  readonly cache: number | undefined;
  readonly run: Run;
}

/** Rows of the shared start-up logs that had no say in a rule (test/accuracy/servingMemory.test.ts). */
const againstLogs = (held: number, median: number, p90: number): Evidence => ({
  fitted: 0,
  held,
  median,
  p90,
  source: 'start-up logs of vLLM 0.10 to 0.25: llm-d-incubation/llm-d-planner and public repositories',
});

function termsOf(
  { weights, adapters, draft, activations, requests, graphs }: Rank,
  loaded: LoadedModel,
  settings: Settings,
  { nonTorch, cache, run }: Beside,
): readonly MemoryTerm[] {
  const terms: MemoryTerm[] = [];
  const loose = loaded.basis.kind === 'approximate';
  terms.push({
    name: 'model-weights',
    kind: 'weights',
    bytes: weights,
    basis: loaded.basis,
    low: Math.round(weights * (loose ? 0.93 : 0.995)),
    high: Math.round(weights * (loose ? 1.07 : 1.012)),
    ...(loose ? {} : { evidence: againstLogs(77, 0.0001, 0.0018) }),
  });
  terms.push(...adapterTerms(adapters), ...draftTerms(draft));
  const basis = activationBasis(run, settings, activations);
  const wide = basis.kind === 'approximate';
  terms.push({
    name: 'peak-activation',
    kind: 'activations',
    bytes: activations.peak,
    basis,
    low: Math.round(activations.peak * (wide ? 0.7 : 0.97)),
    high: Math.round(activations.peak * (wide ? 1.5 : 1.05)),
    ...(wide ? {} : { evidence: againstLogs(36, 0.0027, 0.0202) }),
    steps: activationSteps(activations, settings),
    kept: activations.kept,
  });
  if (requests > 0)
    terms.push({
      name: 'request-state',
      kind: 'buffers',
      bytes: requests,
      basis: { kind: 'rule', reasons: [] },
      low: requests,
      high: Math.round(requests * 1.05),
    });
  terms.push(fittedTerm('non-torch', 'nonTorch', nonTorch));
  if (settings.captureSizes.length > 0) terms.push(fittedTerm('cuda-graphs', 'graphs', graphs));
  if (cache !== undefined) {
    const slack = terms.filter((term) => isTakenFromPool(term, settings));
    const low = slack.reduce((sum, term) => sum + term.high - term.bytes, 0);
    const high = slack.reduce((sum, term) => sum + term.bytes - term.low, 0);
    const fixed = settings.cacheBytes !== undefined || settings.blocksOverride !== undefined;
    terms.push({
      name: 'kv-cache',
      kind: 'cache',
      bytes: cache,
      basis: fixed ? { kind: 'rule', reasons: [] } : weakest(...terms.map((term) => term.basis)),
      low: fixed ? cache : Math.max(0, cache - low),
      high: fixed ? cache : cache + high,
      ...(fixed || run.machine.memory === undefined ? {} : { steps: poolSteps(run.machine.memory, terms, settings) }),
    });
  }
  return terms;
}

/** From 0.14 on the experts' buffers stand beside the larger of the two passes, before in the forward pass. */
function activationSteps({ sampler, forward, experts, media, workspace }: ActivationParts, settings: Settings): readonly TermStep[] {
  const kept = atLeast(settings.version, '0.14');
  const bytes = (code: string, value: number, op: TermStep['op']): TermStep => ({ code, value: Math.round(value), unit: 'bytes', op });
  return [
    { code: 'max-num-batched-tokens', value: settings.maxNumBatchedTokens, unit: 'count', op: 'given' },
    { code: 'max-num-seqs', value: settings.maxNumSeqs, unit: 'count', op: 'given' },
    bytes('forward-pass', kept ? forward : forward + experts, 'max'),
    bytes('sampler', sampler, 'max'),
    ...(kept && experts > 0 ? [bytes('expert-buffers', experts, '+')] : []),
    ...(media > 0 ? [bytes('tower-outputs', media, '+')] : []),
    bytes('cublas-workspace', workspace, '+'),
  ];
}

/** The pool is what the other terms leave of the share of the device. */
function poolSteps(memory: number, others: readonly MemoryTerm[], settings: Settings): readonly TermStep[] {
  const taken = others.filter((term) => isTakenFromPool(term, settings));
  const { utilization } = settings;
  return [
    { code: 'device-memory', value: memory, unit: 'bytes', op: 'given' },
    { code: 'gpu-memory-utilization', value: utilization, unit: 'share', op: 'given' },
    { code: 'share-of-device', value: Math.floor(memory * utilization), unit: 'bytes', op: '+' },
    ...taken.map(({ name, bytes }): TermStep => ({ code: name, value: bytes, unit: 'bytes', op: '−' })),
  ];
}

/** The sampler's peak follows from code; a dense forward pass from code and few rows; towers and experts less. */
function activationBasis({ analysis }: Run, settings: Settings, parts: ActivationParts): Basis {
  const rule: Basis = { kind: 'rule', reasons: [] };
  return weakest(
    rule,
    hasTower(analysis) && !settings.textOnly ? { kind: 'approximate', reasons: ['tower-pass-not-derived'] } : exact,
    parts.forward + (parts.experts > 0 ? parts.experts : 0) > parts.sampler
      ? { kind: 'approximate', reasons: ['forward-pass-not-measured'] }
      : exact,
    atLeast(settings.version, '0.20') || settings.device.rocm ? { kind: 'approximate', reasons: ['outside-of-measured-versions'] } : exact,
  );
}

function fittedTerm(name: string, kind: MemoryTerm['kind'], { bytes, low, high, evidence, covered }: Fitted): MemoryTerm {
  const basis: Basis = covered
    ? { kind: 'rule', reasons: ['fitted-on-logs'] }
    : { kind: 'approximate', reasons: ['fitted-on-logs', 'outside-of-measured-versions'] };
  return { name, kind, bytes, basis, low: Math.min(low, bytes), high: Math.max(high, bytes), ...(evidence ? { evidence } : {}) };
}

function notesOf(
  run: Run,
  settings: Settings,
  { tensors, shares }: LoadedModel,
  plan: CachePlan,
  unknownDtype: boolean,
  blocks: number | undefined,
): readonly RunNote[] {
  const notes: RunNote[] = [];
  const world = settings.tensor * settings.pipeline * settings.data;
  const add = (code: string, refused: boolean, values: RunNote['values'] = {}): void => void notes.push({ code, refused, values });
  if (world > run.machine.count) add('more-ranks-than-devices', true, { ranks: world, devices: run.machine.count });
  const refuse = (why: Refused | undefined): void => {
    if (why) add(`refused-${why.code}`, true, why.values);
  };
  refuse(refusedTensor(run.analysis, tensors, settings.tensor, { experts: expertCuts(shares) }));
  refuse(refusedContext(run.analysis, settings.tensor, settings.decodeContext));
  if (plan.refused) add(plan.refused, true);
  const limit = vllmLimit(run.analysis, settings.version);
  if (limit !== null && isBeyondVllm(run.analysis, settings.version, settings.maxModelLen))
    add('context-beyond-limit', true, { context: settings.maxModelLen, limit });
  if (settings.fitsModelLen && settings.maxModelLen < (limit ?? 0)) add('context-fitted', false, { context: settings.maxModelLen });
  const { speculation } = settings;
  if (speculation !== undefined && !withoutDraft.test(speculation.method))
    add(run.draft ? 'draft-graphs-not-counted' : 'draft-model-not-counted', false, { method: speculation.method });
  if (unknownDtype) add('cache-dtype-not-known', false, { dtype: settings.cacheDtype });
  if (!atLeast(settings.version, oldest)) add('version-older-than-rules', false, { version: settings.version, oldest });
  if (atLeast(settings.version, newest) && settings.version !== newest && !settings.version.startsWith(newest))
    add('version-newer-than-rules', false, { version: settings.version, newest });
  if (settings.blocksOverride === undefined && blocks !== undefined && plan.groups.length > 0) {
    const { concurrency } = poolFigures(plan, blocks, settings);
    if (concurrency < 1)
      add('context-does-not-fit', true, { context: settings.maxModelLen, longest: Math.floor(concurrency * settings.maxModelLen) });
  }
  return notes;
}
