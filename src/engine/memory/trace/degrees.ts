import type { Analysis } from '../../analysis';
import type { Basis } from '../../basis';
import { numberOfExperts, refusedTensor } from '../parallel/degrees';
import { attentionHeads, keyValueHeads } from '../parallel/textConfig';
import { decoderLayers, placeTensors } from '../parallel/tensors';
import type { PeakJob } from './peak';
import { textPartOf } from './traits';

/** How sequences are cut for attention: keys and values of all ranks are gathered, or heads are exchanged for tokens. */
export const contextWays = ['gather', 'ulysses'] as const;
export type ContextWay = (typeof contextWays)[number];

/** Ways in which ranks share one model while it is trained, beside copies of it (data parallelism). */
export interface Degrees {
  /** Ranks that cut matrices by columns and rows (Megatron-LM: Shoeybi et al. 2019, arXiv 1909.08053). */
  readonly tensor: number;
  /** These ranks also cut what stands between the matrices by tokens (Korthikanti et al. 2022, arXiv 2205.05198). */
  readonly sequence: boolean;
  /** Ranks that cut sequences by tokens everywhere. */
  readonly context: number;
  readonly contextWay: ContextWay;
  /** Stages that layers are dealt out to. */
  readonly pipeline: number;
  /** Runs of layers that each rank of a pipeline has (the interleaved schedule: Narayanan et al. 2021, arXiv 2104.04473). */
  readonly virtual: number;
  /** Batches that pass through a pipeline before a step. */
  readonly microBatches: number;
  /** Ranks that routed experts are dealt out to whole. */
  readonly expert: number;
}

export const oneRank: Degrees = {
  tensor: 1,
  sequence: false,
  context: 1,
  contextWay: 'gather',
  pipeline: 1,
  virtual: 1,
  microBatches: 1,
  expert: 1,
};

/** Whether ranks share a model at all. */
export const isShared = ({ expert, ...degrees }: Degrees): boolean => ranksOfModel(degrees) > 1 || expert > 1;

/** What each way of sharing is followed by; that routers are fair is taken for granted. */
export function basisOfDegrees({ tensor, sequence, context, contextWay, pipeline, expert }: Degrees): Basis {
  const reasons = [
    ...(tensor > 1 ? ['cut-among-ranks'] : []),
    ...(sequence ? ['sequence-parallel'] : []),
    ...(context > 1 ? [contextWay === 'ulysses' ? 'context-by-heads' : 'context-gathered'] : []),
    ...(pipeline > 1 ? ['pipeline-1f1b'] : []),
    ...(expert > 1 ? ['experts-fair'] : []),
  ];
  return { kind: expert > 1 ? 'approximate' : reasons.length > 0 ? 'rule' : 'exact', reasons };
}

export const degreesIn = ({ mode, parallel }: PeakJob): Degrees => (mode === 'train' && parallel ? parallel : oneRank);

/** Ranks that hold one copy of a model between them. */
export const ranksOfModel = ({ tensor, context, pipeline }: Pick<Degrees, 'tensor' | 'context' | 'pipeline'>): number =>
  tensor * context * pipeline;

/** Ranks among which ZeRO and FSDP spread what each holds: copies, and those that cut sequences, which hold the same weights. */
export const copiesOf = (degrees: Degrees, devices: number): number => devices / (degrees.tensor * degrees.pipeline);

/** Ranks that hold the same experts. */
export const expertCopiesOf = (degrees: Degrees, devices: number): number =>
  degrees.expert === 1 ? copiesOf(degrees, devices) : devices / (degrees.pipeline * degrees.expert);

/** The key of the first degree that is more than one. */
export const keyOf = ({ tensor, context, pipeline }: Degrees): string =>
  tensor > 1 ? 'tensor_parallel' : context > 1 ? 'context_parallel' : pipeline > 1 ? 'pipeline_parallel' : 'expert_parallel';

