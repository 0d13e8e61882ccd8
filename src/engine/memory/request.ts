import { analyze, type Analysis } from '../analysis';
import { isList, isObject, type JsonObject, type JsonValue } from '../config/json';
import type { Device } from '../hardware/device';
import { parseDeviceSpec } from '../hardware/deviceSpec';
import type { Lookup } from '../hardware/lookup';
import { maxTokens } from '../limits';
import { isPrecision } from '../estimate';
import { mediaForms, parseMedia, type MediaItem, type MediaKind } from '../media/spec';
import { sidecarFiles, type Sidecars } from '../quantization/sidecars';
import { readFlags } from './engines/flags';
import { machineOf, machineOfKinds } from './engines/machine';
import { engines, findEngine } from './engines/registry';
import { overridden } from './engines/overrides';
import { checkSupport } from './engines/support/support';
import { batchCache, batchFits, batchOf, parseLength, type Batch, type BatchCache } from './batch';
import { RunError, type Engine, type Draft, type Pool, type Run, type RunMemory, type RunNote } from './engines/run';
import { contextWays, ranksOfModel, type Degrees } from './trace/degrees';
import type { Loss } from './trace/loss';
import { attentions, optimizers, type PeakJob } from './trace/peak';
import { places } from './trace/sharding';
import { trainsBeside } from './trace/training';

/** What is wrong with a request, and at which of its keys. */
export interface RequestProblem {
  readonly code: string;
  readonly message: string;
  readonly path: string;
  /** What the message names, for surfaces that say it in their own words. */
  readonly values?: RunNote['values'];
}

/** A start of an engine as it is asked about; what it runs comes with the analysis. */
export interface RunRequest {
  readonly engine: Engine;
  readonly version: string | undefined;
  readonly device: Device | undefined;
  readonly count: number;
  /** Devices of other kinds beside, in the order in which the engine numbers them. */
  readonly others?: readonly { readonly device: Device; readonly count: number }[];
  readonly memory: number | undefined;
  readonly weights: string;
  readonly options: JsonObject;
  /** The model that guesses tokens. */
  readonly draft?: Draft;
  /** A log shows that it ran: whether it could is no question. */
  readonly ran?: true;
  /** Sequences under way, where they are asked about. */
  readonly batch?: Batch;
}

/** A run of the transformers library with every choice made. */
export type PeakRequest = Required<PeakJob>;

export type Request =
  | { readonly kind: 'run'; readonly config: JsonObject; readonly run: RunRequest }
  | { readonly kind: 'peak'; readonly config: JsonObject; readonly job: PeakRequest }
  | { readonly kind: 'media'; readonly config: JsonObject; readonly items: readonly MediaItem[]; readonly sidecars: Sidecars }
  | { readonly kind: 'problem'; readonly problem: RequestProblem };

/** Whether an object asks about a run of a model instead of being the model's config. */
export const isRequest = (value: JsonObject): boolean =>
  value['config'] !== undefined && value['model_type'] === undefined && value['architectures'] === undefined;

const runKeys = [
  'config',
  'engine',
  'engineVersion',
  'device',
  'count',
  'memory',
  'weights',
  'options',
  'lengths',
  'sharedPrefix',
  'draft',
  'draftWeights',
  'devices',
] as const;
/** Of training alone, beside those that the oracle has. */
const trainingKeys = [
  'weights',
  'kept',
  'keepsInputs',
  'trains',
  'loss',
  'accumulation',
  'stepsInBackward',
  'fsdp',
  'fsdpVersion',
  'master',
  'bucket',
  'offload',
  'reserved',
] as const;
/** Ways in which devices share a model that is trained, by the terms of Megatron-LM. */
const parallelKeys = [
  'tensor_parallel',
  'sequence_parallel',
  'context_parallel',
  'context_way',
  'pipeline_parallel',
  'virtual_pipeline',
  'micro_batches',
  'expert_parallel',
] as const;
const peakKeys = [
  'config',
  'mode',
  'batch',
  'tokens',
  'attention',
  'logits',
  'precision',
  'checkpointing',
  'lora',
  'optimizer',
  'states',
  'zero',
  'devices',
  ...trainingKeys,
  ...parallelKeys,
] as const;

