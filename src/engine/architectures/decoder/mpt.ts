import { depth, group, size } from '../../config/keys';
import { embedding, layerNorm, linear } from '../../modules/blocks';
import { mlp } from '../../modules/mlp';
import { attention, keyValueState } from '../../modules/attention';
import { repeat } from '../../modules/tree';
import { family } from '../family';
import { decoderHeads, tokenClassification } from '../heads';

/**
 * The reference has neither biases nor learned positions and a feed-forward of four times the width, whatever the keys
 * for them say: all published MPT are so.
 */
export const mpt = family({
  types: ['mpt'],
  title: 'MPT',
  source: 'transformers models/mpt; modeling_mpt.py of replit/replit-code-v1_5-3b',
  defaults: {
    hidden_size: 2048,
    num_attention_heads: 16,
    num_hidden_layers: depth(24),
    max_seq_len: 2048,
    vocab_size: 50368,
    attn_config: group({ attn_type: 'multihead_attention', kv_n_heads: size(1) }),
    tie_word_embeddings: true,
  },
  aliases: { d_model: 'hidden_size', n_heads: 'num_attention_heads', n_layers: 'num_hidden_layers' },
  contextKey: 'max_seq_len',
  body: (c) => {
    const headDim = Math.floor(c.hidden_size / c.num_attention_heads);
    // The reference knows multi-head attention alone; checkpoints of other kinds come from the publisher's code and follow it.
    const { attn_type: kind, kv_n_heads: grouped } = c.attn_config;
    const kvHeads = kind === 'grouped_query_attention' ? grouped : kind === 'multiquery_attention' ? 1 : c.num_attention_heads;
    return {
      wte: embedding(c.vocab_size, c.hidden_size),
      blocks: repeat(c.num_hidden_layers, () => ({
        norm_1: layerNorm(c.hidden_size, false),
        attn: attention(
          { Wqkv: linear(c.hidden_size, c.hidden_size + 2 * kvHeads * headDim), out_proj: linear(c.hidden_size, c.hidden_size) },
          keyValueState(kvHeads, headDim),
        ),
        norm_2: layerNorm(c.hidden_size, false),
        ffn: mlp({ up_proj: linear(c.hidden_size, 4 * c.hidden_size), down_proj: linear(4 * c.hidden_size, c.hidden_size) }),
      })),
      norm_f: layerNorm(c.hidden_size, false),
    };
  },
  heads: { ...decoderHeads('transformer', 'wte'), ForTokenClassification: tokenClassification('transformer') },
});
