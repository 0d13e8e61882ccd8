import type { Analysis } from '../../analysis';
import { exact, weakest, type Basis } from '../../basis';
import { isStack, isTensor } from '../../modules/tree';
import { readBart } from './bart';
import { readBert } from './bert';
import { readDeberta } from './deberta';
import { embeddings, readDecoder } from './decoder';
import type { Loss } from './loss';
import { optimizers, type Optimizer } from './optimizers';
import { Run, type PipelineRank, type RunModel } from './run';
import { decoderLayers } from '../parallel/tensors';
import type { Stage } from '../parallel/stages';
import {
  basisOfDegrees,
  copiesOf,
  degreesIn,
  expertCopiesOf,
  isShared,
  keyOf,
  refusedByModel,
  type Degrees,
  type RefusedDegree,
} from './degrees';
import { modelOfRank } from './rankTree';
import { runsOfRank } from './schedule';
import { copiesModel, type Place } from './sharding';
import { readT5 } from './t5';
import type { Phase } from './storages';
import { hasModule, planOf } from './training';
import { textPartOf, type Traits } from './traits';
import { Reader, Weights } from './weights';

export { optimizers, type Optimizer };

export const attentions = ['sdpa', 'eager', 'flash'] as const;

/** What is run, as `memory.py` of the oracle means it. */
export interface PeakJob {
  readonly mode: 'prefill' | 'decode' | 'train';
  readonly batch: number;
  /** Of each sequence; in decode those in the cache before the one that is computed. */
  readonly tokens: number;
  /** `flash`: the flash-attn package (flash_attention_2). */
  readonly attention: (typeof attentions)[number];
  readonly logits: 'last' | 'all';
  readonly precision: 'bf16' | 'mixed';
  readonly checkpointing: boolean;
  readonly lora: {
    readonly rank: number;
    readonly targets: 'all-linear' | readonly string[];
    /** Share of an adapter's input that is lost. */
    readonly dropout?: number;
    /** Type of adapters; peft's default is 32 bits whatever the model has. */
    readonly dtype?: 'fp32' | 'bf16';
  } | null;
  /** A preset that frozen weights are quantized by (QLoRA); `checkpoint`: none. */
  readonly weights?: string;
  /** Type of the weights that such a preset leaves alone. */
  readonly kept?: 'fp32' | 'bf16';
  /** Modules whose weights are trained, all others frozen (beside adapters: peft's `modules_to_save`); null: all, or none beside adapters. */
  readonly trains?: readonly string[] | null;
  /** How the head and the loss are computed. */
  readonly loss?: Loss;
  /** Batches whose gradients are summed before a step. */
  readonly accumulation?: number;
  /** Whether the caching allocator is followed too. */
  readonly reserved?: boolean;
  readonly optimizer: Optimizer;
  readonly states: 'fp32' | 'param';
  /** Stage of DeepSpeed's ZeRO: over `devices` are spread the optimizer's states (1), gradients too (2), parameters too (3). */
  readonly zero?: 0 | 1 | 2 | 3;
  /** All of them; ZeRO and FSDP spread over those that hold the same part of the model. */
  readonly devices?: number;
  /** Other ways in which devices share the model. */
  readonly parallel?: Degrees;
  /** PyTorch's FSDP over `devices`, in place of ZeRO. */
  readonly fsdp?: 'full_shard' | 'shard_grad_op' | null;
  readonly fsdpVersion?: 1 | 2;
  /** An fp32 copy of what is trained beside 16-bit parameters (DeepSpeed, Megatron). */
  readonly master?: boolean;
  /** Elements of DeepSpeed's buffer that gradients are summed in, of which it has two. */
  readonly bucket?: number;
  /** Where states of the optimizer (gradients and an fp32 copy with them) and spread parameters stand between their uses. */
  readonly offload?: { readonly optimizer: Place; readonly parameters: Place };
  /** Each weight is stepped as soon as its gradient is whole, which then goes (torchtune's optimizer_in_bwd). */
  readonly stepsInBackward?: boolean;
  /** Products with bitsandbytes' matrices keep their inputs, as before its release 0.43.2. */
  readonly keepsInputs?: boolean;
}

/** Bytes on one device at the fullest moment of a run. */
export interface PeakMemory {
  readonly parameters: number;
  readonly gradients: number;
  readonly optimizer: number;
  readonly activations: number;
  readonly cache: number;
  readonly buffers: number;
  /** Sum of the six. */
  readonly total: number;
  /** States of a paged optimizer, which the driver moves between device and host: in none of the above. */
  readonly paged: number;
  /** What stands in memory of the host and on its drives instead: in none of the above. */
  readonly host: { readonly cpu: number; readonly nvme: number };
  /** What the caching allocator holds of the device, gaps included; null where that was not asked. */
  readonly reserved: number | null;
  readonly phase: Phase;
  readonly phases: readonly { readonly phase: Phase; readonly total: number }[];
  /** Every stage of a pipeline, of whose fullest all other figures are; empty without a pipeline. */
  readonly stages: readonly StagePeak[];
  readonly basis: Basis;
}

