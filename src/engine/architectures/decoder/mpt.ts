import { depth, group, size } from '../../config/keys';
import { embedding, layerNorm, linear } from '../../modules/blocks';
import { mlp } from '../../modules/mlp';
import { attention, keyValueState } from '../../modules/attention';
import { repeat } from '../../modules/tree';
import { family } from '../family';
import { decoderHeads, headsOverWidth, tokenClassification } from '../heads';

/**
 * The reference has neither biases nor learned positions and a feed-forward of four times the width, whatever the keys
 * for them say: all published MPT are so.
 */
export const mpt = family({
  types: ['mpt'],
  title: 'MPT',
  source: 'transformers models/mpt; modeling_mpt.py of replit/replit-code-v1_5-3b',
  defaults: {
    d_model: 2048,
    n_heads: 16,
    n_layers: depth(24),
    max_seq_len: 2048,
    vocab_size: 50368,
    attn_config: group({ attn_type: 'multihead_attention', kv_n_heads: size(1) }),
    tie_word_embeddings: true,
  },
  aliases: { hidden_size: 'd_model', num_attention_heads: 'n_heads', num_hidden_layers: 'n_layers' },
  contextKey: 'max_seq_len',
  body: (c) => {
    const headDim = Math.floor(c.d_model / c.n_heads);
    // The reference knows multi-head attention alone; checkpoints of other kinds come from the publisher's code and follow it.
    const { attn_type: kind, kv_n_heads: grouped } = c.attn_config;
    const kvHeads = kind === 'grouped_query_attention' ? grouped : kind === 'multiquery_attention' ? 1 : c.n_heads;
    const keys = kvHeads === c.n_heads ? c.d_model : kvHeads * headDim;
    return {
      wte: embedding(c.vocab_size, c.d_model),
      blocks: repeat(c.n_layers, () => ({
        norm_1: layerNorm(c.d_model, false),
        attn: attention(
          { Wqkv: linear(c.d_model, c.d_model + 2 * keys), out_proj: linear(c.d_model, c.d_model) },
          keyValueState(kvHeads, headDim),
        ),
        norm_2: layerNorm(c.d_model, false),
        ffn: mlp({ up_proj: linear(c.d_model, 4 * c.d_model), down_proj: linear(4 * c.d_model, c.d_model) }),
      })),
      norm_f: layerNorm(c.d_model, false),
    };
  },
  heads: headsOverWidth('d_model', { ...decoderHeads('transformer', 'wte'), ForTokenClassification: tokenClassification('transformer') }),
});