/** Why a model is not trained in this way: the key of the request, and a sentence. */
export interface RefusedDegree {
  readonly key: string;
  readonly message: string;
}

/** Degrees that this model, or another key of the job, does not allow; what needs no model is refused as the request is read. */
export function refusedByModel(analysis: Analysis, job: PeakJob): RefusedDegree | undefined {
  const degrees = degreesIn(job);
  return tensorRefused(analysis, job, degrees) ?? expertsRefused(analysis, degrees) ?? layersRefused(analysis, degrees);
}

function tensorRefused(analysis: Analysis, { weights = 'checkpoint' }: PeakJob, { tensor, expert, context, contextWay }: Degrees) {
  const key = 'tensor_parallel';
  const refuse = (what: string, size: number, degree: number, at = key): RefusedDegree => ({
    key: at,
    message: `${size} ${what} do not divide among ${degree} ranks`,
  });
  const heads = attentionHeads(analysis) ?? 1;
  const latent = analysis.inventory.states.some(({ state }) => state.kind === 'latent');
  const keyHeads = latent ? heads : (keyValueHeads(analysis) ?? heads);
  if (tensor > 1) {
    if (analysis.inventory.states.some(({ state }) => state.kind === 'recurrent' || state.kind === 'convolution'))
      return { key, message: 'layers with a convolution or a state are not cut among ranks here' };
    // Servers repeat key/value heads; those who train do not (transformers distributed/tensor_parallel.py, get_kv_heads_per_rank).
    if (heads % tensor !== 0) return refuse('attention heads', heads, tensor);
    if (keyHeads % tensor !== 0) return refuse('key/value heads', keyHeads, tensor);
    const plain = weights === 'checkpoint' ? 'bf16' : weights;
    const found = refusedTensor(analysis, placeTensors(analysis, plain).tensors, tensor, { experts: expert > 1 ? 1 : tensor });
    if (found) {
      const { width, groups } = found.values;
      return groups === undefined ? refuse('columns of a matrix', width ?? 0, tensor) : refuse('groups of a quantization', groups, tensor);
    }
  }
  const at = 'context_parallel';
  if (context > 1 && writesScores(analysis))
    return { key: at, message: 'its attention is written out, and tokens are cut in kernels alone' };
  if (contextWay === 'ulysses' && context > 1) {
    if ((heads / tensor) % context !== 0) return refuse('attention heads of a rank', heads / tensor, context, at);
    if ((keyHeads / tensor) % context !== 0) return refuse('key/value heads of a rank', keyHeads / tensor, context, at);
  }
  return undefined;
}

/** Types whose scores are capped, wide, or have a sink: no fused kernel is called for them. */
function writesScores(analysis: Analysis): boolean {
  const { traits } = textPartOf(analysis);
  const sinks = analysis.inventory.entries.some(({ name }) => name.endsWith('.sinks'));
  return traits.softcap === true || traits.wideScores === true || sinks;
}

function expertsRefused(analysis: Analysis, { expert }: Degrees): RefusedDegree | undefined {
  if (expert === 1) return undefined;
  const key = 'expert_parallel';
  const experts = numberOfExperts(analysis);
  if (experts === 0) return { key, message: 'the model has no routed experts' };
  return experts % expert === 0 ? undefined : { key, message: `${experts} experts do not divide among ${expert} ranks` };
}

function layersRefused(analysis: Analysis, { pipeline, virtual }: Degrees): RefusedDegree | undefined {
  const layers = decoderLayers(analysis.inventory);
  if (pipeline > layers) return { key: 'pipeline_parallel', message: `${layers} layers are fewer than ${pipeline} stages` };
  // Megatron-LM, megatron/training/arguments.py: as many layers in each run.
  if (virtual > 1 && layers % (pipeline * virtual) !== 0)
    return { key: 'virtual_pipeline', message: `${layers} layers do not divide into ${pipeline} stages of ${virtual} runs each` };
  return undefined;
}
