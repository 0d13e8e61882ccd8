import { isObject, type JsonObject, type JsonValue } from '../../config/json';
import { isPrecision } from '../../estimate';
import { maxTokens } from '../../limits';
import { choice, flag, listOfNames, refuseOthers, text, wholeNumber, Wrong } from '../requestValues';
import { contextWays, ranksOfModel, type Degrees } from './degrees';
import type { Loss } from './loss';
import { attentions, optimizers, type PeakJob } from './peak';
import { places } from './sharding';
import { trainsBeside } from './training';

/** A run of the transformers library with every choice made. */
export type PeakRequest = Required<PeakJob>;

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

/** Reads what is asked of a run of the transformers library; `Wrong` for what does not do. */
export function peakRequestOf(value: JsonObject): PeakRequest {
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
