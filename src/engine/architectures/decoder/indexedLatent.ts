import { anything, count, depth, size, type Config } from '../../config/keys';
import { layerNorm, linear, linearRouter, rmsNorm } from '../../modules/blocks';
import { gatedMlp } from '../../modules/mlp';
import { nextTokenLayers } from '../../modules/nextTokenLayers';
import { layers, module, type Module, type Parts } from '../../modules/tree';
import { correctedMixture, usualLatentAttention } from '../deepseekParts';
import { family } from '../family';
import { decoderHeads } from '../heads';
import { layerTypes } from '../layerTypes';
import { usualBody } from '../usualDecoder';

const shared = {
  first_k_dense_replace: count(3),
  kv_lora_rank: 512,
  qk_rope_head_dim: 64,
  attention_bias: false,
  mlp_bias: false,
  n_routed_experts: 256,
  num_experts_per_tok: 8,
  n_shared_experts: count(1),
  moe_intermediate_size: 2048,
  index_head_dim: 128,
  mlp_layer_types: anything<unknown>(null),
  indexer_types: anything<unknown>(null),
  tie_word_embeddings: false,
  // A key of the published files, which the class does not read.
  num_nextn_predict_layers: depth(0, 0),
};
const deepseek = {
  ...shared,
  vocab_size: 129280,
  hidden_size: 7168,
  intermediate_size: 18432,
  num_hidden_layers: depth(61),
  num_attention_heads: 128,
  q_lora_rank: 1536,
  qk_nope_head_dim: 128,
  v_head_dim: 128,
  index_n_heads: size(64),
  max_position_embeddings: 163840,
};
const glm = {
  ...shared,
  vocab_size: 154880,
  hidden_size: 6144,
  intermediate_size: 12288,
  num_hidden_layers: depth(78),
  num_attention_heads: 64,
  q_lora_rank: 2048,
  qk_nope_head_dim: 192,
  v_head_dim: 256,
  index_n_heads: size(32),
  max_position_embeddings: 202752,
};
type Keys = Config<typeof deepseek>;

/**
 * Chooses the tokens that each query attends to: its own small keys are kept per token, beside the latent vector
 * (deepseek-ai/DeepSeek-V3.2-Exp, "DeepSeek Sparse Attention").
 */
const indexer = (c: Keys): Module =>
  module(
    {
      wq_b: linear(c.q_lora_rank, c.index_n_heads * c.index_head_dim),
      wk: linear(c.hidden_size, c.index_head_dim),
      k_norm: layerNorm(c.index_head_dim),
      // Most writers leave it alone as they do routers: quantization/selection.ts, isIndexerWeights.
      weights_proj: linearRouter(c.hidden_size, c.index_n_heads),
    },
    { keeps: [{ kind: 'latent', elementsPerToken: c.index_head_dim, heads: 1 }] },
  );

const decoderLayer = (c: Keys, sparse: boolean, indexed: boolean): Parts => ({
  self_attn: usualLatentAttention(c, indexed ? { indexer: indexer(c) } : {}),
  mlp: sparse ? correctedMixture(c) : gatedMlp(c.hidden_size, c.intermediate_size, c.mlp_bias),
  input_layernorm: rmsNorm(c.hidden_size),
  post_attention_layernorm: rmsNorm(c.hidden_size),
});

function body(c: Keys, build: Parameters<typeof layerTypes>[4]): Parts {
  const feedForward = layerTypes<'dense' | 'sparse'>(
    c.mlp_layer_types,
    c.num_hidden_layers,
    ['dense', 'sparse'],
    (index) => (index < c.first_k_dense_replace ? 'dense' : 'sparse'),
    build,
    'mlp_layer_types',
  );
  const chooses = layerTypes<'full' | 'shared'>(
    c.indexer_types,
    c.num_hidden_layers,
    ['full', 'shared'],
    () => 'full',
    build,
    'indexer_types',
  );
  return usualBody(
    c,
    layers(
      feedForward.map((sort, index) => `${sort} ${chooses[index] ?? 'full'}` as const),
      (sort) => decoderLayer(c, sort.startsWith('sparse'), sort.endsWith('full')),
    ),
  );
}

const unloaded =
  (copied: boolean) =>
  (c: Keys): Parts => ({
    model: {
      layers: nextTokenLayers({
        first: c.num_hidden_layers,
        count: c.num_nextn_predict_layers,
        hidden: c.hidden_size,
        copiedVocabulary: copied ? c.vocab_size : null,
        layer: () => decoderLayer(c, true, true),
      }),
    },
  });

export const deepseekV32 = family({
  types: ['deepseek_v32'],
  title: 'DeepSeek-V3.2',
  source: 'transformers models/deepseek_v32',
  settlesLayers: true,
  defaults: deepseek,
  aliases: { num_local_experts: 'n_routed_experts' },
  body,
  unloaded: unloaded(true),
  heads: decoderHeads(),
});

/** Its files share embedding and head with the layer that predicts a further token (vllm-project/vllm-ascend issue 6754). */
export const glmMoeDsa = family({
  types: ['glm_moe_dsa'],
  title: 'GLM-5',
  source: 'transformers models/glm_moe_dsa',
  settlesLayers: true,
  defaults: glm,
  aliases: { num_local_experts: 'n_routed_experts' },
  body,
  unloaded: unloaded(false),
  heads: decoderHeads(),
});
