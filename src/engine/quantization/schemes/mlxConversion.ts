/**
 * What MLX's converters do to a checkpoint before they quantize it: which tensors they give another type, and which they leave
 * out. ml-explore/mlx-lm 0.32.2 and Blaizzy/mlx-vlm 0.7.10: convert.py; `cast_predicate` and `sanitize` of models/*.py.
 */
import { exact, type Basis } from '../../basis';
import { isObject, type JsonObject } from '../../config/json';
import type { Inventory, InventoryEntry } from '../../weights/inventory';
import { isTower } from '../selection';
import { mlxWriters, toldAmong, withOthers, type MlxWriter, type Writer } from '../writers';

/** Corrections of scores that balance the load of experts. */
const correction = 'e_score_correction_bias';
const expertBias = 'expert_bias';

/** Parts of the names of tensors that a class's `cast_predicate` keeps as they are, by model_type. */
const uncast: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(
    [
      ...[
        'deepseek_v3',
        'deepseek_v32',
        'exaone_moe',
        'glm4_moe',
        'glm4_moe_lite',
        'glm_moe_dsa',
        'joyai_llm_flash',
        'kimi_k2',
        'kimi_k25',
      ],
      ...['kimi_vl', 'laguna', 'longcat_flash', 'longcat_flash_ngram', 'mimo_v2_flash', 'minimax', 'minimax_m2', 'minimax_m3_vl'],
    ].map((type) => [type, [correction]]),
  ),
  ...Object.fromEntries(
    ['Klear', 'afmoe', 'bailing_hybrid', 'bailing_moe', 'bailing_moe_linear', 'lfm2_moe'].map((type) => [type, [expertBias]]),
  ),
  kimi_k3: [correction, 'A_log', 'dt_bias'],
  kimi_linear: [correction, 'A_log', 'dt_bias'],
  nemotron_h: [correction, 'A_log'],
  qwen3_5: ['A_log'],
  qwen3_5_moe: ['A_log'],
  step3p5: ['router_bias'],
};

/** Parts of the names of the language model's tensors that a class's `sanitize` drops, by model_type. */
const dropped: Readonly<Record<string, readonly string[]>> = { ernie4_5_moe: [correction] };

/** Classes of mlx-lm that take a model with towers and drop these; the others are mlx-vlm's alone. */
const textOnly: ReadonlySet<string> = new Set([
  ...['gemma3', 'gemma3n', 'gemma4', 'gemma4_unified', 'kimi_k25', 'kimi_k3', 'kimi_vl', 'lfm2-vl', 'llama4', 'llava', 'minimax_m3_vl'],
  ...['mistral3', 'pixtral', 'qwen2_5_vl', 'qwen2_vl', 'qwen3_5', 'qwen3_5_moe', 'qwen3_vl', 'qwen3_vl_moe'],
]);

const namesIn = (table: Readonly<Record<string, readonly string[]>>, modelType: string): readonly string[] =>
  Object.hasOwn(table, modelType) ? (table[modelType] ?? []) : [];

/** The type to which converters cast: `torch_dtype`, else that of the text model's section, which only its new name gives there. */
function isCast(root: JsonObject): boolean {
  const section = root['text_config'];
  const written = root['torch_dtype'] ?? (isObject(section) ? section['dtype'] : undefined);
  return written === 'float16' || written === 'bfloat16';
}

export interface MlxConversion {
  /** Who could have written such files, the one that these are of first; none where mlx-lm takes no model with towers. */
  readonly writers: readonly MlxWriter[];
  /** What is taken for granted of the converter. */
  basisOf(inventory: Inventory): Basis;
  /** Whether a float32 tensor gets the type of the others. */
  casts(name: string): boolean;
  /** Whether the files lack a tensor of the model. */
  omits(entry: Pick<InventoryEntry, 'name' | 'component'>): boolean;
}

/** Towers are kept (mlx_vlm/utils.py, skip_multimodal_module), where mlx-lm drops them. */
const byMlxVlm: Basis = { kind: 'rule', reasons: ['towers-by-mlx-vlm'] };

/** How a model is converted: by mlx-vlm, which keeps its towers, unless somebody knows that mlx-lm did. */
export function mlxConversion(root: JsonObject, modelType: string, told?: Writer): MlxConversion {
  const held = namesIn(uncast, modelType);
  const gone = namesIn(dropped, modelType);
  const writer = toldAmong(mlxWriters, told);
  const cast = isCast(root);
  return {
    writers: textOnly.has(modelType) ? withOthers(writer ?? 'mlx-vlm', mlxWriters) : [],
    basisOf: ({ entries }) => (writer === undefined && entries.some(isTower) ? byMlxVlm : exact),
    casts: (name) => cast && !held.some((part) => name.includes(part)),
    omits: (entry) => (isTower(entry) ? writer === 'mlx-lm' : gone.some((part) => entry.name.includes(part))),
  };
}
