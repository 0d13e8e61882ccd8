import { count, depth, nullableSize, type Config } from '../../config/keys';
import { rmsNorm } from '../../modules/blocks';
import { gatedMlp } from '../../modules/mlp';
import { nextTokenLayers } from '../../modules/nextTokenLayers';
import type { Parts } from '../../modules/tree';
import { correctedMixture, denseFirst, usualLatentAttention } from '../deepseekParts';
import { family } from '../family';
import { decoderHeads } from '../heads';
import { usualBody } from '../usualDecoder';

const defaults = {
  vocab_size: 129280,
  hidden_size: 7168,
  intermediate_size: 18432,
  num_hidden_layers: depth(61),
  num_attention_heads: 128,
  q_lora_rank: nullableSize(1536, 1),
  kv_lora_rank: 512,
  qk_nope_head_dim: 128,
  qk_rope_head_dim: 64,
  v_head_dim: 128,
  attention_bias: false,
  first_k_dense_replace: count(3),
  n_routed_experts: 256,
  num_experts_per_tok: 8,
  n_shared_experts: nullableSize(1),
  moe_intermediate_size: 2048,
  max_position_embeddings: 4096,
  tie_word_embeddings: false,
  num_nextn_predict_layers: depth(1, 0),
};

const decoderLayer = (c: Config<typeof defaults>, sparse: boolean): Parts => ({
  self_attn: usualLatentAttention(c),
  mlp: sparse ? correctedMixture(c) : gatedMlp(c.hidden_size, c.intermediate_size),
  input_layernorm: rmsNorm(c.hidden_size),
  post_attention_layernorm: rmsNorm(c.hidden_size),
});

export const deepseekV3 = family({
  types: ['deepseek_v3'],
  title: 'DeepSeek-V3',
  source: 'transformers models/deepseek_v3',
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
        copiedVocabulary: c.vocab_size,
        layer: () => decoderLayer(c, c.num_hidden_layers >= c.first_k_dense_replace),
      }),
    },
  }),
  heads: decoderHeads(),
});
