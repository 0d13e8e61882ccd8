import type { Analysis } from '../analysis';
import { isList, isObject, type JsonObject, type JsonValue } from '../config/json';
import type { Device } from '../hardware/device';
import type { Lookup } from '../hardware/lookup';
import { maxTokens } from '../limits';
import { isPrecision } from '../estimate';
import { mediaForms, parseMedia, type MediaItem, type MediaKind } from '../media/spec';
import { sidecarFiles, type Sidecars } from '../quantization/sidecars';
import { readFlags } from './engines/flags';
import { machineOf } from './engines/machine';
import { engines, findEngine } from './engines/registry';
import { batchCache, batchFits, batchOf, parseLength, type Batch, type BatchCache, type CachePaging } from './batch';
import { RunError, type Engine, type Pool, type Run, type RunMemory } from './engines/run';
import type { Loss } from './trace/loss';
import { attentions, optimizers, type PeakJob } from './trace/peak';
import { places } from './trace/sharding';
import { trainsBeside } from './trace/training';

/** What is wrong with a request, and at which of its keys. */
export interface RequestProblem {
  readonly code: string;
  readonly message: string;
  readonly path: string;
}

/** A start of an engine as it is asked about; what it runs comes with the analysis. */
export interface RunRequest {
  readonly engine: Engine;
  readonly version: string | undefined;
  readonly device: Device | undefined;
  readonly count: number;
  readonly memory: number | undefined;
  readonly weights: string;
  readonly options: JsonObject;
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
] as const;

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
  const name = text(value, 'device');
  if (name === undefined && memory === undefined) throw new Wrong('device', 'device or memory is needed');
  const weights = text(value, 'weights') ?? 'checkpoint';
  if (!isPrecision(weights))
    throw new Wrong('weights', `weights takes checkpoint or a preset of "vram-lens schemes", not "${weights.slice(0, 80)}"`);
  const options = value['options'] ?? {};
  if (!isObject(options)) throw new Wrong('options', 'options takes an object of flags');
  return {
    engine,
    version: text(value, 'engineVersion'),
    device: name === undefined ? undefined : deviceOf(name, lookup),
    count: wholeNumber(value, 'count', 1, 1024) ?? 1,
    memory,
    weights,
    options,
    ...batchIn(value),
  };
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
    for (const key of ['precision', 'checkpointing', 'lora', 'optimizer', 'states', 'zero', ...trainingKeys])
      if (value[key] !== undefined && value[key] !== null) throw new Wrong(key, `${key} is of training, and mode is ${mode}`);
  const devices = wholeNumber(value, 'devices', 1, 2 ** 20) ?? 1;
  if (mode !== 'train' && devices > 1)
    throw new Wrong(
      'devices',
      `devices is of training, and mode is ${mode}, which runs on one; ask an engine with its parallel flags for more`,
    );
  if (mode === 'train' && value['logits'] !== undefined) throw new Wrong('logits', 'logits is of prefill and decode, and mode is train');
  const zero = wholeNumber(value, 'zero', 0, 3) ?? 0;
  return {
    mode,
    batch: wholeNumber(value, 'batch', 1, maxTokens) ?? 1,
    tokens: wholeNumber(value, 'tokens', 1, maxTokens) ?? 4096,
    attention: choice(value, 'attention', attentions) ?? 'sdpa',
    logits: choice(value, 'logits', ['all', 'last'] as const) ?? 'all',
    precision: choice(value, 'precision', ['bf16', 'mixed'] as const) ?? 'bf16',
    checkpointing: flag(value, 'checkpointing') ?? false,
    lora: loraOf(value['lora']),
    optimizer: choice(value, 'optimizer', optimizers) ?? 'adamw',
    states: choice(value, 'states', ['fp32', 'param'] as const) ?? 'fp32',
    zero: zero as PeakRequest['zero'],
    devices,
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
  if (value === 'full' || value === 'fused' || value === 'cut') return value;
  if (!isObject(value)) throw new Wrong('loss', 'loss takes full, fused, cut or {"chunks", "upcast", "keepLogits"}');
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

/** What an engine answers for a model. */
export function answerRun(
  analysis: Analysis,
  { engine, version, device, count, memory, weights, options, batch }: RunRequest,
): { readonly memory: RunMemory; readonly batch?: BatchAnswer } | { readonly problem: RequestProblem } {
  const flags = readFlags(engine.flags, options);
  if ('problem' in flags)
    return { problem: { code: flags.problem.code, message: flags.problem.message, path: `options.${flags.problem.flag}` } };
  try {
    const machine = machineOf(device, count, memory);
    const run: Run = { analysis, weights, engine: engine.id, version, machine, options: flags.values };
    const answer = engine.memory(run);
    return { memory: answer, ...(batch && { batch: answerBatch(analysis, batch, engine.paging(run), answer.pool) }) };
  } catch (error) {
    if (error instanceof RunError) return { problem: { code: error.code, message: error.message, path: error.path } };
    throw error;
  }
}

/** Slots take what was set aside for them, whatever is in them. */
function answerBatch(analysis: Analysis, batch: Batch, paging: CachePaging, pool: Pool | null): BatchAnswer {
  const cache = batchCache(analysis, batch, paging);
  const bytes = paging.layout === 'slots' && pool ? pool.bytes : cache.bytes;
  return { ...cache, bytes, fits: batchFits(batch, cache, pool?.tokens ?? null) };
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
