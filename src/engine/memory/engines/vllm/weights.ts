import type { Analysis } from '../../../analysis';
import { isObject } from '../../../config/json';
import { exact, weakest, type Basis } from '../../../basis';
import type { PresetOptions } from '../../../quantization/presets/preset';
import { allocationsOf, stageBytes, type RankShares } from '../../parallel/rank';
import { hasSameRope, ropeCacheBytes } from '../../parallel/ropeCache';
import type { Stage } from '../../parallel/stages';
import { placeTensors, type PlacedModel, type PlacedTensor } from '../../parallel/tensors';
import { hiddenSize, keyValueHeads, numberOf } from '../../parallel/textConfig';
import { RunError } from '../run';
import { padExperts } from './expertPadding';
import type { Settings } from './settings';

/** Methods that quantize plain weights while loading, and the preset whose bytes they hold. */
const online: Readonly<Record<string, string>> = {
  fp8: 'fp8-tensor-dynamic',
  ptpc_fp8: 'fp8-channel',
  fp8_per_tensor: 'fp8-tensor-dynamic',
  fp8_per_block: 'fp8-block128',
  bitsandbytes: 'bnb-nf4',
  mxfp4: 'mxfp4',
  experts_int8: 'w8a16-channel',
};

/** What loading follows of an engine's settings. */
export type LoadSettings = Pick<
  Settings,
  | 'tensor'
  | 'data'
  | 'prefillContext'
  | 'expertParallel'
  | 'width'
  | 'wholeTowers'
  | 'speculation'
  | 'textOnly'
  | 'quantization'
  | 'cpuOffload'
  | 'pooling'
  | 'device'
  | 'lora'
> & {
  /** Experts in MXFP4 are padded as vLLM's kernels want them. */
  readonly padsExperts: boolean;
  /** Ranks among which attention and the embedding are cut, and the head, where replicas of attention share the rest. */
  readonly attention?: number;
  readonly head?: number;
  /** What stands in place of the tensors that the config describes: those of a draft's head. */
  readonly reshape?: (tensors: readonly PlacedTensor[]) => readonly PlacedTensor[];
  /** A model loaded before, whose table of rotary positions is taken if it is the same (vllm/model_executor/layers/rotary_embedding, _ROPE_DICT). */
  readonly beside?: Analysis;
};

export interface LoadedModel {
  readonly placed: PlacedModel;
  readonly tensors: readonly PlacedTensor[];
  readonly shares: RankShares;
  readonly basis: Basis;
  /** Bytes of one rank of a stage as "Model loading took" prints them, adapters not counted. */
  readonly bytesOf: (stage: Stage) => number;
  /** Bytes of a rank that `--cpu-offload-gb` leaves in host memory, from where the device reads them. */
  hostBytesOf(stage: Stage): number;
  /** Pages of adapters (`--enable-lora`), which are allocated with the model. */
  readonly adapterBytes: (stage: Stage) => number;
  /** Adapters that a rank keeps in host memory, uncut (vllm/lora/lora_weights.py; cut when they are put into place). */
  readonly hostAdapterBytes: (stage: Stage) => number;
}

/** The preset whose bytes a run holds: as asked, or what `--quantization` makes of plain weights. */
export function weightsOf(analysis: Analysis, weights: string, quantization: string | undefined): string {
  const method = quantization?.toLowerCase();
  if (weights !== 'checkpoint' || method === undefined || !/^(bf16|fp16|fp32)/.test(analysis.checkpoint.scheme)) return weights;
  return Object.hasOwn(online, method) ? (online[method] as string) : weights;
}

/**
 * Weights of each rank. Every tensor that vLLM merges (queries, keys and values; gate and up; the experts of a layer) is one
 * allocation, counted as PyTorch's allocator counts it; beside them stand the table of rotary positions and, for latent
 * attention, the two factors of `kv_b_proj` that decoding multiplies by (vllm/model_executor/layers/attention/mla_attention.py,
 * process_weights_after_loading).
 *
 * @throws RunError for weights that no preset has.
 */
