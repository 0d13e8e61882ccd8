/**
 * Shapes of models whose fine-tuning was measured, as the programs that were measured hold them: LitGPT keeps a head of its own where
 * files tie it (litgpt/config.py, model.py); Qwen by the config.json of its repositories.
 */
import type { JsonObject } from '../../../src/engine/index';

const llamaOf = (sizes: JsonObject, more: JsonObject = {}): JsonObject => ({
  model_type: 'llama',
  architectures: ['LlamaForCausalLM'],
  tie_word_embeddings: false,
  torch_dtype: 'bfloat16',
  ...sizes,
  ...more,
});

const sizes = (hidden: number, inner: number, layers: number, heads: number, keyHeads: number, vocabulary: number): JsonObject => ({
  hidden_size: hidden,
  intermediate_size: inner,
  num_hidden_layers: layers,
  num_attention_heads: heads,
  num_key_value_heads: keyHeads,
  vocab_size: vocabulary,
});

const gemma = (shape: JsonObject): JsonObject =>
  llamaOf(shape, { model_type: 'gemma', architectures: ['GemmaForCausalLM'], head_dim: 256 });
const gemma2 = (shape: JsonObject): JsonObject =>
  llamaOf(shape, { model_type: 'gemma2', architectures: ['Gemma2ForCausalLM'], head_dim: 256, sliding_window: 4096 });

const qwen = (hidden: number, layers: number, heads: number, inner: number, vocabulary: number): JsonObject => ({
  model_type: 'qwen',
  architectures: ['QWenLMHeadModel'],
  auto_map: { AutoModelForCausalLM: 'modeling_qwen.QWenLMHeadModel' },
  torch_dtype: 'bfloat16',
  hidden_size: hidden,
  num_hidden_layers: layers,
  num_attention_heads: heads,
  intermediate_size: inner,
  vocab_size: vocabulary,
  kv_channels: 128,
  no_bias: true,
  seq_length: 8192,
});

/** By the name of the folder in LitGPT's config_hub/finetune. */
export const litgptModels: Readonly<Record<string, JsonObject>> = {
  'falcon-7b': {
    model_type: 'falcon',
    architectures: ['FalconForCausalLM'],
    tie_word_embeddings: false,
    torch_dtype: 'bfloat16',
    hidden_size: 4544,
    num_hidden_layers: 32,
    num_attention_heads: 71,
    vocab_size: 65024,
    multi_query: true,
    parallel_attn: true,
    bias: false,
    alibi: false,
    new_decoder_architecture: false,
  },
  'gemma-2b': gemma(sizes(2048, 16384, 18, 8, 1, 256000)),
  'gemma-7b': gemma(sizes(3072, 24576, 28, 16, 16, 256000)),
  'gemma2-2b': gemma2(sizes(2304, 9216, 26, 8, 4, 256000)),
  gemma2b: gemma2(sizes(2304, 9216, 26, 8, 4, 256000)),
  'gemma2-9b': gemma2(sizes(3584, 14336, 42, 16, 8, 256000)),
  'llama-2-7b': llamaOf(sizes(4096, 11008, 32, 32, 32, 32000)),
  'llama-3-8b': llamaOf(sizes(4096, 14336, 32, 32, 8, 128256)),
  'llama-3.1-8b': llamaOf(sizes(4096, 14336, 32, 32, 8, 128256)),
  'llama-3.2-1b': llamaOf(sizes(2048, 8192, 16, 32, 8, 128256)),
  'llama-3.2-3b': llamaOf(sizes(3072, 8192, 28, 24, 8, 128256)),
  'mistral-7b': llamaOf(sizes(4096, 14336, 32, 32, 8, 32000)),
  'mistral-7b-v0.2': llamaOf(sizes(4096, 14336, 32, 32, 8, 32000)),
  'tiny-llama': llamaOf(sizes(2048, 5632, 22, 32, 4, 32000)),
  'phi-2': {
    model_type: 'phi',
    architectures: ['PhiForCausalLM'],
    tie_word_embeddings: false,
    torch_dtype: 'bfloat16',
    hidden_act: 'gelu_pytorch_tanh',
    partial_rotary_factor: 0.4,
    ...sizes(2560, 10240, 32, 32, 32, 51200),
  },
  'phi-3': llamaOf(sizes(3072, 8192, 32, 32, 32, 32064)),
  'stablelm-base-alpha-3b': {
    model_type: 'gpt_neox',
    architectures: ['GPTNeoXForCausalLM'],
    tie_word_embeddings: false,
    torch_dtype: 'bfloat16',
    hidden_size: 4096,
    intermediate_size: 16384,
    num_hidden_layers: 16,
    num_attention_heads: 32,
    vocab_size: 50688,
    rotary_pct: 0.25,
    use_parallel_residual: true,
  },
};

/** By the name that the row has. */
export const otherModels: Readonly<Record<string, JsonObject>> = {
  'Qwen/Qwen-1.8B': qwen(2048, 24, 16, 11008, 151936),
  'Qwen/Qwen-7B': qwen(4096, 32, 32, 22016, 151936),
  'Qwen/Qwen-14B': qwen(5120, 40, 40, 27392, 152064),
  'Qwen/Qwen-72B': qwen(8192, 80, 64, 49152, 152064),
  'meta-llama/Llama-3.1-8B': llamaOf(sizes(4096, 14336, 32, 32, 8, 128256)),
  'meta-llama/Llama-3.1-70B': llamaOf(sizes(8192, 28672, 80, 64, 8, 128256)),
  'meta-llama/Llama-2-7b': llamaOf(sizes(4096, 11008, 32, 32, 32, 32000)),
};
