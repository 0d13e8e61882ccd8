import type { Analysis } from '../../analysis';
import { attentionHeads, keyValueHeads, numberOf } from './textConfig';
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

/** Why tensor parallelism of a degree is refused; `undefined` where it is legal. */
export function refusedTensor(analysis: Analysis, tensors: readonly PlacedTensor[], degree: number): Refused | undefined {
  if (degree === 1) return undefined;
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
  for (const { cut, kind, shape, component } of tensors) {
    if (component === 'vision' || component === 'audio' || component === 'projector') continue;
    if (cut !== 'inputs' && cut !== 'outputs') continue;
    const size = cut === 'outputs' ? shape[0] : shape.at(-1);
    if (size === undefined || size <= 1 || shape.length > 2) continue;
    if (size % degree === 0) continue;
    // Scales of groups that straddle two ranks; blocks of 128 × 128 may end in a part.
    if (kind === 'plain') return { code: 'inner-width', values: { width: size, degree } };
    if (kind === 'overhead') return { code: 'quantization-groups', values: { groups: size, degree } };
  }
  return undefined;
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