const defaultTokens = 4096;

const mediaKeys = ['config', 'images', 'videos', 'audio', 'files'] as const;

class Wrong extends Error {
  constructor(
    readonly path: string,
    message: string,
    readonly code = 'request-value',
  ) {
    super(message);
  }
}

/**
 * Reads a request: of a start of an engine (it has `engine`), of a run of the transformers library (it has `mode`), or of what
 * images, clips and audio become.
 * Nothing is ignored: the first key that is unknown, or whose value does not do, is the problem.
 */
export function readRequest(value: JsonObject, lookup: (name: string) => Lookup): Request {
  try {
    const { config } = value;
    if (!isObject(config)) throw new Wrong('config', 'config takes an object');
    if (value['engine'] !== undefined) return { kind: 'run', config, run: runOf(value, lookup) };
    if (value['mode'] !== undefined) return { kind: 'peak', config, job: jobOf(value) };
    if (mediaLists.some(([key]) => value[key] !== undefined))
      return { kind: 'media', config, items: mediaItemsOf(value), sidecars: filesOf(value['files']) };
    throw new Wrong('', 'a request has "engine", "mode", "images", "videos" or "audio" beside "config"', 'request-kind');
  } catch (error) {
    if (error instanceof Wrong) return { kind: 'problem', problem: { code: error.code, message: error.message, path: error.path } };
    throw error;
  }
}

const mediaLists = [
  ['images', 'image'],
  ['videos', 'video'],
  ['audio', 'audio'],
] as const satisfies readonly (readonly [string, MediaKind])[];

/** Most items of a request; each may stand for many. */
const mostItems = 1000;

function mediaItemsOf(value: JsonObject): readonly MediaItem[] {
  refuseOthers(value, mediaKeys);
  return mediaLists.flatMap(([key, kind]) => {
    const written = value[key] ?? [];
    if (!isList(written) || written.length > mostItems) throw new Wrong(key, `${key} takes a list of at most ${mostItems}`);
    return written.map((each): MediaItem => {
      const item = typeof each === 'string' ? parseMedia(kind, each) : undefined;
      if (!item) throw new Wrong(key, `${key} takes texts like ${mediaForms[kind]}`);
      return item;
    });
  });
}

/** What lies beside the config, by the names of the files. */
function filesOf(written: JsonValue | undefined): Sidecars {
  if (written === undefined || written === null) return {};
  if (!isObject(written)) throw new Wrong('files', 'files takes an object of files by their names');
  refuseOthers(written, Object.values(sidecarFiles), 'files.');
  return Object.fromEntries(
    Object.entries(sidecarFiles).flatMap(([key, name]) => {
      const file = written[name];
      if (file === undefined || file === null) return [];
      if (!isObject(file)) throw new Wrong(`files.${name}`, `${name} takes the object that the file holds`);
      return [[key, file]];
    }),
  );
}

function runOf(value: JsonObject, lookup: (name: string) => Lookup): RunRequest {
  refuseOthers(value, runKeys);
  const engine = engineOf(text(value, 'engine') ?? '');
  const memory = wholeNumber(value, 'memory', 1, 2 ** 50);
  const kinds = kindsIn(value, lookup);
  const name = text(value, 'device');
  if (name === undefined && memory === undefined && kinds.length === 0) throw new Wrong('device', 'device or memory is needed');
  const weights = text(value, 'weights') ?? 'checkpoint';
  if (!isPrecision(weights))
    throw new Wrong('weights', `weights takes checkpoint or a preset of "vram-lens schemes", not "${weights.slice(0, 80)}"`);
  const options = value['options'] ?? {};
  if (!isObject(options)) throw new Wrong('options', 'options takes an object of flags');
  return {
    engine,
    version: text(value, 'engineVersion'),
    device: kinds[0]?.device ?? (name === undefined ? undefined : deviceOf(name, lookup)),
    count: kinds[0]?.count ?? wholeNumber(value, 'count', 1, 1024) ?? 1,
    ...(kinds.length > 1 && { others: kinds.slice(1) }),
    memory,
    weights,
    options,
    ...draftIn(value, engine.id === 'llama.cpp' ? weights : 'checkpoint'),
    ...batchIn(value),
  };
}

