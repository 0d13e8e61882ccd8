import { anything, count, depth, nullableSize } from '../../config/keys';
import { gatedMlp } from '../../modules/mlp';
import { layers } from '../../modules/tree';
import { correctedMixture } from '../deepseekParts';
import { family } from '../family';
import { decoderHeads } from '../heads';
import { layerTypes } from '../layerTypes';
import { headDim, kvHeads } from '../sharedKeys';
import { headNorms, usualAttention, usualBody, usualLayer } from '../usualDecoder';

/** The configuration class leaves the numbers of experts out: those of dots.llm1 stand here. */
export const dots1 = family({
  types: ['dots1'],
  title: 'dots.llm1',
  source: 'transformers models/dots1',
  defaults: {
    vocab_size: 152064,
    hidden_size: 4608,
    intermediate_size: 10944,
    num_hidden_layers: depth(62),
    num_attention_heads: 32,
    num_key_value_heads: kvHeads,
    head_dim: headDim,
    attention_bias: false,
    sliding_window: nullableSize(4096),
    max_window_layers: depth(62, 0),
    layer_types: anything<unknown>(null),
    first_k_dense_replace: count(0),
    n_routed_experts: 128,
    num_experts_per_tok: 6,
    n_shared_experts: 2,
    moe_intermediate_size: 1408,
    max_position_embeddings: 2048,
    tie_word_embeddings: false,
  },
  aliases: { num_local_experts: 'n_routed_experts' },
  body: (c, build) => {
    const attends = layerTypes(
      c.layer_types,
      c.num_hidden_layers,
      ['full_attention', 'sliding_attention'],
      (index) => (c.sliding_window !== null && index >= c.max_window_layers ? 'sliding_attention' : 'full_attention'),
      build,
    );
    return usualBody(
      c,
      layers(
        attends.map((type, index) => `${type} ${index < c.first_k_dense_replace ? 'dense' : 'sparse'}` as const),
        (sort) =>
          usualLayer(
            c,
            usualAttention(c, {
              bias: c.attention_bias,
              window: sort.startsWith('sliding') ? c.sliding_window : null,
              more: headNorms(c.head_dim),
            }),
            sort.endsWith('dense') ? gatedMlp(c.hidden_size, c.intermediate_size) : correctedMixture(c),
          ),
      ),
    );
  },
  heads: decoderHeads(),
});
