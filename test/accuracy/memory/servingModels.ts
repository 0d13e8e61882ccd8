/** Configs of models that rows of start-up logs name, where the shared configs have none: published shapes, key by key. */
import { existsSync, readFileSync } from 'node:fs';
import { analyze, parseConfig, parseSidecars, type Analysis, type JsonObject } from '../../../src/engine/index';
import { superNvfp4 } from '../publishedBlocks';
import { llama4Tower } from '../publishedShapes';

const configs = '../shared/truth/configs';

type Shape = Readonly<Record<string, unknown>>;

const llama = (hidden: number, inner: number, layers: number, heads: number, keyHeads: number, more: Shape = {}): Shape => ({
  architectures: ['LlamaForCausalLM'], model_type: 'llama', hidden_size: hidden, intermediate_size: inner, num_hidden_layers: layers, num_attention_heads: heads, num_key_value_heads: keyHeads, vocab_size: 128256, max_position_embeddings: 131072, torch_dtype: 'bfloat16', tie_word_embeddings: false, ...more,
}); // prettier-ignore
const qwen2 = (hidden: number, inner: number, layers: number, heads: number, keyHeads: number, more: Shape = {}): Shape => ({
  architectures: ['Qwen2ForCausalLM'], model_type: 'qwen2', hidden_size: hidden, intermediate_size: inner, num_hidden_layers: layers, num_attention_heads: heads, num_key_value_heads: keyHeads, vocab_size: 151936, max_position_embeddings: 32768, torch_dtype: 'bfloat16', tie_word_embeddings: false, ...more,
}); // prettier-ignore
const qwen3 = (hidden: number, inner: number, layers: number, heads: number, keyHeads: number, more: Shape = {}): Shape => ({
  architectures: ['Qwen3ForCausalLM'], model_type: 'qwen3', hidden_size: hidden, intermediate_size: inner, num_hidden_layers: layers, num_attention_heads: heads, num_key_value_heads: keyHeads, head_dim: 128, vocab_size: 151936, max_position_embeddings: 40960, torch_dtype: 'bfloat16', tie_word_embeddings: false, ...more,
}); // prettier-ignore
const mistral = (more: Shape = {}): Shape => ({
  architectures: ['MistralForCausalLM'], model_type: 'mistral', hidden_size: 4096, intermediate_size: 14336, num_hidden_layers: 32, num_attention_heads: 32, num_key_value_heads: 8, vocab_size: 32768, max_position_embeddings: 32768, sliding_window: null, torch_dtype: 'bfloat16', ...more,
}); // prettier-ignore

const linears = { targets: ['Linear'] };
/** Blocks of published checkpoints: llm-compressor's, AutoGPTQ's and AutoAWQ's usual ones. */
const fp8Dynamic = {
  quantization_config: {
    quant_method: 'compressed-tensors',
    format: 'float-quantized',
    ignore: ['lm_head'],
    config_groups: {
      group_0: {
        ...linears,
        weights: { num_bits: 8, type: 'float', strategy: 'channel', symmetric: true, dynamic: false },
        input_activations: { num_bits: 8, type: 'float', strategy: 'token', symmetric: true, dynamic: true },
      },
    },
  },
};
const int8 = {
  quantization_config: {
    quant_method: 'compressed-tensors',
    format: 'int-quantized',
    ignore: ['lm_head'],
    config_groups: {
      group_0: {
        ...linears,
        weights: { num_bits: 8, type: 'int', strategy: 'channel', symmetric: true, dynamic: false },
        input_activations: { num_bits: 8, type: 'int', strategy: 'token', symmetric: true, dynamic: true },
      },
    },
  },
};
const towerInt8 = {
  quantization_config: { ...int8.quantization_config, ignore: ['re:.*lm_head', 're:.*vision_tower.*', 're:.*multi_modal_projector.*'] },
};
const gptq = (bits: number): Shape => ({
  quantization_config: { quant_method: 'gptq', bits, group_size: 128, desc_act: false, sym: true },
});
const awq = { quantization_config: { quant_method: 'awq', bits: 4, group_size: 128, version: 'gemm', zero_point: true } };
const nvfp4Group = {
  ...linears,
  weights: { num_bits: 4, type: 'float', strategy: 'tensor_group', group_size: 16, symmetric: true, dynamic: false },
  input_activations: { num_bits: 4, type: 'float', strategy: 'tensor_group', group_size: 16, symmetric: true, dynamic: 'local' },
};
const nvfp4 = {
  quantization_config: {
    quant_method: 'compressed-tensors',
    format: 'nvfp4-pack-quantized',
    ignore: ['lm_head'],
    config_groups: { group_0: nvfp4Group },
  },
};
const fp8BlockCt = {
  quantization_config: {
    quant_method: 'compressed-tensors',
    format: 'float-quantized',
    ignore: ['lm_head'],
    config_groups: {
      group_0: {
        ...linears,
        weights: { num_bits: 8, type: 'float', strategy: 'block', block_structure: [128, 128], symmetric: true, dynamic: false },
        input_activations: { num_bits: 8, type: 'float', strategy: 'group', group_size: 128, symmetric: true, dynamic: true },
      },
    },
  },
};
const fp8Block = { quantization_config: { quant_method: 'fp8', fmt: 'e4m3', activation_scheme: 'dynamic', weight_block_size: [128, 128] } };