/** Unequal devices: texts like "RTX 4090" and "RTX 3090:2", in the order in which the engine numbers them. */
function kindsIn(value: JsonObject, lookup: (name: string) => Lookup): readonly { readonly device: Device; readonly count: number }[] {
  const written = value['devices'];
  if (written === undefined || written === null) return [];
  for (const key of ['device', 'count', 'memory'])
    if (value[key] !== undefined && value[key] !== null) throw new Wrong(key, `${key} is of one kind of device, and devices names several`);
  if (!isList(written) || written.length === 0 || written.length > 16) throw new Wrong('devices', 'devices takes a list of 1 to 16 texts');
  return written.map((each) => {
    const spec = typeof each === 'string' ? parseDeviceSpec(each) : undefined;
    if (spec?.kind !== 'spec') throw new Wrong('devices', 'devices takes texts like "RTX 4090" or "RTX 3090:2"');
    return { device: deviceOf(spec.name, lookup), count: spec.count };
  });
}

/** The draft's config, and its weights where another preset is named than is usual. */
function draftIn(value: JsonObject, usual: string): { readonly draft?: Draft } {
  const config = value['draft'];
  const asked = text(value, 'draftWeights');
  if (config === undefined || config === null) {
    if (asked !== undefined) throw new Wrong('draftWeights', 'draftWeights is of a draft, and there is none');
    return {};
  }
  if (!isObject(config)) throw new Wrong('draft', 'draft takes the config of a model');
  if (asked !== undefined && !isPrecision(asked))
    throw new Wrong('draftWeights', 'draftWeights takes checkpoint or a preset of "vram-lens schemes"');
  const draft = draftOf(config, asked ?? usual);
  if (!draft) throw new Wrong('draft', 'draft takes the config of a model, and this is none');
  return { draft };
}

/** A draft by its config; `undefined` where that is no model's. */
export function draftOf(config: JsonObject, weights: string): Draft | undefined {
  const analysis = analyze(config);
  return analysis.kind === 'model' ? { analysis, weights } : undefined;
}

function batchIn(value: JsonObject): { readonly batch?: Batch } {
  const written = value['lengths'];
  const prefix = wholeNumber(value, 'sharedPrefix', 0, maxTokens) ?? 0;
  if (written === undefined || written === null) {
    if (prefix > 0) throw new Wrong('sharedPrefix', 'sharedPrefix is of lengths, and there are none');
    return {};
  }
  const groups = (isList(written) ? written : [written]).map((each) => {
    const group = typeof each === 'number' || typeof each === 'string' ? parseLength(String(each)) : undefined;
    if (!group) throw new Wrong('lengths', 'lengths takes a list of whole numbers, or texts like "2000:3" for three of them');
    return group;
  });
  const batch = batchOf(groups, prefix);
  if ('problem' in batch) throw new Wrong('lengths', `lengths: ${batch.problem}`);
  return { batch };
}

function engineOf(name: string): Engine {
  const engine = findEngine(name);
  if (engine) return engine;
  throw new Wrong('engine', `engine takes one of ${engines.map(({ id }) => id).join(', ')}; not "${name.slice(0, 80)}"`);
}

function deviceOf(name: string, lookup: (name: string) => Lookup): Device {
  const found = lookup(name);
  if (found.kind === 'found') return found.device;
  const candidates = (found.kind === 'ambiguous' ? found.candidates.map((each) => each.name) : found.nearest).slice(0, 5);
  const near = candidates.length > 0 ? `; nearest: ${candidates.join(', ')}` : '';
  throw new Wrong(
    'device',
    `${found.kind === 'ambiguous' ? 'several devices are called' : 'no device is called'} "${name.slice(0, 80)}"${near}`,
  );
}

