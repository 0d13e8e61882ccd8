/**
 * Published checkpoints that hold something else than the model's parameters and buffers, each with what it is. The test
 * computes the difference from the reason; a file whose figures agree without one may not stand here.
 */
import { toJson, type JsonObject } from '../../src/engine/index';
import type { Writer } from '../../src/engine/quantization/writers';
import { codeShellInt4, superNvfp4 } from './publishedBlocks';
import { llama4Tower } from './publishedShapes';

export interface Difference {
  readonly reason: string;
  /** Bytes that the files hold beyond the model. */
  readonly extraBytes?: (config: JsonObject) => number;
  /** Elements beyond the model, where only elements are published. */
  readonly extraElements?: (config: JsonObject) => number;
  /** The count is of parameters alone, as they are packed: no buffers, no scales. */
  readonly countsParameters?: true;
  /** Keys that the config lacks: the checkpoint is of another class than the file leads to. */
  readonly keys?: JsonObject;
  /** Who wrote the files, which carry no sign of it. */
  readonly writer?: Writer;
  /** The tensors are of another type than the config states (or than is assumed where it states none). */
  readonly otherDtype?: true;
}

const size = (config: JsonObject, key: string): number => {
  const value = config[key];
  if (typeof value !== 'number') throw new Error(`${key} is not a number`);
  return value;
};
const headDim = (config: JsonObject): number => size(config, 'hidden_size') / size(config, 'num_attention_heads');

/** transformers before 4.32 saved one vector of rotary inverse frequencies per layer, half as long as a head is wide. */
const rotaryBuffers = (bytesEach: 2 | 4): Difference => ({
  reason: `rotary frequencies of every layer at ${8 * bytesEach} bits`,
  extraBytes: (config) => size(config, 'num_hidden_layers') * (headDim(config) / 2) * bytesEach,
});

/**
 * GPT-NeoX before 4.31 saved per layer a causal mask of the context squared, whose booleans transformers counts as an
 * eighth of a byte, a scalar at 16 bits, and rotary frequencies for the rotated part of a head.
 */
const neoxBuffers = (bytesEach: 2 | 4): Difference => ({
  reason: `causal mask, its scalar, and rotary frequencies at ${8 * bytesEach} bits, of every layer`,
  extraBytes: (config) => {
    const mask = size(config, 'max_position_embeddings') ** 2 / 8;
    const frequencies = Math.floor(headDim(config) * size(config, 'rotary_pct')) / 2;
    return size(config, 'num_hidden_layers') * (mask + 2 + frequencies * bytesEach);
  },
});

const tiedElements = (config: JsonObject): number => size(config, 'vocab_size') * size(config, 'hidden_size');

/** Tied heads are stored once by transformers, and a second time by some publishers. */
const tiedHead: Difference = {
  reason: 'the tied head a second time',
  extraBytes: (config) => 2 * tiedElements(config),
  extraElements: tiedElements,
};

/**
 * save_pretrained of transformers 4.53 and later states `total_parameters` in the index (huggingface/transformers pull request
 * 38531), which the Hub took for its own count until August 2026 (huggingface/hub-docs issue 2704).
 */
const statedParameters: Difference = { reason: 'parameters that the index states, without buffers and scales', countsParameters: true };

