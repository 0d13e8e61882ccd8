/**
 * Configs of the models that llama.cpp's logs name. Those that the shared folder holds are read from there; the rest are the
 * published shapes, which the logs confirm where they print them (n_embd, n_layer, n_head, n_head_kv, n_vocab, parameters).
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JsonObject } from '../../../src/engine/index';

const configs = join(import.meta.dirname, '..', '..', '..', '..', 'shared', 'truth', 'configs');

const llama = (shape: JsonObject): JsonObject => ({
  model_type: 'llama',
  architectures: ['LlamaForCausalLM'],
  torch_dtype: 'bfloat16',
  tie_word_embeddings: false,
  ...shape,
});

const llama3Rope: JsonObject = {
  rope_scaling: { rope_type: 'llama3', factor: 8, high_freq_factor: 4, low_freq_factor: 1, original_max_position_embeddings: 8192 },
};

const shape = (
  hidden: number,
  inner: number,
  layers: number,
  heads: number,
  kvHeads: number,
  vocabulary: number,
  context: number,
): JsonObject => ({
  hidden_size: hidden,
  intermediate_size: inner,
  num_hidden_layers: layers,
  num_attention_heads: heads,
  num_key_value_heads: kvHeads,
  vocab_size: vocabulary,
  max_position_embeddings: context,
});

const qwen2 = (dimensions: JsonObject): JsonObject => ({
  model_type: 'qwen2',
  architectures: ['Qwen2ForCausalLM'],
  torch_dtype: 'bfloat16',
  tie_word_embeddings: false,
  ...dimensions,
});

const phi3 = (context: number, more: JsonObject): JsonObject => ({
  model_type: 'phi3',
  architectures: ['Phi3ForCausalLM'],
  torch_dtype: 'bfloat16',
  tie_word_embeddings: false,
  ...shape(3072, 8192, 32, 32, 32, 32064, context),
  ...more,
});

const factors = Array.from({ length: 48 }, () => 1);
const mistral7b = { ...llama(shape(4096, 14336, 32, 32, 8, 32000, 32768)), model_type: 'mistral', architectures: ['MistralForCausalLM'] };

/** A shared file, or a shape, by a part of the name in the log. The first that is found counts. */
const models: readonly (readonly [name: RegExp, config: string | JsonObject])[] = [
  [/Llama 3\.1 8B/i, 'meta-llama__Llama-3.1-8B-Instruct.json'],
  [/Meta-Llama-3-8B/i, llama(shape(4096, 14336, 32, 32, 8, 128256, 8192))],
  [
    /Llama[- ]3\.2[- ]3B/i,
    llama({ ...shape(3072, 8192, 28, 24, 8, 128256, 131072), head_dim: 128, tie_word_embeddings: true, ...llama3Rope }),
  ],
  [
    /Llama[- ]3\.2[- ]1B/i,
    llama({ ...shape(2048, 8192, 16, 32, 8, 128256, 131072), head_dim: 64, tie_word_embeddings: true, ...llama3Rope }),
  ],
  [/DeepSeek[- ]R1/i, 'deepseek-ai__DeepSeek-R1.json'],
  [/Deepseek-V3-0324/i, 'deepseek-ai__DeepSeek-V3.json'],
  [/Qwen3[- ](Coder-)?30B[- ]A3B/i, 'Qwen__Qwen3-30B-A3B.json'],
  [/Gpt[- ]Oss[- ]20b/i, 'openai__gpt-oss-20b.json'],
  [
    /GLM Z1 32B/i,
    {
      model_type: 'glm4',
      architectures: ['Glm4ForCausalLM'],
      torch_dtype: 'bfloat16',
      tie_word_embeddings: false,
      head_dim: 128,
      attention_bias: false,
      ...shape(6144, 23040, 61, 48, 2, 151552, 32768),
    },
  ],
  [/Mistral[- ]Nemo|Mistralai Mistral Nemo/i, 'mistralai__Mistral-Nemo-Instruct-2407.json'],
  [/Qwen2\.5[- ]3B/i, 'Qwen__Qwen2.5-3B.json'],
  [/Qwen2\.5 Coder 32B/i, qwen2(shape(5120, 27648, 64, 40, 8, 152064, 32768))],
  [/Qwen2\.5 14B/i, qwen2(shape(5120, 13824, 48, 40, 8, 152064, 32768))],
  [/Qwen2\.5 7B|Qwen2\.5-Omni-7B/i, 'Qwen__Qwen2.5-7B-Instruct.json'],
  [/Phi 3 Mini 128k/i, phi3(131072, { rope_scaling: { type: 'longrope', long_factor: factors, short_factor: factors } })],
  [/Phi-3-mini-4k/i, phi3(4096, { sliding_window: 2047 })],
  [/Qwen3\.[56]-35B-A3B/i, 'Qwen__Qwen3.5-35B-A3B.json'],
  [/^mistralai$|mistral-7b|gritlm-7b/i, mistral7b],
  [
    /Mixtral 8x7B/i,
    { ...mistral7b, model_type: 'mixtral', architectures: ['MixtralForCausalLM'], num_local_experts: 8, num_experts_per_tok: 2 },
  ],
  [/sha256-33d99dbfe400/i, llama(shape(4096, 11008, 32, 32, 32, 32256, 16384))],
  [/LLaMA v2/i, llama(shape(4096, 11008, 32, 32, 32, 32000, 4096))],
  [/stories260K/i, llama({ ...shape(64, 172, 5, 8, 4, 512, 2048), torch_dtype: 'float32' })],
  [/Qwen3 8B/i, 'Qwen__Qwen3-8B.json'],
  [/Yi Coder 9B/i, llama(shape(4096, 11008, 48, 32, 4, 64000, 131072))],
  [/CodeQwen1\.5-7B/i, qwen2(shape(4096, 13440, 32, 32, 4, 92416, 65536))],
  [/Codestral 22B/i, llama({ ...shape(6144, 16384, 56, 48, 8, 32768, 32768), head_dim: 128 })],
  [
    /codegemma-1\.1-7b/i,
    {
      model_type: 'gemma',
      architectures: ['GemmaForCausalLM'],
      torch_dtype: 'bfloat16',
      head_dim: 256,
      ...shape(3072, 24576, 28, 16, 16, 256000, 8192),
    },
  ],
  [/^Phind/i, llama(shape(8192, 22016, 48, 64, 8, 32000, 16384))],
];

/** The config of a row's model, or `undefined` for one that is not known here. */
export function configOf(model: string, experts: number, vocabulary: number): string | undefined {
  const found = models.find(([name]) => name.test(model))?.[1];
  if (found === undefined) return undefined;
  if (typeof found === 'string') {
    const path = join(configs, found);
    return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
  }
  // One name stands for both of Mistral's first models; tokens that a publisher added are in the log alone.
  const config = model === 'mistralai' && experts === 8 ? models.find(([name]) => name.test('Mixtral 8x7B'))?.[1] : found;
  return JSON.stringify({ ...(config as JsonObject), vocab_size: vocabulary });
}
