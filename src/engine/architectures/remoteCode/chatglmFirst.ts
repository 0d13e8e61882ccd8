import type { JsonObject } from '../../config/json';
import { attention, keyValueState } from '../../modules/attention';
import { embedding, layerNorm, linear } from '../../modules/blocks';
import { mlp } from '../../modules/mlp';
import { repeat, type Parts } from '../../modules/tree';
import { prefixEncoder } from './chatglmPrefix';
import { rotaryFrequencies } from './rotary';

/** Keys that only the first generation's configuration has; later ones share its model type. */
const ownKeys = ['inner_hidden_size', 'position_encoding_2d', 'max_sequence_length'] as const;

export const isFirstChatglm = (source: JsonObject): boolean => ownKeys.some((key) => source[key] !== undefined);

interface Keys {
  readonly num_layers: number;
  readonly hidden_size: number;
  readonly num_attention_heads: number;
  readonly vocab_size: number;
  readonly inner_hidden_size: number;
  readonly position_encoding_2d: boolean;
  readonly pre_seq_len: number | null;
  readonly prefix_projection: boolean;
}

/**
 * The body of ChatGLM-6B: multi-head attention, a plain feed-forward, biases and LayerNorm throughout. Its first published
 * files hold the tied head a second time and the norms at float32 (13,744,473,856 bytes with 150,528 tokens).
 */
export function firstChatglm(c: Keys): Parts {
  const headDim = Math.max(1, Math.floor(c.hidden_size / c.num_attention_heads));
  const projected = headDim * c.num_attention_heads;
  const rotated = Math.floor(c.hidden_size / (c.num_attention_heads * (c.position_encoding_2d ? 2 : 1)));
  return {
    word_embeddings: embedding(c.vocab_size, c.hidden_size),
    layers: repeat(c.num_layers, () => ({
      input_layernorm: layerNorm(c.hidden_size),
      attention: attention(
        {
          rotary_emb: rotaryFrequencies(rotated),
          query_key_value: linear(c.hidden_size, 3 * projected, true),
          dense: linear(projected, c.hidden_size, true),
        },
        keyValueState(c.num_attention_heads, headDim),
      ),
      post_attention_layernorm: layerNorm(c.hidden_size),
      mlp: mlp({
        dense_h_to_4h: linear(c.hidden_size, c.inner_hidden_size, true),
        dense_4h_to_h: linear(c.inner_hidden_size, c.hidden_size, true),
      }),
    })),
    final_layernorm: layerNorm(c.hidden_size),
    prefix_encoder:
      c.pre_seq_len !== null &&
      prefixEncoder({
        tokens: c.pre_seq_len,
        width: c.num_layers * c.hidden_size * 2,
        projected: c.prefix_projection ? { hidden: c.hidden_size, from: 'hidden' } : undefined,
      }),
  };
}
