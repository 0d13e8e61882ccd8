import { depth, group, type Config } from '../../config/keys';
import { embedding, layerNorm, linear, linearRouter, lmHead } from '../../modules/blocks';
import { attention, keyValueState } from '../../modules/attention';
import { module, repeat, tensor } from '../../modules/tree';
import { family } from '../family';
import { bareModel } from '../heads';

const defaults = {
  d_model: 2048,
  n_heads: 16,
  n_layers: depth(24),
  max_seq_len: 2048,
  vocab_size: 32000,
  attn_config: group({ kv_n_heads: 1 }),
  ffn_config: group({ ffn_hidden_size: 3584, moe_num_experts: 4, moe_top_k: 1 }),
} as const;

/** w1 and v1 (gate and up) and w2 (down) of all experts, each stacked along the inner width. */
function expertMatrices(c: Config<typeof defaults>) {
  const { ffn_hidden_size: inner, moe_num_experts: count, moe_top_k: used } = c.ffn_config;
  const stacked = (layout: 'out,in' | 'in,out') => tensor([count * inner, c.d_model], 'linear', { layout, experts: { count, used } });
  return module({ w1: stacked('out,in'), v1: stacked('out,in'), w2: stacked('in,out') }, { component: 'experts' });
}

/**
 * The class of transformers builds only from configs whose `attn_config` has `rope_theta`, which its own defaults lack; the
 * published ones do. databricks/dbrx-instruct's (quoted in ggml-org/llama.cpp issue 6344) has 131,596,523,520 parameters in
 * 323 tensors, as many as llama.cpp lists for the converted checkpoint (pull request 6515).
 */
export const dbrx = family({
  types: ['dbrx'],
  title: 'DBRX',
  source: 'transformers models/dbrx',
  defaults,
  aliases: {
    hidden_size: 'd_model',
    num_attention_heads: 'n_heads',
    num_hidden_layers: 'n_layers',
    max_position_embeddings: 'max_seq_len',
  },
  contextKey: 'max_seq_len',
  body: (c) => {
    const headDim = Math.max(1, Math.floor(c.d_model / c.n_heads));
    const kvHeads = c.attn_config.kv_n_heads;
    return {
      wte: embedding(c.vocab_size, c.d_model),
      blocks: repeat(c.n_layers, () => ({
        norm_attn_norm: {
          norm_1: layerNorm(c.d_model, false),
          attn: attention(
            {
              Wqkv: linear(c.d_model, c.d_model + 2 * kvHeads * headDim),
              out_proj: linear(c.d_model, c.d_model),
            },
            keyValueState(kvHeads, headDim),
          ),
          norm_2: layerNorm(c.d_model, false),
        },
        ffn: { router: { layer: linearRouter(c.d_model, c.ffn_config.moe_num_experts) }, experts: { mlp: expertMatrices(c) } },
      })),
      norm_f: layerNorm(c.d_model, false),
    };
  },
  heads: {
    ForCausalLM: (c, body) => ({ transformer: body, lm_head: lmHead(c.d_model, c.vocab_size, false) }),
    Model: bareModel,
  },
});
