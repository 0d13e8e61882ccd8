/** Serving engines, and the library itself, as their makers write them. */
export const engineTitles = {
  vllm: 'vLLM',
  sglang: 'SGLang',
  'llama.cpp': 'llama.cpp',
  ollama: 'Ollama',
  'lm-studio': 'LM Studio',
  'tensorrt-llm': 'TensorRT-LLM',
  mlx: 'MLX',
  transformers: 'Transformers',
  exllama: 'ExLlama',
  tgi: 'TGI',
} as const;
export type EngineId = keyof typeof engineTitles;

export const engineIds = Object.keys(engineTitles) as readonly EngineId[];
