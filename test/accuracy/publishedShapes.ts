/** Shapes of models for which the tables name no config: what their repositories' config.json says, as far as it decides sizes. */

/**
 * The tower of Llama 4 Scout and Maverick, which copies of their configs leave out: `vision_config` as in
 * RedHatAI/Llama-4-Scout-17B-16E-Instruct-FP8-dynamic, as far as it decides sizes.
 */
export const llama4Tower = {
  vision_config: {
    ...{ model_type: 'llama4_vision_model', hidden_size: 1408, intermediate_size: 5632, num_hidden_layers: 34, num_attention_heads: 16 },
    ...{ image_size: 336, patch_size: 14, projector_input_dim: 4096, projector_output_dim: 4096, vision_output_dim: 4096 },
  },
};

const llama2 = { model_type: 'llama', architectures: ['LlamaForCausalLM'], torch_dtype: 'float16', vocab_size: 32000 };
const llama3 = { ...llama2, torch_dtype: 'bfloat16', vocab_size: 128256, num_key_value_heads: 8 };
const layersOf70B = { hidden_size: 8192, intermediate_size: 28672, num_hidden_layers: 80, num_attention_heads: 64, num_key_value_heads: 8 };
const layersOf7B = { hidden_size: 4096, intermediate_size: 14336, num_hidden_layers: 32, num_attention_heads: 32, num_key_value_heads: 8 };
const commandR = { model_type: 'cohere', architectures: ['CohereForCausalLM'], torch_dtype: 'float16', vocab_size: 256000 };
const phi3 = { model_type: 'phi3', architectures: ['Phi3ForCausalLM'], torch_dtype: 'bfloat16', vocab_size: 32064 };
const mixtral = { ...llama2, model_type: 'mixtral', architectures: ['MixtralForCausalLM'] };

/** By a part of the id; the first that fits. */
const shapes: readonly (readonly [part: string, config: object])[] = [
  ['Meta-Llama-3-8B', { ...llama3, ...layersOf7B }],
  ['Meta-Llama-3-70B', { ...llama3, ...layersOf70B }],
  [
    'Llama-3.2-1B',
    {
      ...llama3,
      hidden_size: 2048,
      intermediate_size: 8192,
      num_hidden_layers: 16,
      num_attention_heads: 32,
      head_dim: 64,
      tie_word_embeddings: true,
    },
  ],
  [
    'Llama-3.2-3B',
    {
      ...llama3,
      hidden_size: 3072,
      intermediate_size: 8192,
      num_hidden_layers: 28,
      num_attention_heads: 24,
      head_dim: 128,
      tie_word_embeddings: true,
    },
  ],
  ['Llama-2-7b', { ...llama2, hidden_size: 4096, intermediate_size: 11008, num_hidden_layers: 32, num_attention_heads: 32 }],
  ['13b', { ...llama2, hidden_size: 5120, intermediate_size: 13824, num_hidden_layers: 40, num_attention_heads: 40 }],
  ['70b', { ...llama2, ...layersOf70B }],
  ['Mistral-7B', { ...llama2, ...layersOf7B, model_type: 'mistral', architectures: ['MistralForCausalLM'], torch_dtype: 'bfloat16' }],
  ['dolphin', { ...mixtral, vocab_size: 32002 }],
  ['mixtral-8x7b', mixtral],
  [
    'gemma-2b',
    {
      model_type: 'gemma',
      architectures: ['GemmaForCausalLM'],
      torch_dtype: 'bfloat16',
      vocab_size: 256000,
      hidden_size: 2048,
      intermediate_size: 16384,
      num_hidden_layers: 18,
      num_attention_heads: 8,
      num_key_value_heads: 1,
      head_dim: 256,
    },
  ],
  [
    'c4ai-command-r-v01',
    {
      ...commandR,
      hidden_size: 8192,
      intermediate_size: 22528,
      num_hidden_layers: 40,
      num_attention_heads: 64,
      num_key_value_heads: 64,
      use_qk_norm: false,
    },
  ],
  [
    'c4ai-command-r-plus',
    {
      ...commandR,
      hidden_size: 12288,
      intermediate_size: 33792,
      num_hidden_layers: 64,
      num_attention_heads: 96,
      num_key_value_heads: 8,
      use_qk_norm: true,
    },
  ],
  [
    'Phi-3-mini',
    {
      ...phi3,
      hidden_size: 3072,
      intermediate_size: 8192,
      num_hidden_layers: 32,
      num_attention_heads: 32,
      num_key_value_heads: 32,
    },
  ],
  [
    'Phi-3-medium',
    {
      ...phi3,
      hidden_size: 5120,
      intermediate_size: 17920,
      num_hidden_layers: 40,
      num_attention_heads: 40,
      num_key_value_heads: 10,
    },
  ],
  [
    'Falcon-180B',
    {
      model_type: 'falcon',
      architectures: ['FalconForCausalLM'],
      torch_dtype: 'bfloat16',
      vocab_size: 65024,
      hidden_size: 14848,
      num_hidden_layers: 80,
      num_attention_heads: 232,
      num_kv_heads: 8,
      new_decoder_architecture: true,
      bias: false,
      alibi: false,
    },
  ],
];

export const publishedShape = (id: string): object | undefined =>
  shapes.find(([part]) => id.toLowerCase().includes(part.toLowerCase()))?.[1];