function jobOf(value: JsonObject): PeakRequest {
  refuseOthers(value, peakKeys);
  const mode = choice(value, 'mode', ['prefill', 'decode', 'train'] as const) ?? 'prefill';
  if (mode !== 'train')
    for (const key of ['precision', 'checkpointing', 'lora', 'optimizer', 'states', 'zero', ...trainingKeys, ...parallelKeys])
      if (value[key] !== undefined && value[key] !== null) throw new Wrong(key, `${key} is of training, and mode is ${mode}`);
  if (mode !== 'train' && (wholeNumber(value, 'devices', 1, 2 ** 20) ?? 1) > 1)
    throw new Wrong(
      'devices',
      `devices is of training, and mode is ${mode}, which runs on one; ask an engine with its parallel flags for more`,
    );
  if (mode === 'train' && value['logits'] !== undefined) throw new Wrong('logits', 'logits is of prefill and decode, and mode is train');
  const zero = wholeNumber(value, 'zero', 0, 3) ?? 0;
  const parallel = parallelOf(value);
  return {
    mode,
    batch: wholeNumber(value, 'batch', 1, maxTokens) ?? 1,
    tokens: wholeNumber(value, 'tokens', 1, maxTokens) ?? defaultTokens,
    attention: choice(value, 'attention', attentions) ?? 'sdpa',
    logits: choice(value, 'logits', ['all', 'last'] as const) ?? 'all',
    precision: choice(value, 'precision', ['bf16', 'mixed'] as const) ?? 'bf16',
    checkpointing: flag(value, 'checkpointing') ?? false,
    lora: loraOf(value['lora']),
    optimizer: choice(value, 'optimizer', optimizers) ?? 'adamw',
    states: choice(value, 'states', ['fp32', 'param'] as const) ?? 'fp32',
    zero: zero as PeakRequest['zero'],
    devices: devicesOf(value, parallel),
    parallel,
    weights: frozenWeights(value),
    kept: choice(value, 'kept', ['fp32', 'bf16'] as const) ?? (text(value, 'weights')?.startsWith('bnb') ? 'fp32' : 'bf16'),
    trains: value['trains'] === undefined || value['trains'] === null ? null : listOfNames(value['trains'], 'trains', 'names of modules'),
    loss: lossOf(value['loss']),
    accumulation: wholeNumber(value, 'accumulation', 1, 2 ** 20) ?? 1,
    stepsInBackward: flag(value, 'stepsInBackward') ?? false,
    keepsInputs: flag(value, 'keepsInputs') ?? false,
    fsdp: shardingOf(value, zero),
    fsdpVersion: wholeNumber(value, 'fsdpVersion', 1, 2) === 1 ? 1 : 2,
    master: flag(value, 'master') ?? false,
    bucket: wholeNumber(value, 'bucket', 0, 2 ** 40) ?? 0,
    offload: offloadOf(value, zero),
    reserved: flag(value, 'reserved') ?? false,
  };
}