export function loadModel(analysis: Analysis, weights: string, settings: LoadSettings, options: PresetOptions | undefined): LoadedModel {
  let placed: PlacedModel;
  try {
    placed = placeTensors(analysis, weightsOf(analysis, weights, settings.quantization), options);
  } catch (error) {
    if (error instanceof RangeError) throw new RunError('weights-unknown', `${weights.slice(0, 80)} is no preset`, 'weights');
    throw error;
  }
  const shares: RankShares = {
    tensor: settings.tensor,
    attention: settings.attention ?? settings.tensor,
    head: settings.head ?? settings.tensor,
    keyHeads: keyValueHeads(analysis),
    // Replicas share the experts between them, whole or cut (fused_moe/config.py, FusedMoEParallelConfig.make).
    experts: settings.expertParallel ? settings.tensor * settings.data * settings.prefillContext : 1,
    expertCuts: settings.tensor * settings.data * settings.prefillContext,
    vocabularyPadding: 64,
    plainWidth: settings.width,
    wholeTowers: settings.wholeTowers,
  };
  const drafts =
    settings.speculation !== undefined && /mtp|nextn|deepseek|eagle3?_mtp/i.test(settings.speculation.method) ? placed.draft : [];
  // A draft layer shares the model's embedding and head.
  const own = drafts
    .filter(({ cut }) => cut !== 'vocabulary')
    .map((tensor): PlacedTensor => ({ ...tensor, layers: null, place: 'after', copies: tensor.copies * (tensor.layers?.length ?? 1) }));
  const loadedTensors = placed.tensors.filter((tensor) => isLoaded(tensor, settings, symmetric(analysis)));
  const held = settings.reshape ? settings.reshape(loadedTensors) : loadedTensors;
  const tensors = settings.padsExperts ? padExperts(held, analysis, settings) : held;
  const allocations = allocationsOf([...tensors, ...own], shares);
  const rope = settings.beside && hasSameRope(settings.beside, analysis) ? 0 : ropeCacheBytes(analysis, settings.width);
  const absorbed = absorbedBytes(tensors, settings);
  const quantized = /^(bnb|exl|gguf|hqq|aqlm|quip)/.test(analysis.checkpoint.scheme) || settings.quantization === 'bitsandbytes';
  return {
    placed,
    tensors,
    shares,
    basis: weakest(
      analysis.basis,
      placed.basis.kind === 'approximate' ? placed.basis : exact,
      { kind: 'rule', reasons: [] },
      quantized ? { kind: 'approximate', reasons: ['engine-repacks-weights'] } : exact,
    ),
    bytesOf: (stage) => {
      const share = placed.layers > 0 ? (stage.to - stage.from) / placed.layers : 1;
      return Math.max(0, Math.round(stageBytes(allocations, placed, stage, shares).bytes + rope + absorbed * share) - settings.cpuOffload);
    },
    hostBytesOf: (stage) => Math.min(settings.cpuOffload, Math.round(stageBytes(allocations, placed, stage, shares).bytes)),
    adapterBytes: (stage) => adapters(tensors, analysis, settings, placed, stage),
    hostAdapterBytes: (stage) => {
      const { lora } = settings;
      const kept = lora?.onHost === undefined ? undefined : { ...lora, count: lora.onHost };
      return adapters(tensors, analysis, { ...settings, tensor: 1, lora: kept }, placed, stage);
    },
  };
}

/**
 * Whether vLLM holds a tensor of the files: no tower where no media are taken, no head where a model pools, and no zeros or
 * places of a symmetric GPTQ once Marlin has repacked it; Machete, which Hopper takes, leaves them (kernels of
 * quantization/kernels/mixed_precision).
 */
function isLoaded({ component, part }: PlacedTensor, { textOnly, pooling, device }: LoadSettings, symmetricGptq: boolean): boolean {
  if (textOnly && (component === 'vision' || component === 'audio' || component === 'projector')) return false;
  if (pooling && component === 'head') return false;
  return !(symmetricGptq && device.capability !== 9 && (part === 'qzeros' || part === 'g_idx'));
}

function symmetric({ root, checkpoint }: Analysis): boolean {
  const block = root['quantization_config'];
  return checkpoint.scheme.startsWith('gptq') && isObject(block) && block['sym'] !== false;
}

/** Factors of the up-projection of latent attention, at the run's dtype, over all layers of a rank. */
function absorbedBytes(tensors: readonly PlacedTensor[], { tensor, attention = tensor, width }: LoadSettings): number {
  let bytes = 0;
  for (const { module, part, layers, parameters, kind } of tensors)
    if (module.endsWith('.kv_b_proj') && kind !== 'overhead' && part !== 'bias')
      bytes += (parameters / attention) * width * (layers?.length ?? 1);
  return bytes;
}

/**
 * Stacked adapters: for each linear layer, max_loras × rank × (inputs + outputs) at the run's dtype; A is held whole and B is cut
 * where the layer is cut along its outputs, the other way round where along its inputs (vllm/lora/layers).
 */
function adapters(
  tensors: readonly PlacedTensor[],
  analysis: Analysis,
  { lora, tensor, width }: LoadSettings,
  { layers: depth }: PlacedModel,
  stage: Stage,
): number {
  if (lora === undefined) return 0;
  const linear = /(^|\.)([qkvo]_proj|qkv_proj|gate_proj|up_proj|down_proj|gate_up_proj|out_proj|in_proj_\w+)$/;
  let perLayer = 0;
  for (const { module, part, layers, shape, parameters, cut, component } of tensors) {
    if (layers === null || part !== 'weight' || parameters === 0 || component === 'experts' || !linear.test(module)) continue;
    if (lora.targets?.includes(module.slice(module.lastIndexOf('.') + 1)) === false) continue;
    const [outputs = 0] = shape;
    const inputs = outputs > 0 ? parameters / outputs : 0;
    const cutOutputs = cut === 'outputs' || cut === 'keyValue';
    const a = cutOutputs && lora.sharded ? lora.rank / tensor : lora.rank;
    const local = cut === 'inputs' ? a * (inputs / tensor) + lora.rank * outputs : a * inputs + lora.rank * (outputs / tensor);
    perLayer += local * layers.length;
  }
  const share = depth > 0 ? (stage.to - stage.from) / depth : 1;
  const vocabulary = numberOf(analysis, 'vocab_size') ?? 0;
  const logits = stage.last && lora.head ? lora.rank * (hiddenSize(analysis) + vocabulary / tensor) : 0;
  return Math.round(lora.count * width * (perLayer * share + logits));
}
