import { anything, depth, nullableSize, type Config } from '../../config/keys';
import { rmsNorm } from '../../modules/blocks';
import { gatedMlp } from '../../modules/mlp';
import { layers } from '../../modules/tree';
import { family, type Build } from '../family';
import { decoderHeads, questionAnswering } from '../heads';
import { layerTypes } from '../layerTypes';
import { headDim } from '../sharedKeys';
import { headNorms, usualAttention, usualBody } from '../usualDecoder';

/**
 * Whether a layer attends within the window, from the ways in which `sliding_window_pattern` is written: a number (one
 * layer in so many is global), letters ("LLLG": local and global, repeated, the last layer global in any case), or null.
 */
function slides(pattern: unknown, index: number, total: number): boolean {
  if (typeof pattern === 'number' && Number.isInteger(pattern) && pattern > 0) return (index + 1) % pattern !== 0;
  if (typeof pattern === 'string' && pattern !== '') return index + 1 < total && pattern[index % pattern.length] === 'L';
  return false;
}

/** EXAONE 4.0's own keys, which its mixture takes over. */
export const exaone4Defaults = {
  vocab_size: 102400,
  hidden_size: 4096,
  intermediate_size: 16384,
  num_hidden_layers: depth(32),
  num_attention_heads: 32,
  num_key_value_heads: 32,
  head_dim: headDim,
  sliding_window: nullableSize(4096),
  sliding_window_pattern: anything<unknown>(4),
  layer_types: anything<unknown>(null),
  max_position_embeddings: 2048,
  tie_word_embeddings: false,
};

/** Which layers attend within the window. */
export function exaone4Attention(c: Config<typeof exaone4Defaults>, build: Build) {
  const pattern = c.sliding_window === null ? null : c.sliding_window_pattern;
  return layerTypes(
    c.layer_types,
    c.num_hidden_layers,
    ['full_attention', 'sliding_attention'],
    (index) => (slides(pattern, index, c.num_hidden_layers) ? 'sliding_attention' : 'full_attention'),
    build,
  );
}

export const exaone4 = family({
  types: ['exaone4'],
  title: 'EXAONE 4.0',
  source: 'transformers models/exaone4',
  defaults: exaone4Defaults,
  body: (c, build) =>
    usualBody(
      c,
      layers(exaone4Attention(c, build), (type) => ({
        self_attn: usualAttention(c, {
          window: type === 'sliding_attention' ? c.sliding_window : null,
          more: headNorms(c.head_dim),
        }),
        mlp: gatedMlp(c.hidden_size, c.intermediate_size),
        post_attention_layernorm: rmsNorm(c.hidden_size),
        post_feedforward_layernorm: rmsNorm(c.hidden_size),
      })),
    ),
  heads: { ...decoderHeads(), ForQuestionAnswering: questionAnswering('transformer') },
});