/** Degrees that go together whatever the model is; those that it has to allow are refused once it is known. */
function parallelOf(value: JsonObject): Degrees {
  const most = 4096;
  const degree = (key: (typeof parallelKeys)[number], otherwise = 1): number => wholeNumber(value, key, 1, most) ?? otherwise;
  const pipeline = degree('pipeline_parallel');
  const made: Degrees = {
    tensor: degree('tensor_parallel'),
    sequence: flag(value, 'sequence_parallel') ?? false,
    context: degree('context_parallel'),
    contextWay: choice(value, 'context_way', contextWays) ?? 'gather',
    pipeline,
    virtual: degree('virtual_pipeline'),
    microBatches: degree('micro_batches', pipeline),
    expert: degree('expert_parallel'),
  };
  const needs = (key: (typeof parallelKeys)[number], other: string, fits: boolean): void => {
    if (!fits) throw new Wrong(key, `${key} needs ${other}`);
  };
  needs('sequence_parallel', 'tensor_parallel of 2 or more, whose ranks it cuts tokens among', !made.sequence || made.tensor > 1);
  needs('context_way', 'context_parallel of 2 or more', value['context_way'] === undefined || made.context > 1);
  needs('micro_batches', 'pipeline_parallel of 2 or more; else accumulation is the key', made.microBatches === 1 || pipeline > 1);
  needs('virtual_pipeline', 'pipeline_parallel of 2 or more', made.virtual === 1 || pipeline > 1);
  // Megatron-LM, schedules.py: the interleaved schedule sends groups of as many batches as there are stages.
  needs('virtual_pipeline', 'micro_batches that pipeline_parallel divides', made.virtual === 1 || made.microBatches % pipeline === 0);
  if (pipeline > 1) {
    needs('pipeline_parallel', 'micro_batches in place of accumulation', (wholeNumber(value, 'accumulation', 1, 2 ** 20) ?? 1) === 1);
    needs('pipeline_parallel', 'gradients that are kept: no stepsInBackward', flag(value, 'stepsInBackward') !== true);
  }
  const tokens = wholeNumber(value, 'tokens', 1, maxTokens) ?? defaultTokens;
  const cuts = made.context * (made.sequence ? made.tensor : 1);
  if (tokens % cuts !== 0)
    throw new Wrong('tokens', `${tokens} tokens do not divide among the ${cuts} ranks of context_parallel and sequence_parallel`);
  if (made.context > 1 && value['attention'] === 'eager')
    throw new Wrong('attention', 'attention eager writes scores out, and context_parallel cuts tokens in kernels alone');
  const loss = value['loss'];
  if (made.tensor > 1 && (loss === 'fused' || loss === 'cut'))
    throw new Wrong('loss', `loss ${loss} is of a head that is whole, and tensor_parallel cuts it: full, parallel or chunks`);
  if (made.tensor === 1 && loss === 'parallel')
    throw new Wrong('loss', 'loss parallel needs tensor_parallel of 2 or more, which cuts the head');
  return made;
}

/** All devices: those that hold one copy of the model, once or several times; those that share experts are among the rest. */
function devicesOf(value: JsonObject, degrees: Degrees): number {
  const model = ranksOfModel(degrees);
  const { expert, pipeline } = degrees;
  const devices = wholeNumber(value, 'devices', 1, 2 ** 20) ?? pipeline * commonMultiple(model / pipeline, expert);
  if (devices % model !== 0)
    throw new Wrong('devices', `devices of ${devices} are no whole number of copies: a copy takes ${model} (tensor × context × pipeline)`);
  if ((devices / pipeline) % expert !== 0)
    throw new Wrong('expert_parallel', `expert_parallel of ${expert} does not divide the ${devices / pipeline} devices of a stage`);
  return devices;
}

function commonMultiple(a: number, b: number): number {
  let [x, y] = [a, b];
  while (y > 0) [x, y] = [y, x % y];
  return (a / x) * b;
}

/** What frozen weights are quantized by: only with adapters, since nothing trains a packed matrix. */
function frozenWeights(value: JsonObject): string {
  const weights = text(value, 'weights') ?? 'checkpoint';
  const known = isPrecision(weights) && trainsBeside(weights);
  if (!known)
    throw new Wrong(
      'weights',
      `weights of training takes checkpoint, or a preset of bitsandbytes or GPTQ at 4 bits; not "${weights.slice(0, 80)}"`,
    );
  if (weights !== 'checkpoint' && (value['lora'] === undefined || value['lora'] === null))
    throw new Wrong('weights', 'weights of a preset are frozen: lora or checkpoint is needed');
  return weights;
}

function shardingOf(value: JsonObject, zero: number): PeakRequest['fsdp'] {
  const way = choice(value, 'fsdp', ['full_shard', 'shard_grad_op'] as const) ?? null;
  if (way && zero > 0) throw new Wrong('fsdp', 'fsdp and zero are two ways of the same: one of them');
  return way;
}

