/**
 * Published checkpoints that hold something else than the model's parameters and buffers, each with what it is. The test
 * computes the difference from the reason; a file whose figures agree without one may not stand here.
 */
import type { JsonObject } from '../../src/engine/index';

export interface Difference {
  readonly reason: string;
  /** Bytes that the files hold beyond the model. */
  readonly extraBytes?: (config: JsonObject) => number;
  /** Keys that the config lacks: the checkpoint is of another class than the file leads to. */
  readonly keys?: JsonObject;
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
  'MBZUAI__AIN.json': { reason: 'stored at 32 bits', otherDtype: true },
};
