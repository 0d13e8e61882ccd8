import { analyze, presets, weightsAt, type Analysis, type PrecisionWeights, type Preset } from '../engine/index';

/** What a preset makes of a model of reference. */
export interface Coverage {
  readonly preset: Preset;
  /** Of meta-llama/Llama-3.1-8B: scales and what stays at 16 bits included. */
  readonly weights: PrecisionWeights;
}

/** Shapes of meta-llama/Llama-3.1-8B (config.json of the repository). */
const reference = {
  model_type: 'llama',
  architectures: ['LlamaForCausalLM'],
  dtype: 'bfloat16',
  vocab_size: 128256,
  hidden_size: 4096,
  intermediate_size: 14336,
  num_hidden_layers: 32,
  num_attention_heads: 32,
  num_key_value_heads: 8,
  max_position_embeddings: 131072,
  tie_word_embeddings: false,
  rope_scaling: { factor: 8, high_freq_factor: 4, low_freq_factor: 1, original_max_position_embeddings: 8192, rope_type: 'llama3' },
};

/** Every preset with its figures for one model, in the order of the registry. */
export function coverage(): readonly Coverage[] {
  const analysis = analyze(reference) as Analysis;
  return presets.map((preset) => {
    return { preset, weights: weightsAt(analysis, preset.name) };
  });
}
