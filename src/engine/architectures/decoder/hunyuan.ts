import { anything, depth } from '../../config/keys';
import { linearRouter, rmsNorm } from '../../modules/blocks';
import { experts, gatedMlp } from '../../modules/mlp';
import { layers, repeat, type Module } from '../../modules/tree';
import { family } from '../family';
import { decoderHeads } from '../heads';
import { perLayer } from '../layerTypes';
import { headDim, kvHeads } from '../sharedKeys';
import { usualAttention, usualBody, usualLayer } from '../usualDecoder';

const shared = {
  vocab_size: 290943,
  hidden_size: 4096,
  intermediate_size: 11008,
  num_hidden_layers: depth(32),
  num_attention_heads: 32,
  num_key_value_heads: kvHeads,
  head_dim: headDim,
  attention_bias: false,
  max_position_embeddings: 2048,
  tie_word_embeddings: false,
};

type Attends = Parameters<typeof usualAttention>[0] & { readonly attention_bias: boolean };
const attends = (c: Attends): Module =>
  usualAttention(c, {
    bias: c.attention_bias,
    more: { query_layernorm: rmsNorm(c.head_dim), key_layernorm: rmsNorm(c.head_dim) },
  });

export const hunyuanDense = family({
  types: ['hunyuan_v1_dense'],
  title: 'HunYuan',
  source: 'transformers models/hunyuan_v1_dense',
  defaults: shared,
  body: (c) =>
    usualBody(
      c,
      repeat(c.num_hidden_layers, () => usualLayer(c, attends(c), gatedMlp(c.hidden_size, c.intermediate_size))),
    ),
  heads: decoderHeads(),
});

export const hunyuanMoe = family({
  types: ['hunyuan_v1_moe'],
  title: 'HunYuan MoE',
  source: 'transformers models/hunyuan_v1_moe',
  // Experts that a token passes through: a number, or a list with one for each layer.
  defaults: { ...shared, num_experts: 1, moe_topk: anything<unknown>(1) },
  aliases: { num_local_experts: 'num_experts', num_experts_per_tok: 'moe_topk' },
  body: (c) => {
    const used = perLayer(c.num_hidden_layers, (index): number => {
      const stated: unknown = Array.isArray(c.moe_topk) ? c.moe_topk[index] : c.moe_topk;
      return typeof stated === 'number' && Number.isInteger(stated) && stated > 0 ? Math.min(stated, c.num_experts) : 1;
    });
    return usualBody(
      c,
      layers(used, (perToken) =>
        usualLayer(c, attends(c), {
          gate: { wg: linearRouter(c.hidden_size, c.num_experts) },
          experts: experts(c.num_experts, perToken, gatedMlp(c.hidden_size, c.intermediate_size)),
          shared_mlp: gatedMlp(c.hidden_size, c.intermediate_size),
        }),
      ),
    );
  },
  heads: decoderHeads(),
});
