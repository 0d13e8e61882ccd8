import type { InventoryEntry } from '../../weights/inventory';

/**
 * Which side of a tensor tensor parallelism cuts. `outputs` and `inputs`: of a matrix [outputs, inputs], as in Megatron-LM
 * (arXiv 1909.08053, section 3). `keyValue`: outputs, but a key/value head goes to several ranks where there are more ranks
 * than heads. `vocabulary`: rows of an embedding or head, padded. `expert`: routed experts, cut inside or dealt out whole.
 */
export type Cut = 'whole' | 'outputs' | 'inputs' | 'keyValue' | 'vocabulary' | 'expert';

/** First matrices of a pair. */
const outputs =
  /(^|\.)(q_proj|qkv_proj|qkv|in_proj_qkvz?|in_proj_z|in_proj_ba?|in_proj_a|in_proj|query_key_value|q_b_proj|kv_b_proj|gate_proj|up_proj|gate_up_proj|w1|w3|fc1|fc_in|dense_h_to_4h|c_fc|c_attn|Wqkv|wqkv|W_pack|input_linear|linear_fc1|intermediate\.dense|g_proj|b_proj|f_b_proj|g_b_proj|query|dt_proj|conv1d|q_conv1d|k_conv1d|v_conv1d)$/;
/** Second ones, cut along what the first ones put out. */
const inputs = /(^|\.)(o_proj|out_proj|down_proj|w2|wo|fc2|fc_out|dense_4h_to_h|c_proj|dense|output_linear|linear_fc2|x_proj|proj)$/;
const keyValue = /(^|\.)([kv]_proj|key|value)$/;
/** One value per head of a state-space or delta-rule mixer. */
const perHead = /(^|\.)(A_log|D|dt_bias|sinks)$/;
/** Down-projections of latent attention, and the indexer that picks tokens: every rank holds them. */
const latent = /(^|\.)(q_a_proj|kv_a_proj_with_mqa|kv_a_proj|fused_qkv_a_proj|indexer\.[\w.]+)$/;

/** Path of the module that a tensor belongs to, or of the tensor itself where its name says no more. */
export const moduleOf = (name: string): string => name.replace(/\.(weight|bias)$/, '');

/**
 * How vLLM and SGLang cut a tensor of a model, by the name of its module (layers/linear.py and vocab_parallel_embedding.py of
 * both; models/*.py for what is replicated). Names that stand in no list are held whole.
 */
export function cutOf({ name, role, component, shape }: Pick<InventoryEntry, 'name' | 'role' | 'component' | 'shape'>): Cut {
  const module = moduleOf(name);
  if (component === 'experts') return 'expert';
  if (role === 'head' || (role === 'bias' && component === 'head')) return 'vocabulary';
  if (role === 'embedding') return shape.length === 2 && !/position|token_type|pos_embed|wpe/.test(module) ? 'vocabulary' : 'whole';
  if (role === 'norm' || role === 'router' || latent.test(module)) {
    // Gated norms of Mamba 2 run over the heads of a rank (mamba_mixer2.py); all others see the whole hidden vector.
    return role === 'norm' && component === 'stateSpace' && /mixer\.norm|mamba\.norm/.test(module) ? 'outputs' : 'whole';
  }
  if (perHead.test(module)) return 'outputs';
  // A patch or merger projection of a tower is no second matrix of a pair.
  if (component === 'projector' || /patch_embed|embeddings?\./.test(module)) return 'whole';
  if (keyValue.test(module)) return 'keyValue';
  if (outputs.test(module)) return 'outputs';
  if (inputs.test(module)) return name.endsWith('.bias') || role === 'bias' ? 'whole' : 'inputs';
  return 'whole';
}

/** Whether a matrix of an expert is the second of its pair, which is cut along its inputs as that of a dense layer is. */
export const secondOfPair = (module: string): boolean => /(^|\.)(down_proj|w2|output_linear)(_bias)?(\.(weight|bias))?$/.test(module);
