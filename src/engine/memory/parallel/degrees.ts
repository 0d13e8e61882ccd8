import type { Analysis } from '../../analysis';
import { attentionHeads, keyValueHeads, numberOf } from './textConfig';
import { findPreset } from '../../quantization/presets';
import { requirementsOf } from '../../quantization/requirements';
import { linearsOf } from '../../quantization/scheme';
import { matrixOf } from '../../weights/inventory';
import { moduleOf, secondOfPair } from './cuts';
import { decoderLayers, placeTensors, type PlacedTensor } from './tensors';

/** Ways to share a model among devices. */
export type ParallelKind = 'tensor' | 'pipeline' | 'expert' | 'data' | 'context';

/** Why a degree is refused: what does not divide, and its size. */
export interface Refused {
  readonly code:
    | 'attention-heads'
    | 'key-value-heads'
    | 'state-heads'
    | 'inner-width'
    | 'quantization-groups'
    | 'layers'
    | 'experts'
    | 'replicated-heads';
  readonly values: Readonly<Record<string, number>>;
}

export interface Degree {
  readonly kind: ParallelKind;
  readonly degree: number;
  /** `undefined`: legal. */
  readonly refused: Refused | undefined;
}

/** Degrees that are asked about. */
const asked = [1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 24, 32] as const;

/**
 * Degrees of every kind for a model at a precision, with the reason where one is refused. Tensor: attention heads must divide
 * (vllm/config/model.py, verify_with_parallel_config), key/value heads must divide or be repeated whole
 * (layers/linear.py, QKVParallelLinear), and so must inner widths and groups of scales. Pipeline: at most one stage a layer.
 * Context: the key/value heads of a rank must be copies (decode context parallel).
 */
export function degreesOf(analysis: Analysis, weights = 'checkpoint'): readonly Degree[] {
  const { tensors } = placeTensors(analysis, weights);
  const layers = decoderLayers(analysis.inventory);
  const experts = numberOfExperts(analysis);
  const result: Degree[] = [];
  for (const degree of asked) {
    result.push({ kind: 'tensor', degree, refused: refusedTensor(analysis, tensors, degree) });
    result.push({ kind: 'pipeline', degree, refused: degree > layers ? { code: 'layers', values: { layers, degree } } : undefined });
    if (experts > 0)
      result.push({ kind: 'expert', degree, refused: degree > experts ? { code: 'experts', values: { experts, degree } } : undefined });
    result.push({ kind: 'data', degree, refused: undefined });
  }
  return result;
}

/** Routed experts of a layer; 0 for a dense model. */
export const numberOfExperts = (analysis: Analysis): number =>
  analysis.inventory.entries.some(({ component }) => component === 'experts')
    ? (numberOf(analysis, 'n_routed_experts', 'num_local_experts', 'num_experts', 'moe_num_experts') ?? 0)
    : 0;

/** Ranks among which the parts of a model are cut, where they are not all the same. */
export interface PartDegrees {
  /** What is no attention. */
  readonly rest?: number;
  /** Inside of routed experts; 1: they are dealt out whole. */
  readonly experts?: number;
}

/**
 * Why tensor parallelism is refused; `undefined` where it is legal.
 *
 * @param degree ranks that share the heads of attention
 */
export function refusedTensor(
  analysis: Analysis,
  tensors: readonly PlacedTensor[],
  degree: number,
  { rest = degree, experts = rest }: PartDegrees = {},
): Refused | undefined {
  return (
    (degree === 1 ? undefined : refusedHeads(analysis, degree)) ??
    (rest === 1 ? undefined : refusedWidth(tensors, degree, rest)) ??
    refusedGroups(analysis, tensors, { attention: degree, rest, experts })
  );
}