export const differences: Readonly<Record<string, Difference>> = {
  'meta-llama__Llama-2-7b-chat-hf.json': rotaryBuffers(4),
  'chinese-alpaca-lora-7b.json': rotaryBuffers(4),
  'decapoda-research__llama-7b-hf.json': rotaryBuffers(2),
  'cognitivecomputations__Wizard-Vicuna-30B-Uncensored.json': rotaryBuffers(4),
  'cerebras__Llama3-DocChat-1.0-8B.json': { ...rotaryBuffers(4), otherDtype: true },
  'togethercomputer__RedPajama-INCITE-7B-Base.json': neoxBuffers(2),
  'OpenAssistant__oasst-sft-4-pythia-12b.json': neoxBuffers(4),
  'google__t5-v1_1-xxl-encoder.json': {
    reason: 'the encoder alone, which the config does not say',
    keys: { architectures: ['T5EncoderModel'] },
    otherDtype: true,
  },
  'FreedomIntelligence__openPangu-Embedded-7B.json': {
    ...rotaryBuffers(4),
    reason: 'a Llama with biases under a name of its own, and rotary frequencies of every layer at 32 bits',
    keys: { model_type: 'llama', architectures: ['LlamaForCausalLM'], attention_bias: true },
  },
  'tiiuae__falcon-40b.json': tiedHead,
  'Qwen__Qwen3-0.6B.json': tiedHead,
  'Qwen__Qwen3-1.7B.json': tiedHead,
  'state-spaces__mamba-2.8b-hf.json': { reason: 'the owner of the copy renamed the model type', keys: { model_type: 'mamba' } },
  'openai-community__gpt2-large.json': {
    reason: 'the causal mask of every layer, which GPT-2 saved until 2022',
    extraElements: (config) => size(config, 'n_layer') * size(config, 'n_ctx') ** 2,
  },
  'meta-llama__Llama-2-7b-hf.json': {
    reason: 'rotary frequencies of every layer',
    extraElements: (config) => size(config, 'num_hidden_layers') * (headDim(config) / 2),
  },
  'lizpreciatior__lzlv_70b_fp16_hf.json': {
    reason: 'embedding and head twice as large: stored twice, or at 32 bits',
    extraBytes: (config) => 4 * size(config, 'vocab_size') * size(config, 'hidden_size'),
  },
  'mistralai__Mistral-Nemo-Instruct-2407.json': {
    reason: 'the list is wrong: the Hub counts 12,247,782,400, as we do',
    extraElements: () => 12_247_076_864 - 12_247_782_400,
  },
  'TheBloke__Wizard-Vicuna-30B-Uncensored-GPTQ.json': {
    reason: 'written by GPTQ-for-LLaMa, with rotary frequencies',
    writer: 'gptq-for-llama',
    extraBytes: (config) => size(config, 'num_hidden_layers') * (headDim(config) / 2) * 4,
  },
  'TheBloke__wizard-mega-13B-GPTQ.json': {
    reason: 'written by GPTQ-for-LLaMa, and the config does not say that it is quantized',
    writer: 'gptq-for-llama',
    keys: { torch_dtype: 'float16', quantization_config: { quant_method: 'gptq', bits: 4, group_size: 128, desc_act: false } },
    extraBytes: (config) => size(config, 'num_hidden_layers') * (headDim(config) / 2) * 4,
  },
  'WisdomShell__CodeShell-7B-Chat-int4.json': {
    reason: 'stored as bitsandbytes does, which the config does not say; shapes of Starcoder2, which are the same',
    keys: toJson(codeShellInt4) as JsonObject,
  },
  'google__gemma-4-26B-A4B.json': {
    ...statedParameters,
    reason: `${statedParameters.reason}, and the tied head a second time`,
    extraElements: ({ text_config: text }) => tiedElements(text as JsonObject),
  },
  'nvidia__Gemma-4-26B-A4B-NVFP4.json': statedParameters,
  'nvidia__Gemma-4-31B-IT-NVFP4.json': statedParameters,
  'nvidia__MiniMax-M2.5-NVFP4.json': statedParameters,
  'nvidia__MiniMax-M2.7-NVFP4.json': statedParameters,
  'nvidia__NVIDIA-Nemotron-3-Nano-30B-A3B-BF16.json': statedParameters,
  'nvidia__NVIDIA-Nemotron-3-Super-120B-A12B-FP8.json': statedParameters,
  'nvidia__NVIDIA-Nemotron-3-Super-120B-A12B-NVFP4.json': {
    ...statedParameters,
    reason: `${statedParameters.reason}; layers by name, which the copy of hf_quant_config.json leaves out, one matrix of them deduced from this count`,
    keys: toJson(superNvfp4) as JsonObject,
  },
  'meta-llama__Llama-4-Maverick-17B-128E-Instruct.json': {
    reason: 'the tower of Llama 4, whose section the copy of the config leaves out',
    keys: toJson(llama4Tower) as JsonObject,
  },
  'MBZUAI__AIN.json': { reason: 'stored at 32 bits', otherDtype: true },
};
