import { count, depth, nullableSize, type Config } from '../../config/keys';
import { rmsNorm } from '../../modules/blocks';
import { gatedMlp } from '../../modules/mlp';
import { nextTokenLayers } from '../../modules/nextTokenLayers';
import type { Parts } from '../../modules/tree';
import { correctedMixture, denseFirst } from '../deepseekParts';
import { family } from '../family';
import { decoderHeads } from '../heads';
import { headDim } from '../sharedKeys';
import { usualAttention, usualBody } from '../usualDecoder';

const defaults = {
  vocab_size: 151552,
  hidden_size: 4096,
  intermediate_size: 10944,
  num_hidden_layers: depth(46),
  num_attention_heads: 96,
  num_key_value_heads: 8,
  head_dim: headDim,
  attention_bias: false,
  use_qk_norm: false,
  first_k_dense_replace: count(1),
  n_routed_experts: 128,
  num_experts_per_tok: 8,
  n_shared_experts: nullableSize(1),
  moe_intermediate_size: 1408,
  max_position_embeddings: 131072,
  tie_word_embeddings: false,
  num_nextn_predict_layers: depth(1, 0),
};

/**
 * Files of GLM-4.5 hold the embedding and the head a second time for the layer that predicts a further token; those of GLM-4.6
 * and later, made for longer contexts, do not (vllm-project/vllm pull request 27597).
 */
const longestWithCopies = 131072;

const decoderLayer = (c: Config<typeof defaults>, sparse: boolean): Parts => ({
  self_attn: usualAttention(c, {
    bias: c.attention_bias,
    outBias: false,
    more: c.use_qk_norm ? { q_norm: rmsNorm(c.head_dim), k_norm: rmsNorm(c.head_dim) } : {},
  }),
  mlp: sparse ? correctedMixture(c) : gatedMlp(c.hidden_size, c.intermediate_size),
  input_layernorm: rmsNorm(c.hidden_size),
  post_attention_layernorm: rmsNorm(c.hidden_size),
});

export const glm4Moe = family({
  types: ['glm4_moe'],
  title: 'GLM-4 MoE',
  source: 'transformers models/glm4_moe',
  defaults,
  aliases: { num_local_experts: 'n_routed_experts' },
  body: (c) =>
    usualBody(
      c,
      denseFirst(c, (sparse) => decoderLayer(c, sparse)),
    ),
  unloaded: (c) => ({
    model: {
      layers: nextTokenLayers({
        first: c.num_hidden_layers,
        count: c.num_nextn_predict_layers,
        hidden: c.hidden_size,
        copiedVocabulary: c.max_position_embeddings <= longestWithCopies ? c.vocab_size : null,
        layer: () => decoderLayer(c, c.num_hidden_layers >= c.first_k_dense_replace),
      }),
    },
  }),
  heads: decoderHeads(),
});
