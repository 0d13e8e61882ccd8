import { depth } from '../../config/keys';
import { embedding, layerNorm, linear, lmHead } from '../../modules/blocks';
import { mlp } from '../../modules/mlp';
import { attention, keyValueState } from '../../modules/attention';
import { repeat } from '../../modules/tree';
import { family } from '../family';
import { decoderHeads, tokenClassification } from '../heads';

/** Pythia too is of this type. Its checkpoints call the language head `embed_out`. */
export const gptNeox = family({
  types: ['gpt_neox'],
  title: 'GPT-NeoX',
  source: 'transformers models/gpt_neox',
  defaults: {
    vocab_size: 50432,
    hidden_size: 6144,
    num_hidden_layers: depth(44),
    num_attention_heads: 64,
    intermediate_size: 24576,
    attention_bias: true,
    max_position_embeddings: 2048,
    tie_word_embeddings: false,
  },
  body: (c) => ({
    embed_in: embedding(c.vocab_size, c.hidden_size),
    layers: repeat(c.num_hidden_layers, () => ({
      input_layernorm: layerNorm(c.hidden_size),
      post_attention_layernorm: layerNorm(c.hidden_size),
      attention: attention(
        {
          query_key_value: linear(c.hidden_size, 3 * c.hidden_size, c.attention_bias),
          dense: linear(c.hidden_size, c.hidden_size, c.attention_bias),
        },
        keyValueState(c.num_attention_heads, Math.floor(c.hidden_size / c.num_attention_heads)),
      ),
      mlp: mlp({
        dense_h_to_4h: linear(c.hidden_size, c.intermediate_size, true),
        dense_4h_to_h: linear(c.intermediate_size, c.hidden_size, true),
      }),
    })),
    final_layer_norm: layerNorm(c.hidden_size),
  }),
  heads: {
    ...decoderHeads('gpt_neox', 'embed_in'),
    ForCausalLM: (c, body) => ({
      gpt_neox: body,
      embed_out: lmHead(c.hidden_size, c.vocab_size, c.tie_word_embeddings && 'gpt_neox.embed_in.weight'),
    }),
    ForTokenClassification: tokenClassification('gpt_neox'),
  },
});