const llama31 = llama(4096, 14336, 32, 32, 8);
const llama30 = llama(4096, 14336, 32, 32, 8, { max_position_embeddings: 8192 });
const llama70 = llama(8192, 28672, 80, 64, 8);
const llama405 = llama(16384, 53248, 126, 128, 8);
const llama3b = llama(3072, 8192, 28, 24, 8, { head_dim: 128, tie_word_embeddings: true });
const llama1b = llama(2048, 8192, 16, 32, 8, { head_dim: 64, tie_word_embeddings: true });
const qwen3b = qwen2(2048, 11008, 36, 16, 2, { tie_word_embeddings: true });
const qwen7 = qwen2(3584, 18944, 28, 28, 4, { vocab_size: 152064 });
const qwen14 = qwen2(5120, 13824, 48, 40, 8, { vocab_size: 152064 });
const qwen32 = qwen2(5120, 27648, 64, 40, 8, { vocab_size: 152064 });
const qwen72 = qwen2(8192, 29568, 80, 64, 8, { vocab_size: 152064 });
const qwen34 = qwen3(2560, 9728, 36, 32, 8, { tie_word_embeddings: true });
const long4 = { ...qwen34, max_position_embeddings: 262144 };
const qwen38 = qwen3(4096, 12288, 36, 32, 8);
const mistral24: Shape = {
  architectures: ['Mistral3ForConditionalGeneration'], model_type: 'mistral3', torch_dtype: 'bfloat16', multimodal_projector_bias: false, spatial_merge_size: 2, vision_feature_layer: -1,
  text_config: { model_type: 'mistral', hidden_size: 5120, intermediate_size: 32768, num_hidden_layers: 40, num_attention_heads: 32, num_key_value_heads: 8, head_dim: 128, vocab_size: 131072, max_position_embeddings: 131072, sliding_window: null },
  vision_config: { model_type: 'pixtral', hidden_size: 1024, intermediate_size: 4096, num_hidden_layers: 24, num_attention_heads: 16, head_dim: 64, image_size: 1540, patch_size: 14, num_channels: 3 },
}; // prettier-ignore
const granite = (hidden: number, inner: number, heads: number, vocabulary: number): Shape => ({
  architectures: ['GraniteForCausalLM'], model_type: 'granite', hidden_size: hidden, intermediate_size: inner, num_hidden_layers: 40, num_attention_heads: heads, num_key_value_heads: 8, vocab_size: vocabulary, max_position_embeddings: 131072, tie_word_embeddings: true, torch_dtype: 'bfloat16',
}); // prettier-ignore

