import type { Since } from './history';

/**
 * The architecture that a GGUF file names for a model type, where convert_hf_to_gguf.py of ggml-org/llama.cpp has a class for it
 * (its `@ModelBase.register` lines). Models of other types are answered by the same mapping and are approximate.
 */
const architectures: Readonly<Record<string, string>> = {
  llama: 'llama',
  mistral: 'llama',
  mixtral: 'llama',
  llava: 'llama',
  mistral3: 'llama',
  llama4: 'llama4',
  llama4_text: 'llama4',
  internlm: 'llama',
  baichuan: 'baichuan',
  falcon: 'falcon',
  RefinedWeb: 'falcon',
  RefinedWebModel: 'falcon',
  gpt2: 'gpt2',
  gpt_neox: 'gptneox',
  bloom: 'bloom',
  mpt: 'mpt',
  stablelm: 'stablelm',
  qwen: 'qwen',
  qwen2: 'qwen2',
  qwen2_moe: 'qwen2moe',
  qwen2_vl: 'qwen2vl',
  qwen2_5_vl: 'qwen2vl',
  qwen2_vl_text: 'qwen2vl',
  qwen2_5_vl_text: 'qwen2vl',
  qwen3: 'qwen3',
  qwen3_moe: 'qwen3moe',
  qwen3_vl: 'qwen3vl',
  qwen3_vl_moe: 'qwen3vlmoe',
  qwen3_next: 'qwen3next',
  qwen3_5: 'qwen35',
  qwen3_5_text: 'qwen35',
  qwen3_5_moe: 'qwen35moe',
  qwen3_5_moe_text: 'qwen35moe',
  phi: 'phi2',
  phi3: 'phi3',
  gemma: 'gemma',
  gemma2: 'gemma2',
  gemma3: 'gemma3',
  gemma3_text: 'gemma3',
  gemma4: 'gemma4',
  gemma4_text: 'gemma4',
  starcoder2: 'starcoder2',
  cohere: 'command-r',
  cohere2: 'cohere2',
  dbrx: 'dbrx',
  olmo: 'olmo',
  olmo2: 'olmo2',
  olmo3: 'olmo2',
  deepseek_v2: 'deepseek2',
  deepseek_v3: 'deepseek2',
  kimi_k2: 'deepseek2',
  kimi_k25: 'deepseek2',
  glm4_moe_lite: 'deepseek2',
  chatglm: 'chatglm',
  glm: 'chatglm',
  glm4: 'glm4',
  glm4_moe: 'glm4moe',
  glm_moe_dsa: 'glm-dsa',
  internlm2: 'internlm2',
  minicpm3: 'minicpm3',
  minimax_m2: 'minimax-m2',
  granite: 'granite',
  granitemoe: 'granitemoe',
  granitemoehybrid: 'granitehybrid',
  nemotron: 'nemotron',
  nemotron_h: 'nemotron_h',
  exaone4: 'exaone4',
  smollm3: 'smollm3',
  mamba: 'mamba',
  falcon_mamba: 'mamba',
  mamba2: 'mamba2',
  jamba: 'jamba',
  falcon_h1: 'falcon-h1',
  lfm2: 'lfm2',
  lfm2_moe: 'lfm2moe',
  gpt_oss: 'gpt-oss',
  seed_oss: 'seed_oss',
  bert: 'bert',
  distilbert: 'bert',
  roberta: 'bert',
  'xlm-roberta': 'bert',
  t5: 't5',
};

export const architectureOf = (modelType: string): string | undefined =>
  Object.hasOwn(architectures, modelType) ? architectures[modelType] : undefined;

/** Encoders of which the converter writes the body alone: no pooler, no language head. */
export const isBareEncoder = (architecture: string | undefined): boolean => architecture === 'bert';

/** Latent attention of which the converter makes two projections of keys and values, and multi-query attention (DeepseekV2Model). */
export const splitsLatent = (architecture: string | undefined): boolean => architecture !== 'minicpm3';

/** Whose files state key/value heads layer by layer, none where a layer does not attend: llama.cpp reads those of layer 0. */
export const hasHeadsByLayer = (architecture: string | undefined): boolean =>
  architecture !== undefined && ['jamba', 'lfm2', 'lfm2moe', 'granitehybrid', 'nemotron_h'].includes(architecture);

/** Whose converter computes rotary frequencies where the config scales them as Llama 3.1 does (subclasses of LlamaModel). */
export const hasRopeFrequencies = (architecture: string | undefined): boolean =>
  architecture !== undefined && ['llama', 'llama4', 'granite', 'granitemoe', 'smollm3', 'exaone4'].includes(architecture);

/** Whose norm before the feed-forward block is not `post_attention_layernorm`, which follows attention there. */
export const normsAfterAttention = (architecture: string | undefined): boolean =>
  architecture !== undefined &&
  ['gemma2', 'gemma3', 'gemma4', 'olmo2', 'exaone4', 'glm4moe', 'gpt-oss', 'qwen3next', 'qwen35', 'qwen35moe', 'seed_oss'].includes(
    architecture,
  );

/**
 * Whether the converter writes the layers that predict further tokens, numbered after the others: GLM-4.5 and GLM-5 from the day that
 * it knew them, Qwen3.5 since pull request 22673, Qwen3-Next since 25589, Nemotron-H since 26725; DeepSeek's it leaves out (`skip_mtp`).
 */
export function writesFurtherLayers(architecture: string | undefined, day: Since): boolean {
  if (architecture === 'glm4moe' || architecture === 'glm-dsa') return true;
  if (architecture === 'qwen35' || architecture === 'qwen35moe') return day('qwen35FurtherLayers');
  if (architecture === 'nemotron_h') return day('nemotronFurtherLayers');
  return architecture === 'qwen3next' && day('qwen3NextFurtherLayers');
}

/**
 * What llama.cpp takes for its "70B": 80 layers, with grouped queries where the architecture is Llama's
 * (src/models: load_hparams of llama, deci, qwen2, qwen2vl, olmo).
 */
export const isSeventyBillion = (architecture: string | undefined, layers: number, grouped: boolean): boolean =>
  layers === 80 && (architecture === 'llama' ? grouped : architecture !== undefined && ['qwen2', 'qwen2vl', 'olmo'].includes(architecture));
