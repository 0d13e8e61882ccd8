import { analyze, type Analysis } from '../../analysis';
import type { JsonObject, JsonValue } from '../../config/json';
import type { GgufFacts } from './startupLog';

interface Shape {
  /** transformers' type and class, where the metadata alone describes the model. */
  readonly type: string;
  readonly architecture: string;
  /** Tensors of a layer: with those outside, what tells whether a file holds tables of rotary frequencies. */
  readonly perLayer: number;
  readonly more?: JsonObject;
}

/**
 * Architectures whose metadata has everything that a config has of their memory (gguf-py/gguf/constants.py; the converter's class of
 * each writes its keys from the config). Others need the config.
 */
const shapes: Readonly<Record<string, Shape>> = {
  llama: { type: 'llama', architecture: 'LlamaForCausalLM', perLayer: 9 },
  qwen2: { type: 'qwen2', architecture: 'Qwen2ForCausalLM', perLayer: 12 },
  qwen3: { type: 'qwen3', architecture: 'Qwen3ForCausalLM', perLayer: 11 },
  qwen3moe: { type: 'qwen3_moe', architecture: 'Qwen3MoeForCausalLM', perLayer: 12 },
  gemma: { type: 'gemma', architecture: 'GemmaForCausalLM', perLayer: 9 },
  gemma2: { type: 'gemma2', architecture: 'Gemma2ForCausalLM', perLayer: 11 },
  gemma3: { type: 'gemma3_text', architecture: 'Gemma3ForCausalLM', perLayer: 13 },
  phi3: { type: 'phi3', architecture: 'Phi3ForCausalLM', perLayer: 6 },
};

/** Frequencies that Llama 3.1 and later scale; the converter stores them as one tensor (LlamaModel.generate_extra_tensors). */
const scaledFrequencies: JsonObject = {
  rope_scaling: { rope_type: 'llama3', factor: 8, high_freq_factor: 4, low_freq_factor: 1, original_max_position_embeddings: 8192 },
};

/**
 * The model that a GGUF file's own metadata describes. Taken only where its number of parameters is, to the digits that the log
 * prints, the one that the loader counted; `undefined` where the config is needed.
 */
export function modelOfGguf({ metadata, tensors, vocabulary, parameters }: GgufFacts): Analysis | undefined {
  const architecture = metadata.get('general.architecture') ?? '';
  const shape = Object.hasOwn(shapes, architecture) ? shapes[architecture] : undefined;
  const number = (key: string): number | undefined => wholeOf(metadata.get(`${architecture}.${key}`));
  const layers = number('block_count');
  const heads = number('attention.head_count');
  const hidden = number('embedding_length');
  const inner = number('feed_forward_length');
  const words = vocabulary ?? number('vocab_size');
  if (!shape || parameters === undefined || layers === undefined || heads === undefined || hidden === undefined || words === undefined)
    return undefined;
  const experts = number('expert_count') ?? 0;
  const window = number('attention.sliding_window');
  const config: Record<string, JsonValue | undefined> = {
    model_type: shape.type,
    architectures: [shape.architecture],
    torch_dtype: 'bfloat16',
    vocab_size: words,
    hidden_size: hidden,
    intermediate_size: inner,
    num_hidden_layers: layers,
    num_attention_heads: heads,
    num_key_value_heads: number('attention.head_count_kv') ?? heads,
    head_dim: number('attention.key_length'),
    max_position_embeddings: number('context_length'),
    sliding_window: window !== undefined && window > 0 ? window : null,
    ...(experts > 0 && {
      num_experts_per_tok: number('expert_used_count'),
      ...(shape.type === 'llama'
        ? { model_type: 'mixtral', architectures: ['MixtralForCausalLM'], num_local_experts: experts }
        : {
            num_experts: experts,
            moe_intermediate_size: number('expert_feed_forward_length'),
            decoder_sparse_step: 1,
            mlp_only_layers: [],
          }),
    }),
    ...shape.more,
  };
  const perLayer = experts > 0 && shape.type === 'llama' ? 10 : shape.perLayer;
  for (const tied of [false, true]) {
    const outside = tied ? 2 : 3;
    // Tensors beside those of the layers tell what stands in the file beside embedding, norm and output.
    const more = tensors === undefined ? 0 : tensors - perLayer * layers - outside;
    if (more < 0) continue;
    const analysis = modelOf({ ...config, tie_word_embeddings: tied, ...(architecture === 'llama' && more === 1 && scaledFrequencies) });
    if (analysis && Math.abs(analysis.parameters.total - parameters.value) <= parameters.half * 1.0001 + 512) return analysis;
  }
  return undefined;
}

function modelOf(config: Readonly<Record<string, JsonValue | undefined>>): Analysis | undefined {
  const present = Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined)) as JsonObject;
  const result = analyze(present);
  return result.kind === 'model' && result.basis.kind === 'exact' ? result : undefined;
}

const wholeOf = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d{1,10}$/.test(text) ? Number(text) : undefined;
