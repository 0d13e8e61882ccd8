/**
 * What classes of mlx-lm decide by themselves: modules that it cannot quantize, and those that a class's `quant_predicate`
 * gives other bits. By model_type; ml-explore/mlx-lm 0.32.2, mlx_lm/models/*.py. A predicate asks for the class's own names:
 * `switch_mlp.down_proj` ends in `mlp.down_proj`, too, and is called otherwise in checkpoints.
 */
import type { InventoryEntry } from '../../weights/inventory';
import { mlx, type MlxLayout } from './mlx';
import type { KeepReason, Scheme } from '../scheme';
import { isIndexerWeights } from '../selection';

const ending = (name: string, ...modules: readonly string[]): boolean => modules.some((module) => name.endsWith(`${module}.weight`));

/** Routers that are a bare matrix (`self.weight = mx.zeros(…)`), which no quantization reaches. */
const bareRouters: ReadonlySet<string> = new Set([
  ...['deepseek', 'deepseek_v2', 'deepseek_v3', 'deepseek_v32', 'joyai_llm_flash', 'kimi_k2', 'kimi_k25', 'kimi_vl'],
  ...['dots1', 'exaone_moe', 'glm4_moe', 'glm4_moe_lite', 'glm_moe_dsa', 'mimo_v2_flash', 'muse_spark', 'nemotron_h', 'solar_open'],
]);

/** Classes whose routers, gates of shared experts included, always take 8 bits in groups of 64. */
const preciseRouters: ReadonlySet<string> = new Set([
  ...['Klear', 'afmoe', 'bailing_hybrid', 'bailing_moe', 'bailing_moe_linear', 'gemma4', 'gemma4_text', 'gpt_oss', 'granitemoe'],
  ...['granitemoehybrid', 'jamba', 'kimi_k3', 'kimi_linear', 'laguna', 'lfm2_moe', 'longcat_flash', 'mellum', 'minimax', 'minimax_m2'],
  ...['minimax_m3_vl', 'qwen3_5', 'qwen3_5_moe', 'qwen3_moe', 'qwen3_next', 'qwen3_vl_moe', 'step3p5'],
]);

/** Granite's projections back into the stream, those of experts too: too small in value for few bits. */
const graniteOutputs = ({ name }: InventoryEntry): boolean =>
  ending(name, 'self_attn.o_proj', 'mlp.down_proj', 'block_sparse_moe.output_linear') || name === 'lm_head.weight';

/** Further modules with 8 bits. */
const precise: Readonly<Record<string, (entry: InventoryEntry) => boolean>> = {
  granite: graniteOutputs,
  granitemoe: graniteOutputs,
  rwkv7: ({ name, role }) => role === 'embedding' || name.includes('lora.2'),
};

/** Further modules that stay as they are. */
const kept: Readonly<Record<string, readonly string[]>> = {
  bailing_hybrid: ['attention.kv_b_proj'],
  kimi_k3: ['res_proj'],
  spark2_5: ['self_attn.g_proj'],
};

/** Classes that hold the second half of latent attention per head (MultiLinear embed_q, unembed_out). */
const absorbed: ReadonlySet<string> = new Set([
  ...['deepseek_v3', 'deepseek_v32', 'joyai_llm_flash', 'kimi_k2', 'kimi_k25', 'kimi_vl', 'kimi_linear', 'glm4_moe_lite'],
  ...['glm_moe_dsa', 'bailing_hybrid', 'longcat_flash', 'mistral4'],
]);

/** Whether `kv_b_proj` is a module of that name in the class. */
export const holdsKvB = (modelType: string): boolean => !absorbed.has(modelType);

/** Why a class's module keeps its type, if it does. */
export const keptByClass =
  (modelType: string) =>
  (entry: InventoryEntry): KeepReason | undefined =>
    entry.role === 'router' && bareRouters.has(modelType) && !isIndexerWeights(entry) ? 'router' : undefined;

/** Why a class leaves a module alone that its writer's block does not name: no linear module, or refused by its `quant_predicate`. */
function leftByClass(modelType: string): (entry: InventoryEntry) => KeepReason | undefined {
  const byClass = keptByClass(modelType);
  const left = Object.hasOwn(kept, modelType) ? (kept[modelType] ?? []) : [];
  return (entry) => byClass(entry) ?? (ending(entry.name, ...left) ? 'kept-by-name' : undefined);
}

/** Of what leads from a tower to the text, mlx-vlm converts what its list of parts does not name (mlx_vlm/utils.py, skip_multimodal_module). */
const isConverted = ({ name, component, role }: InventoryEntry): boolean =>
  component === 'projector' && role === 'linear' && /(^|\.)connector\./.test(name);

/** What the schemes of a class take: all that is not left alone. */
function takenByClass(base: Scheme, modelType: string): Scheme['takes'] {
  const left = leftByClass(modelType);
  return (entry) => left(entry) ?? (isConverted(entry) ? undefined : base.takes(entry));
}

/**
 * The scheme of a block. What a class gives other bits stands there, module by module (mlx_lm/utils.py, quantize_model); what it
 * leaves alone does not.
 */
export function mlxOfBlock(layout: MlxLayout, modelType: string): Scheme {
  const base = mlx(layout);
  return { ...base, takes: takenByClass(base, modelType) };
}

/** The scheme as a class of mlx-lm applies it. Rows have to be a multiple of the asked group whatever becomes of them. */
export function mlxOfClass(layout: MlxLayout, modelType: string): Scheme {
  const base = mlx(layout);
  const routers = preciseRouters.has(modelType);
  const others = Object.hasOwn(precise, modelType) ? precise[modelType] : undefined;
  const eightBits = mlx({ name: layout.name, bits: 8, groupSize: 64 });
  const isPrecise = (entry: InventoryEntry): boolean => (routers && entry.role === 'router') || others?.(entry) === true;
  return {
    ...base,
    takes: takenByClass(base, modelType),
    store(matrix, context, entry) {
      if (!isPrecise(entry)) return base.store(matrix, context, entry);
      return matrix.columns % layout.groupSize === 0 ? eightBits.store(matrix, context, entry) : 'width';
    },
  };
}