/** The peak of a rank of a pipeline. */
export interface StagePeak extends Omit<PeakMemory, 'stages' | 'basis' | 'phases' | 'host'> {
  readonly stage: number;
  /** Its runs of layers: numbers of the first, and of the one after the last. */
  readonly layers: readonly (readonly [from: number, to: number])[];
}

/**
 * The peak of live tensors in one run of the transformers library; `undefined` for a model that no program is known for.
 * Allocator, CUDA context and workspaces of kernels are not in it.
 */
export function peakMemory(analysis: Analysis, job: PeakJob): PeakMemory | undefined {
  const degrees = degreesIn(job);
  if (degrees.pipeline === 1) return peakOfRank(analysis, job, null);
  const layers = decoderLayers(analysis.inventory);
  const ranks = Array.from({ length: degrees.pipeline }, (_, rank) => {
    const stages = runsOfRank(layers, rank, degrees);
    return { stages, peak: peakOfRank(analysis, job, { rank, stages }) };
  });
  const peaks = ranks.flatMap(({ peak }) => (peak ? [peak] : []));
  const [first, ...rest] = peaks;
  if (!first || peaks.length < ranks.length) return undefined;
  const fullest = rest.reduce((most, peak) => (peak.total > most.total ? peak : most), first);
  const stagePeaks = ranks.map(({ stages }, stage): StagePeak => {
    const { parameters, gradients, optimizer, activations, cache, buffers, total, paged, reserved, phase } = peaks[stage] as PeakMemory;
    const figures = { parameters, gradients, optimizer, activations, cache, buffers, total, paged, reserved, phase };
    return { stage, layers: stages.map(({ from, to }) => [from, to]), ...figures };
  });
  return { ...fullest, stages: stagePeaks };
}

function peakOfRank(analysis: Analysis, job: PeakJob, pipeline: PipelineRank | null): PeakMemory | undefined {
  const degrees = degreesIn(job);
  const own = modelOfRank(analysis, degrees, pipeline && pipeline.stages);
  const plan = planOf(own, job, degrees.tensor);
  const weights = new Weights(plan.training);
  const found = readModel(own, new Reader(weights, own.model.tree, ''), pipeline && pipeline.stages);
  if (!found || (found.model.kind === 'encoder' && job.mode === 'decode')) return undefined;
  const { model, traits, basis } = found;
  if (isShared(degrees) && model.kind !== 'decoder') return undefined;
  const { peak, phases, paged, host, reserved, whole } = new Run(own, job, traits, model, weights, plan, pipeline).peak();
  return {
    ...peak.byKind,
    total: peak.total,
    paged,
    host,
    reserved,
    phase: peak.phase,
    phases: phases.map(({ phase, total }) => ({ phase, total })),
    stages: [],
    basis: weakest(
      analysis.basis,
      basis,
      plan.basis,
      basisOf(job, model),
      basisOfDegrees(degrees),
      recurs(model) ? recurrence : exact,
      whole ? exact : inexact,
    ),
  };
}

/** Whether anything is mixed by a recurrence, for which transformers has other kernels where their packages are installed. */
const recurs = (model: RunModel): boolean =>
  model.kind === 'decoder' &&
  model.decoder.layers.some(({ mixer }) => mixer.kind === 'delta' || mixer.kind === 'selective' || 'space' in mixer);
const recurrence: Basis = { kind: 'exact', reasons: ['torch-recurrence'] };
const inexact: Basis = { kind: 'approximate', reasons: ['inexact-total'] };

/** Why ranks do not share this model in this way; `undefined` where they do. */
export function refusedDegrees(analysis: Analysis, job: PeakJob): RefusedDegree | undefined {
  const degrees = degreesIn(job);
  if (!isShared(degrees)) return undefined;
  const found = readModel(analysis, new Reader(new Weights(planOf(analysis, job).training), analysis.model.tree, ''));
  if (found && found.model.kind !== 'decoder') return { key: keyOf(degrees), message: 'only decoders are shared among ranks here' };
  return refusedByModel(analysis, job);
}

/** Whether a model's program is of an encoder alone, which decodes nothing: its whole pass is a prefill. */
export function decodesNothing(analysis: Analysis): boolean {
  const weights = new Weights(planOf(analysis, encoderJob).training);
  return readModel(analysis, new Reader(weights, analysis.model.tree, ''))?.model.kind === 'encoder';
}
const encoderJob: PeakJob = {
  ...{ mode: 'prefill', batch: 1, tokens: 1, attention: 'sdpa', logits: 'all', precision: 'bf16' },
  ...{ checkpointing: false, lora: null, optimizer: 'adamw', states: 'fp32' },
};

