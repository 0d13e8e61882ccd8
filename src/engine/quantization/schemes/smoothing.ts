/** Factors by which NVIDIA ModelOpt multiplies the columns of what goes into a layer, and where its export folds them. */
import { weakest } from '../../basis';
import type { InventoryEntry } from '../../weights/inventory';
import { isKept, linearsOf, type Scheme, type StoreContext } from '../scheme';

/** `in-place`: every factor stays beside its layer. `folded`: those that a norm or another layer takes over are gone. */
export type Smoothing = 'none' | 'in-place' | Folding;

export interface Folding {
  /** The layer before takes factors over, too: NVFP4 in some classes (`foldsIntoLinear`). */
  readonly intoLinear: boolean;
}

/** A scheme with such factors at the model's type. */
export function smoothed(scheme: Scheme, smoothing: Smoothing): Scheme {
  if (smoothing === 'none') return scheme;
  return {
    ...scheme,
    ...(smoothing !== 'in-place' && { basis: weakest(scheme.basis, { kind: 'rule', reasons: ['factors-folded'] }) }),
    store(matrix, context, entry) {
      const stored = scheme.store(matrix, context, entry);
      if (isKept(stored) || (smoothing !== 'in-place' && isFolded(entry, smoothing, context))) return stored;
      const { matrices: copies, columns } = linearsOf(matrix, entry);
      return [...stored, { suffix: 'pre_quant_scale', dtype: context.kept, shape: [columns], copies }];
    },
  };
}

const isFolded = (entry: InventoryEntry, { intoLinear }: Folding, context: StoreContext): boolean =>
  isFoldedIntoNorm(entry, context) || (intoLinear && isFoldedIntoLinear(entry, context));

/** Modules that read what goes into attention, or into its place, and into the feed-forward part. */
const attentionReaders = [
  ...['q_proj', 'k_proj', 'v_proj', 'q_a_proj', 'kv_a_proj_with_mqa'].map((name) => `self_attn.${name}`),
  ...['in_proj_qkv', 'in_proj_z', 'in_proj_qkvz', 'in_proj_ba', 'in_proj_a', 'in_proj_b'].map((name) => `linear_attn.${name}`),
];
const feedForwardReaders = ['mlp.gate_proj', 'mlp.up_proj', 'mlp.fc1'];

/** Norms before the one and the other. A norm after attention is before the feed-forward part where that has none of its own. */
const beforeAttention = ['input_layernorm', 'self_attn_layer_norm'];
const beforeFeedForward = ['pre_feedforward_layernorm', 'post_attention_layernorm'];
/** A norm of what the feed-forward part gives: where it stands without `pre_feedforward_layernorm`, so does the one after attention. */
const afterFeedForward = 'post_feedforward_layernorm';

/**
 * Whether a norm takes over the factors of a layer: it does where two or more quantized layers read the very tensor that the norm
 * gives (NVIDIA/Model-Optimizer modelopt/torch/export/unified_export_hf.py, _fuse_shared_input_modules). Experts read a part of it.
 * Held against ModelOpt 0.47 (INT4_AWQ; NVFP4_AWQ on Llama, Qwen 2 and 3, its CUDA kernel for activations replaced) on Llama, Qwen 2, 3 and 3.5, OLMo 2, Phi, Phi-3, Gemma 2 and 3, OPT, GPT-NeoX, StarCoder 2, GPT-2,
 * Cohere, GLM-4, Granite and StableLM.
 */
function isFoldedIntoNorm({ name, component }: InventoryEntry, { shapeOf }: StoreContext): boolean {
  const at = name.lastIndexOf('{n}.');
  if (at < 0 || component === 'experts') return false;
  const layer = name.slice(0, at + '{n}.'.length);
  const module = name.slice(layer.length, -'.weight'.length);
  const has = (each: string): boolean => shapeOf(`${layer}${each}.weight`) !== undefined;
  const among = (names: readonly string[]): readonly string[] => names.filter(has);
  const norms = { attention: among(beforeAttention), feedForward: among(beforeFeedForward) };
  const readers = { attention: among(attentionReaders), feedForward: among(feedForwardReaders) };
  // One norm for both: they stand side by side.
  if (norms.attention.length > 0 && norms.feedForward.length === 0)
    return [...readers.attention, ...readers.feedForward].includes(module) && readers.attention.length + readers.feedForward.length > 1;
  if (readers.attention.includes(module)) return norms.attention.length > 0 && readers.attention.length > 1;
  const isAfter = has(afterFeedForward) && !has('pre_feedforward_layernorm');
  return readers.feedForward.includes(module) && norms.feedForward.length > 0 && !isAfter && readers.feedForward.length > 1;
}

/** Model types whose classes are among those that fold into the layer before (quant_utils.py, PQS_FUSE_MODULE_MAPPING). */
export const foldsIntoLinear = (modelType: string): boolean => /^(llama|qwen3|qwen3_moe)$/.test(modelType);

/** Values take over the factors of attention's output where heads are not shared, and the up projection those of the down projection. */
function isFoldedIntoLinear({ name, shape }: InventoryEntry, { shapeOf }: StoreContext): boolean {
  if (name.endsWith('.down_proj.weight')) return true;
  return name.endsWith('.self_attn.o_proj.weight') && shapeOf(name.replace('o_proj', 'v_proj'))?.[0] === shape[1];
}
