import { anything, depth, nullableSize, type Config } from '../../config/keys';
import { gatedMlp } from '../../modules/mlp';
import { layers, type Parts } from '../../modules/tree';
import { family, type Build } from '../family';
import { decoderHeads, questionAnswering } from '../heads';
import { layerTypes } from '../layerTypes';
import { headDim } from '../sharedKeys';
import { usualAttention, usualBody, usualLayer } from '../usualDecoder';

const first = {
  vocab_size: 32000,
  hidden_size: 4096,
  intermediate_size: 14336,
  num_hidden_layers: depth(32),
  num_attention_heads: 32,
  num_key_value_heads: 8,
  head_dim: headDim,
  sliding_window: nullableSize(4096),
  layer_types: anything<unknown>(null),
  max_position_embeddings: 131072,
  tie_word_embeddings: false,
};

/** Mistral whose layers may each have a window or none. */
const body = (c: Config<typeof first>, build: Build): Parts =>
  usualBody(
    c,
    layers(
      layerTypes(
        c.layer_types,
        c.num_hidden_layers,
        ['full_attention', 'sliding_attention'],
        () => (c.sliding_window === null ? 'full_attention' : 'sliding_attention'),
        build,
      ),
      (type) =>
        usualLayer(
          c,
          usualAttention(c, { window: type === 'sliding_attention' ? c.sliding_window : null }),
          gatedMlp(c.hidden_size, c.intermediate_size),
        ),
    ),
  );
const heads = { ...decoderHeads(), ForQuestionAnswering: questionAnswering('transformer') };

export const ministral = family({
  types: ['ministral'],
  title: 'Ministral',
  source: 'transformers models/ministral',
  defaults: first,
  body,
  heads,
});

export const ministral3 = family({
  types: ['ministral3'],
  title: 'Ministral 3',
  source: 'transformers models/ministral3',
  defaults: {
    ...first,
    vocab_size: 131072,
    num_hidden_layers: depth(34),
    head_dim: 128,
    sliding_window: nullableSize(null),
    max_position_embeddings: 262144,
  },
  body,
  heads,
});