/** By the model's public name; shapes as in the config.json of that repository. */
const shapes: Readonly<Record<string, Shape>> = {
  'meta-llama/Meta-Llama-3-8B': llama30,
  'meta-llama/Meta-Llama-3-8B-Instruct': llama30,
  'neuralmagic/Meta-Llama-3-8B-Instruct-FP8': { ...llama30, quantization_config: { quant_method: 'fp8', activation_scheme: 'static', ignored_layers: ['lm_head'] } },
  'meta-llama/Meta-Llama-3.1-8B-Instruct': llama31,
  'meta-llama/Llama-3.1-8B': llama31,
  'meta-llama/Llama-3.2-3B-Instruct': llama3b,
  'unsloth/Llama-3.2-3B-Instruct': llama3b,
  'unsloth/Llama-3.2-1B-Instruct': llama1b,
  'RedHatAI/Meta-Llama-3.1-8B-Instruct-quantized.w4a16': { ...llama31, ...gptq(4) },
  'RedHatAI/Llama-3.3-70B-Instruct-fp8-dynamic': { ...llama70, ...fp8Dynamic },
  'redhatai/Llama-3.3-70B-Instruct-quantized.w8a8': { ...llama70, ...int8 },
  // Its files repeat the key/value heads: the pool that the log prints is that of 16.
  'hugging-quants/Meta-Llama-3.1-405B-Instruct-AWQ-INT4': { ...llama405, num_key_value_heads: 16, ...awq },
  'Qwen/Qwen2.5-0.5B-Instruct-AWQ': { ...qwen2(896, 4864, 24, 14, 2, { tie_word_embeddings: true }), ...awq },
  'Qwen/Qwen2.5-1.5B-Instruct': qwen2(1536, 8960, 28, 12, 2, { tie_word_embeddings: true }),
  'Qwen/Qwen2.5-3B-Instruct': qwen3b,
  'qwen25-3b-distill-merged (Qwen2.5-3B finetune)': qwen3b,
  'Qwen/Qwen2.5-7B': { ...qwen7, max_position_embeddings: 131072 },
  'RedHatAI/Qwen2.5-7B-Instruct-fp8-dynamic': { ...qwen7, ...fp8Dynamic },
  'RedHatAI/Qwen2.5-7B-Instruct-quantized.w8a8': { ...qwen7, ...int8 },
  'Qwen/Qwen2.5-14B-Instruct': qwen14,
  'Qwen/Qwen2.5-14B-Instruct-AWQ': { ...qwen14, ...awq },
  'Qwen/Qwen2.5-32B-Instruct': qwen32,
  'Qwen/Qwen2.5-Coder-32B-Instruct-AWQ': { ...qwen32, ...awq },
  'DeepSeek-R1-Distill-Qwen-32B-FP8': { ...qwen32, max_position_embeddings: 131072, ...fp8Dynamic },
  'Qwen/Qwen2.5-72B-Instruct': qwen72,
  'moonshotai/Kimi-Dev-72B': { ...qwen72, max_position_embeddings: 131072 },
  'Qwen/Qwen2.5-72B-Instruct-GPTQ-Int8': { ...qwen72, ...gptq(8) },
  'Qwen/Qwen3-4B': qwen34,
  'unsloth/Qwen3-4B-Base': { ...qwen34, max_position_embeddings: 32768 },
  'Qwen/Qwen3-4B-Thinking-2507': long4,
  'Qwen/Qwen3-4B-Instruct-2507-FP8': { ...long4, ...fp8Block },
  'Qwen/Qwen3-8B-FP8': { ...qwen38, ...fp8Block },
  'unsloth/Qwen3-8B-FP8': { ...qwen38, ...fp8Block },
  'Qwen/Qwen3-Embedding-8B': { ...qwen38, vocab_size: 151665 },
  'openthaigpt-1.6-72b-instruct-NVFP4': { ...qwen72, ...nvfp4 },
  'nvidia/Qwen3-8B-NVFP4': { ...qwen38, quantization_config: { quant_method: 'modelopt', quant_algo: 'NVFP4', kv_cache_scheme: { num_bits: 8, type: 'float', dynamic: false }, ignore: ['lm_head'], config_groups: { group_0: nvfp4Group } } },
  'unsloth/Llama-3.2-1B-Instruct-FP8-Block': { ...llama1b, ...fp8BlockCt },
  'typhoon-ai/typhoon-s-thaillm-8b-instruct-research-preview': qwen38,
  'Qwen/Qwen3-0.6B-FP8': { ...qwen3(1024, 3072, 28, 16, 8, { tie_word_embeddings: true }), ...fp8Block },
  'google/gemma-2-9b-it': { architectures: ['Gemma2ForCausalLM'], model_type: 'gemma2', hidden_size: 3584, intermediate_size: 14336, num_hidden_layers: 42, num_attention_heads: 16, num_key_value_heads: 8, head_dim: 256, sliding_window: 4096, vocab_size: 256000, max_position_embeddings: 8192, torch_dtype: 'bfloat16' },
  'ibm-granite/granite-3.1-2b-instruct': granite(2048, 8192, 32, 49155),
  'ibm-granite/granite-3.3-8b-instruct': granite(4096, 12800, 32, 49159),
  'microsoft/phi-2': { architectures: ['PhiForCausalLM'], model_type: 'phi', hidden_size: 2560, intermediate_size: 10240, num_hidden_layers: 32, num_attention_heads: 32, partial_rotary_factor: 0.4, vocab_size: 51200, max_position_embeddings: 2048, torch_dtype: 'float16' },
  'mistralai/Mistral-Small-3.1-24B-Instruct-2503': mistral24,
  'RedHatAI/Mistral-Small-3.1-24B-Instruct-2503-quantized.w8a8': { ...mistral24, ...towerInt8 },
  'mistralai/Mistral-7B-Instruct-v0.1': mistral({ vocab_size: 32000, sliding_window: 4096 }),
  'facebook/opt-125m': { architectures: ['OPTForCausalLM'], model_type: 'opt', hidden_size: 768, ffn_dim: 3072, num_hidden_layers: 12, num_attention_heads: 12, vocab_size: 50272, max_position_embeddings: 2048, word_embed_proj_dim: 768, torch_dtype: 'float16' },
}; // prettier-ignore