function refusedHeads(analysis: Analysis, degree: number): Refused | undefined {
  const heads = attentionHeads(analysis);
  if (heads !== undefined && heads % degree !== 0) return { code: 'attention-heads', values: { heads, degree } };
  const keyHeads = keyValueHeads(analysis);
  const latent = analysis.inventory.states.some(({ state }) => state.kind === 'latent');
  if (!latent && keyHeads !== undefined && keyHeads % degree !== 0 && degree % keyHeads !== 0)
    return { code: 'key-value-heads', values: { heads: keyHeads, degree } };
  const stateHeads = numberOf(analysis, 'linear_num_key_heads', 'mamba_num_heads', 'mamba_n_heads');
  const recurrent = analysis.inventory.states.some(({ state }) => state.kind === 'recurrent');
  if (recurrent && stateHeads !== undefined && stateHeads % degree !== 0)
    return { code: 'state-heads', values: { heads: stateHeads, degree } };
  return undefined;
}

const isTower = ({ component }: PlacedTensor): boolean => component === 'vision' || component === 'audio' || component === 'projector';
const isAttention = ({ component }: PlacedTensor): boolean => component === 'attention' || component === 'stateSpace';

function refusedWidth(tensors: readonly PlacedTensor[], attention: number, rest: number): Refused | undefined {
  for (const tensor of tensors) {
    const { cut, kind, shape } = tensor;
    if (isTower(tensor) || kind !== 'plain' || (cut !== 'inputs' && cut !== 'outputs')) continue;
    const size = cut === 'outputs' ? shape[0] : shape.at(-1);
    const degree = isAttention(tensor) ? attention : rest;
    if (size === undefined || size <= 1 || shape.length > 2 || size % degree === 0) continue;
    return { code: 'inner-width', values: { width: size, degree } };
  }
  return undefined;
}

/** Formats whose groups and blocks engines cut no further; those of MXFP4 they fill up (vllm/expertPadding.ts). */
const wholeGroups: ReadonlySet<string> = new Set(['FP8', 'GPTQ', 'AWQ', 'AutoRound', 'compressed-tensors']);

/**
 * Groups and blocks that would straddle two ranks (vllm/model_executor/layers/quantization: fp8.py and utils/fp8_utils.py,
 * validate_fp8_block_shape; auto_awq.py; utils/marlin_utils.py, verify_marlin_supports_shape; SGLang's of the same names).
 */
function refusedGroups(analysis: Analysis, tensors: readonly PlacedTensor[], degrees: Required<PartDegrees> & { attention: number }) {
  const entries = new Map(analysis.inventory.entries.map((entry) => [moduleOf(entry.name), entry]));
  const keyHeads = keyValueHeads(analysis);
  for (const tensor of tensors) {
    if (tensor.kind !== 'packed' || isTower(tensor)) continue;
    const preset = findPreset(tensor.scheme);
    const split = preset && wholeGroups.has(preset.format) ? requirementsOf(preset).split : undefined;
    const entry = entries.get(tensor.module);
    const matrix = entry && matrixOf(entry);
    const side = sideOf(tensor);
    if (!split || !matrix || !side) continue;
    const whole = tensor.cut === 'expert' ? degrees.experts : isAttention(tensor) ? degrees.attention : degrees.rest;
    const degree = tensor.cut === 'keyValue' ? Math.min(whole, keyHeads ?? whole) : whole;
    const size = linearsOf(matrix, entry)[side];
    if (degree > 1 && (size / degree) % split[side] !== 0)
      return { code: 'quantization-groups', values: { groups: Math.ceil(size / split[side]), degree } } as const;
  }
  return undefined;
}

function sideOf({ cut, module }: PlacedTensor): 'rows' | 'columns' | undefined {
  if (cut === 'expert') return secondOfPair(module) ? 'columns' : 'rows';
  return cut === 'inputs' ? 'columns' : cut === 'outputs' || cut === 'keyValue' ? 'rows' : undefined;
}

/**
 * Why decode context parallelism of a degree is refused: the cache of a rank is only cut along its tokens among ranks that hold
 * the same heads (vllm/config/parallel.py and vllm/v1/attention; one latent head goes to all).
 */
export function refusedContext(analysis: Analysis, tensor: number, degree: number): Refused | undefined {
  if (degree === 1) return undefined;
  const keyHeads = keyValueHeads(analysis) ?? 1;
  const copies = Math.max(1, Math.floor(tensor / keyHeads));
  return tensor % degree === 0 && degree <= copies ? undefined : { code: 'replicated-heads', values: { copies, degree } };
}
