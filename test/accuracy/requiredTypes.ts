/** Model types whose figures must be exact. */
export const requiredTypes = [
  ...['llama', 'mistral', 'mixtral', 'qwen2', 'qwen2_moe', 'qwen3', 'qwen3_moe', 'qwen3_next', 'gemma', 'gemma2', 'gemma3', 'gemma3_text'],
  ...['phi', 'phi3', 'gpt2', 'gpt_neo', 'gptj', 'gpt_neox', 'opt', 'bloom', 'falcon', 'mpt', 'starcoder2', 'stablelm', 'cohere', 'cohere2'],
  ...[
    'olmo',
    'olmo2',
    'deepseek_v2',
    'deepseek_v3',
    'deepseek_v32',
    'glm_moe_dsa',
    'glm',
    'glm4',
    'glm4_moe',
    'gpt_oss',
    'granite',
    'granitemoe',
    'nemotron',
    'exaone4',
  ],
  ...['minicpm3', 'smollm3', 'dbrx', 'jamba', 'mamba', 'mamba2', 'falcon_h1', 'lfm2', 'bert', 'roberta', 'distilbert', 't5', 'whisper'],
  ...['bart', 'mbart', 'm2m_100', 'marian', 'deberta-v2'],
  ...['llava', 'qwen2_vl', 'qwen2_5_vl', 'qwen3_5', 'qwen3_5_moe', 'qwen3_5_text', 'qwen3_5_moe_text'],
  ...['olmoe', 'seed_oss', 'arcee', 'ernie4_5', 'ernie4_5_moe', 'phimoe', 'hunyuan_v1_dense', 'hunyuan_v1_moe', 'apertus'],
  ...['exaone_moe', 'granitemoehybrid', 'bamba', 'qwen3_vl', 'qwen3_vl_moe', 'ministral', 'ministral3', 'idefics3', 'smolvlm'],
  ...['llama4', 'llama4_text', 'minimax_m2', 'nemotron_h', 'mistral3', 'internvl', 'gemma4', 'gemma4_text'],
  ...['falcon_mamba'],
  ...['chatglm', 'baichuan', 'internlm', 'internlm2', 'qwen', 'BlueLM', 'mimo'],
] as const;

/** Those that the reference library does not build from its own defaults: published figures decide (published.test.ts). */
export const publishedTypes = ['dbrx', 'chatglm', 'baichuan', 'internlm', 'internlm2', 'qwen', 'BlueLM', 'mimo'] as const;

/** Those that it builds only with keys that its defaults lack: golden figures of configs that state them decide. */
export const statedTypes = ['dots1', 'lfm2_moe'] as const;

/** Those that the library's default config and variants of it decide. */
export const oracleTypes = requiredTypes.filter((type) => !(publishedTypes as readonly string[]).includes(type));

/** Those with golden figures. */
export const goldenTypes: readonly string[] = [...oracleTypes, ...statedTypes];