/** Rows whose model another shared config describes. */
const sameAs: Readonly<Record<string, string>> = {
  'deepseek-ai/DeepSeek-V2-Lite-Chat': 'deepseek-ai__DeepSeek-V2-Lite',
  'google/gemma-3-27b-it': 'google__medgemma-27b-it',
  'google/gemma-3-27b': 'google__medgemma-27b-it',
  'google/gemma-4-26B-A4B-it': 'google__gemma-4-26B-A4B',
  'google/gemma-4-26B-A4B-it-qat-q4_0-unquantized': 'google__gemma-4-26B-A4B',
  'Qwen/Qwen3-Coder-30B-A3B-Instruct': 'Qwen__Qwen3-30B-A3B-Instruct-2507',
  'typhoon-ai/typhoon2.5-qwen3-30b-a3b': 'Qwen__Qwen3-30B-A3B-Instruct-2507',
  'Qwen/Qwen3.6-35B-A3B': 'Qwen__Qwen3.5-35B-A3B',
  'aisingapore/Qwen-SEA-LION-v4.5-27B-IT': 'Qwen__Qwen3.5-27B',
  'Qwen/Qwen3-VL-Embedding-2B': 'Qwen__Qwen3-VL-2B-Instruct',
  'deepseek-ai/DeepSeek-V3-0324': 'deepseek-ai__DeepSeek-V3',
};

/** What copies of configs leave out. */
const leftOut: Readonly<Record<string, Shape>> = {
  'meta-llama/Llama-4-Scout-17B-16E-Instruct': llama4Tower,
  'nvidia/NVIDIA-Nemotron-3-Super-120B-A12B-NVFP4': superNvfp4,
};

/** The model of a row, or `undefined` where no source that was read has its config. */
export function modelOf(model: string): Analysis | undefined {
  const shape = Object.hasOwn(shapes, model) ? shapes[model] : undefined;
  const name = sameAs[model] ?? model.replace('/', '__');
  const read = (file: string): string | undefined =>
    existsSync(`${configs}/${file}`) ? readFileSync(`${configs}/${file}`, 'utf8') : undefined;
  const file = shape ? undefined : read(`${name}.json`);
  const root = shape ? (shape as JsonObject) : file === undefined ? undefined : parseConfig(file).root;
  if (root === undefined) return undefined;
  const beside = shape ? undefined : read(`${name}.hf_quant_config.json`);
  const whole = { ...root, ...leftOut[model] } as JsonObject;
  const result = analyze(whole, beside === undefined ? {} : parseSidecars({ 'hf_quant_config.json': beside }).sidecars);
  return result.kind === 'model' ? result : undefined;
}