/** What may stand on the host: parameters only where they are spread. */
function offloadOf(value: JsonObject, zero: number): PeakRequest['offload'] {
  const found = value['offload'];
  const none = { optimizer: 'device', parameters: 'device' } as const;
  if (found === undefined || found === null) return none;
  if (!isObject(found)) throw new Wrong('offload', 'offload takes {"optimizer", "parameters"}');
  refuseOthers(found, ['optimizer', 'parameters'], 'offload.');
  const made = {
    optimizer: choice(found, 'optimizer', places, 'offload.') ?? 'device',
    parameters: choice(found, 'parameters', places, 'offload.') ?? 'device',
  };
  const sharded = value['fsdp'] !== undefined && value['fsdp'] !== null;
  if (made.parameters !== 'device' && zero < 3 && !sharded)
    throw new Wrong('offload.parameters', 'offload.parameters needs zero 3 or fsdp, which spread parameters');
  if (made.optimizer !== 'device' && zero < 1 && !sharded) throw new Wrong('offload.optimizer', 'offload.optimizer needs zero or fsdp');
  return made;
}

function lossOf(value: JsonValue | undefined): Loss {
  if (value === undefined || value === null) return 'full';
  if (value === 'full' || value === 'fused' || value === 'cut' || value === 'parallel') return value;
  if (!isObject(value)) throw new Wrong('loss', 'loss takes full, fused, cut, parallel or {"chunks", "upcast", "keepLogits"}');
  refuseOthers(value, ['chunks', 'upcast', 'keepLogits'], 'loss.');
  const chunks = wholeNumber(value, 'chunks', 1, maxTokens, 'loss.');
  if (chunks === undefined) throw new Wrong('loss.chunks', 'loss.chunks is needed');
  return { chunks, upcast: flag(value, 'upcast', 'loss.') ?? true, keepLogits: flag(value, 'keepLogits', 'loss.') ?? false };
}

function listOfNames(value: JsonValue, path: string, what: string): readonly string[] {
  const names = isList(value) ? value.filter((each): each is string => typeof each === 'string' && each !== '') : [];
  if (!isList(value) || names.length === 0 || names.length !== value.length) throw new Wrong(path, `${path} takes ${what}`);
  return names;
}

function loraOf(value: JsonValue | undefined): PeakJob['lora'] {
  if (value === undefined || value === null) return null;
  if (!isObject(value)) throw new Wrong('lora', 'lora takes null or {"rank", "targets", "dropout", "dtype"}');
  refuseOthers(value, ['rank', 'targets', 'dropout', 'dtype'], 'lora.');
  const targets = value['targets'] ?? ['q_proj', 'v_proj'];
  const names = targets === 'all-linear' ? targets : listOfNames(targets, 'lora.targets', '"all-linear" or names of modules');
  const rank = wholeNumber(value, 'rank', 1, 65_536, 'lora.');
  if (rank === undefined) throw new Wrong('lora.rank', 'lora.rank is needed');
  const dropout = value['dropout'] ?? 0;
  if (typeof dropout !== 'number' || !(dropout >= 0 && dropout < 1))
    throw new Wrong('lora.dropout', 'lora.dropout takes a number from 0 to below 1');
  return { rank, targets: names, dropout, dtype: choice(value, 'dtype', ['fp32', 'bf16'] as const, 'lora.') ?? 'fp32' };
}

/** The cache of a batch, and whether it fits what the engine has; `null` where that is not known. */
export interface BatchAnswer extends BatchCache {
  readonly fits: boolean | null;
}

/**
 * Engines that put layers on unequal devices by their memory; the others cut tensors into equal parts, or take as much of every device
 * as the smallest has, which was not read.
 */
const takesUnequal: ReadonlySet<string> = new Set(['llama.cpp', 'ollama', 'lm-studio']);

/** Engines whose drafts are followed. */
const takesDraft: ReadonlySet<string> = new Set(['vllm', 'sglang', 'llama.cpp']);

