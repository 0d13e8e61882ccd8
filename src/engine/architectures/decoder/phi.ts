import { depth } from '../../config/keys';
import { embedding, layerNorm, linear } from '../../modules/blocks';
import { mlp } from '../../modules/mlp';
import { attention, keyValueState } from '../../modules/attention';
import { repeat } from '../../modules/tree';
import { family } from '../family';
import { decoderHeads } from '../heads';
import { headDim, kvHeads } from '../sharedKeys';

/** Attention and feed-forward read the same norm; everything has a bias, the output projection too. */
export const phi = family({
  types: ['phi'],
  title: 'Phi',
  source: 'transformers models/phi',
  defaults: {
    vocab_size: 51200,
    hidden_size: 2048,
    intermediate_size: 8192,
    num_hidden_layers: depth(24),
    num_attention_heads: 32,
    num_key_value_heads: kvHeads,
    head_dim: headDim,
    qk_layernorm: false,
    max_position_embeddings: 2048,
    tie_word_embeddings: false,
  },
  body: (c) => {
    const queries = c.num_attention_heads * c.head_dim;
    const keys = c.num_key_value_heads * c.head_dim;
    // Of the hidden size split over the heads, also where the file gives heads another width.
    const headNorm = () => c.qk_layernorm && layerNorm(Math.floor(c.hidden_size / c.num_attention_heads));
    return {
      embed_tokens: embedding(c.vocab_size, c.hidden_size),
      layers: repeat(c.num_hidden_layers, () => ({
        self_attn: attention(
          {
            q_proj: linear(c.hidden_size, queries, true),
            k_proj: linear(c.hidden_size, keys, true),
            v_proj: linear(c.hidden_size, keys, true),
            dense: linear(queries, c.hidden_size, true),
            q_layernorm: headNorm(),
            k_layernorm: headNorm(),
          },
          keyValueState(c.num_key_value_heads, c.head_dim),
        ),
        mlp: mlp({
          fc1: linear(c.hidden_size, c.intermediate_size, true),
          fc2: linear(c.intermediate_size, c.hidden_size, true),
        }),
        input_layernorm: layerNorm(c.hidden_size),
      })),
      final_layernorm: layerNorm(c.hidden_size),
    };
  },
  heads: decoderHeads('model', 'embed_tokens', true),
});
