import { anything, count, depth, nullableSize, type Config } from '../../config/keys';
import { gatedMlp } from '../../modules/mlp';
import { groupedQueryAttention } from '../../modules/attention';
import { layers, type Parts } from '../../modules/tree';
import { family, type Build } from '../family';
import { decoderHeads, questionAnswering } from '../heads';
import { layerTypes } from '../layerTypes';
import { headDim } from '../sharedKeys';
import { usualBody, usualLayer } from '../usualDecoder';

/** Qwen2's own keys and layers, which MiMo takes over. */
export const qwen2Defaults = {
  vocab_size: 151936,
  hidden_size: 4096,
  intermediate_size: 22016,
  num_hidden_layers: depth(32),
  num_attention_heads: 32,
  // Null means as many as query heads, which is not what leaving it out means.
  num_key_value_heads: nullableSize(32, 1),
  head_dim: headDim,
  use_sliding_window: false,
  sliding_window: nullableSize(4096),
  max_window_layers: count(28),
  layer_types: anything<unknown>(null),
  max_position_embeddings: 32768,
  tie_word_embeddings: false,
};

interface QwenLayers {
  readonly headDim: number;
  /** Biases of the query, key and value projections, and of the output. */
  readonly bias: boolean;
  readonly outBias: boolean;
  /** Norms of queries and keys. */
  readonly more?: Parts;
}

/** Layers of Qwen2 and Qwen3: full attention, and windows above `max_window_layers` where they are used. */
export function qwenBody(
  c: Config<Omit<typeof qwen2Defaults, 'head_dim'>>,
  build: Build,
  { headDim, bias, outBias, more = {} }: QwenLayers,
) {
  const window = c.use_sliding_window ? c.sliding_window : null;
  const attends = layerTypes(
    c.layer_types,
    c.num_hidden_layers,
    ['full_attention', 'sliding_attention'],
    (index) => (window !== null && index >= c.max_window_layers ? 'sliding_attention' : 'full_attention'),
    build,
  );
  return usualBody(
    c,
    layers(attends, (type) =>
      usualLayer(
        c,
        groupedQueryAttention({
          hidden: c.hidden_size,
          heads: c.num_attention_heads,
          kvHeads: c.num_key_value_heads ?? c.num_attention_heads,
          headDim,
          bias,
          outBias,
          window: type === 'sliding_attention' ? window : null,
          more,
        }),
        gatedMlp(c.hidden_size, c.intermediate_size),
      ),
    ),
  );
}

export const qwen2Body = (c: Config<typeof qwen2Defaults>, build: Build) =>
  qwenBody(c, build, { headDim: c.head_dim, bias: true, outBias: false });

export const qwen2 = family({
  types: ['qwen2'],
  title: 'Qwen2',
  source: 'transformers models/qwen2',
  defaults: qwen2Defaults,
  body: qwen2Body,
  heads: { ...decoderHeads(), ForQuestionAnswering: questionAnswering('transformer') },
});