/** What an engine answers for a model. */
export function answerRun(
  analysis: Analysis,
  { engine, version, device, count, others = [], memory, weights, options, draft, ran, batch }: RunRequest,
): { readonly memory: RunMemory; readonly batch?: BatchAnswer } | { readonly problem: RequestProblem } {
  const flags = readFlags(engine.flags, options);
  if ('problem' in flags)
    return { problem: { code: flags.problem.code, message: flags.problem.message, path: `options.${flags.problem.flag}` } };
  try {
    const machine = device && others.length > 0 ? machineOfKinds([{ device, count }, ...others]) : machineOf(device, count, memory);
    if (others.length > 0 && !takesUnequal.has(engine.id))
      throw new RunError('devices-unequal', `${engine.title} is followed on devices of one kind`, 'devices', { engine: engine.title });
    const asked: Run = { analysis, weights, engine: engine.id, version, machine, options: flags.values, ...(draft && { draft }) };
    if (draft && !takesDraft.has(engine.id))
      throw new RunError('draft-not-followed', `drafts of ${engine.title} are not followed`, 'draft', { engine: engine.title });
    const changed = overridden(asked, version ?? engine.newest);
    const run: Run = { ...asked, analysis: changed.analysis };
    const support = ran ? [] : checkSupport(engine, run);
    const answer = engine.memory(run);
    const sequences = batch && answerBatch(run, batch, engine, answer.pool);
    const notes = [...support, ...changed.notes, ...answer.notes, ...(sequences?.notes ?? [])];
    return { memory: { ...answer, notes }, ...(sequences && { batch: sequences.answer }) };
  } catch (error) {
    if (error instanceof RunError) return { problem: { code: error.code, message: error.message, path: error.path, values: error.values } };
    throw error;
  }
}

/**
 * Slots take what was set aside for them, whatever is in them; what is too long for one does not fit.
 *
 * @throws RunError for a sequence that is longer than any that the engine takes once it is started like this.
 */
function answerBatch(
  run: Run,
  batch: Batch,
  engine: Engine,
  pool: Pool | null,
): { readonly answer: BatchAnswer; readonly notes: readonly RunNote[] } {
  const paging = engine.paging(run);
  const cache = batchCache(run.analysis, batch, paging);
  const { longest: length } = cache;
  const most = paging.longest;
  const isTooLong = most !== null && length > most;
  if (isTooLong && paging.layout !== 'slots')
    throw new RunError(
      'lengths-beyond',
      `a sequence of ${length} tokens is longer than the ${most} that ${engine.title} takes`,
      'lengths',
      {
        length,
        limit: most,
      },
    );
  const bytes = paging.layout === 'slots' && pool ? pool.bytes : cache.bytes;
  const limit = run.analysis.contextLimit;
  const isBeyond = most === null && limit !== null && length > limit;
  return {
    answer: { ...cache, bytes, fits: isTooLong ? false : batchFits(batch, cache, pool?.tokens ?? null) },
    notes: isBeyond ? [{ code: 'lengths-beyond-model', refused: false, values: { length, limit } }] : [],
  };
}

function refuseOthers(value: JsonObject, known: readonly string[], under = ''): void {
  const other = Object.keys(value).find((key) => !known.includes(key));
  if (other !== undefined)
    throw new Wrong(
      `${under}${other.slice(0, 80)}`,
      `"${other.slice(0, 80)}" is not known here; known are ${known.join(', ')}`,
      'request-key',
    );
}

function text(value: JsonObject, key: string): string | undefined {
  const found = value[key];
  if (found === undefined || found === null) return undefined;
  if (typeof found !== 'string' || found === '') throw new Wrong(key, `${key} takes text`);
  return found;
}

function flag(value: JsonObject, key: string, under = ''): boolean | undefined {
  const found = value[key];
  if (found === undefined || found === null) return undefined;
  if (typeof found !== 'boolean') throw new Wrong(`${under}${key}`, `${under}${key} takes true or false`);
  return found;
}

function wholeNumber(value: JsonObject, key: string, min: number, max: number, under = ''): number | undefined {
  const found = value[key];
  if (found === undefined || found === null) return undefined;
  if (typeof found !== 'number' || !Number.isInteger(found) || found < min || found > max)
    throw new Wrong(`${under}${key}`, `${under}${key} takes a whole number from ${min} to ${max}`);
  return found;
}

function choice<const C extends string>(value: JsonObject, key: string, choices: readonly C[], under = ''): C | undefined {
  const found = value[key];
  if (found === undefined || found === null) return undefined;
  const chosen = choices.find((each) => each === found);
  if (chosen === undefined) throw new Wrong(`${under}${key}`, `${under}${key} takes one of ${choices.join(', ')}`);
  return chosen;
}