/** Modules of Mamba layers, whose weights kernels read themselves, and types of which peft adapts none of them (peft tuners/tuners_utils.py). */
const unadaptable: ReadonlySet<string> = new Set(['out_proj', 'conv1d']);
const mambaTypes: ReadonlySet<string> = new Set(['falcon_h1', 'mamba', 'mamba2', 'falcon_mamba', 'nemotron_h']);

/** Targets of adapters that peft refuses for this type: where all linear layers are asked for, the output projection of its mixers. */
export function refusedTargets({ modelType }: Analysis, { mode, lora }: PeakJob): readonly string[] {
  if (mode !== 'train' || !lora || !mambaTypes.has(modelType)) return [];
  return lora.targets === 'all-linear' ? ['out_proj'] : lora.targets.filter((name) => unadaptable.has(name));
}

/** Names of modules in a job that nothing of the model answers to, and the key that they stand in. */
export interface UnknownModules {
  readonly key: 'lora.targets' | 'trains';
  readonly names: readonly string[];
}

/**
 * What a job of training asks for that the model hasn't. Names of `lora.targets` may be missing as long as one of them is there: so it is
 * with peft (tuners/tuners_utils.py, inject_adapter: "Target modules … not found in the base model").
 */
export function unknownModules(analysis: Analysis, job: PeakJob): UnknownModules | undefined {
  if (job.mode !== 'train') return undefined;
  const missing = (job.trains ?? []).filter((name) => !hasModule(analysis, name));
  if (missing.length > 0) return { key: 'trains', names: missing };
  const targets = job.lora?.targets ?? 'all-linear';
  if (targets === 'all-linear') return undefined;
  const weights = new Weights(planOf(analysis, job).training);
  const found = readModel(analysis, new Reader(weights, analysis.model.tree, ''));
  return found && weights.adapters === 0 ? { key: 'lora.targets', names: targets } : undefined;
}

/** The model as a program runs it, with what its type does. */
function readModel(
  analysis: Analysis,
  root: Reader,
  stages: readonly Stage[] | null = null,
): { readonly model: RunModel; readonly traits: Traits; readonly basis: Basis } | undefined {
  const { traits, config, basis } = textPartOf(analysis);
  const encoder = readBert(root, config) ?? readDeberta(root, config);
  if (encoder) return { model: { kind: 'encoder', encoder }, traits, basis: exact };
  const pair = readBart(root, config, analysis.modelType) ?? readT5(root, config, analysis.modelType);
  if (pair) return { model: { kind: 'pair', pair }, traits, basis: exact };
  const body = bodyOf(root);
  const decoder = body && readDecoder(body, traits, config, stages);
  const head = root.linear(...heads) ?? root.child('language_model')?.linear(...heads) ?? root.child('transformer')?.linear('output_layer');
  return decoder && head && { model: { kind: 'decoder', decoder, head }, traits, basis };
}

/**
 * What of a job rests on documents or sources alone: traces have three optimizers, one device, no kernels of other
 * packages, and no learned bias in one. */
function basisOf(job: PeakJob, model: RunModel): Basis {
  const { mode, lora, optimizer, attention, zero = 0, devices = 1, loss = 'full', weights = 'checkpoint', fsdp = null, bucket = 0 } = job;
  const traced = optimizer === 'adamw' || optimizer === 'adamw_foreach' || optimizer === 'sgd';
  const degrees = degreesIn(job);
  const among = { devices: copiesOf(degrees, devices), expertDevices: expertCopiesOf(degrees, devices) };
  const split = zero > 0 && among.devices > 1;
  const copies = copiesModel(job, among);
  const ownKernels = attention === 'flash' || loss === 'fused' || loss === 'cut' || weights !== 'checkpoint';
  const away = Object.values(job.offload ?? {}).some((place) => place !== 'device');
  const bias = model.kind === 'pair' && model.pair.learnsBias && mode === 'train' && !lora && attention !== 'eager';
  const elsewhere = fsdp !== null || job.master === true || job.stepsInBackward === true || away;
  if (traced && !ownKernels && !split && !copies && !elsewhere && !bias) return { kind: 'exact', reasons: [] };
  return { kind: 'rule', reasons: split && bucket === 0 ? ['zero-buckets-left-out'] : [] };
}

const heads = ['lm_head', 'embed_out', 'output'] as const;

/** The module that holds the table of embeddings and the stack of layers: the root, or one within it. */
function bodyOf(root: Reader, depth = 0): Reader | undefined {
  if (root.has(...embeddings) && root.stacks().length > 0) return root;
  if (depth > 3) return undefined;
  for (const [name, part] of Object.entries(root.module.children)) {
    if (isTensor(part) || isStack(part)) continue;
    const inner = root.child(name);
    const found = inner && bodyOf(inner, depth + 1);
    if (found) return found;
  }
  return undefined;
}
