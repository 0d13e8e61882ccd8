import { depth, size } from '../../config/keys';
import { embedding, layerNorm, linear, positions } from '../../modules/blocks';
import { mlp } from '../../modules/mlp';
import { attention, keyValueState } from '../../modules/attention';
import { repeat } from '../../modules/tree';
import { family } from '../family';
import { decoderHeads, tokenClassification } from '../heads';

/** Every other layer attends to a window only, but the reference keeps all keys and values and masks them. */
export const gptNeo = family({
  types: ['gpt_neo'],
  title: 'GPT-Neo',
  source: 'transformers models/gpt_neo',
  defaults: {
    vocab_size: 50257,
    max_position_embeddings: 2048,
    hidden_size: 2048,
    num_layers: depth(24),
    num_heads: 16,
    intermediate_size: size((c: { readonly hidden_size: number }) => 4 * c.hidden_size),
    tie_word_embeddings: true,
  },
  aliases: { num_attention_heads: 'num_heads', num_hidden_layers: 'num_layers' },
  body: (c) => {
    const headDim = Math.floor(c.hidden_size / c.num_heads);
    const project = (bias = false) => linear(c.hidden_size, c.hidden_size, bias);
    return {
      wte: embedding(c.vocab_size, c.hidden_size),
      wpe: positions(c.max_position_embeddings, c.hidden_size),
      h: repeat(c.num_layers, () => ({
        ln_1: layerNorm(c.hidden_size),
        attn: {
          attention: attention(
            { k_proj: project(), v_proj: project(), q_proj: project(), out_proj: project(true) },
            keyValueState(c.num_heads, headDim),
          ),
        },
        ln_2: layerNorm(c.hidden_size),
        mlp: mlp({
          c_fc: linear(c.hidden_size, c.intermediate_size, true),
          c_proj: linear(c.intermediate_size, c.hidden_size, true),
        }),
      })),
      ln_f: layerNorm(c.hidden_size),
    };
  },
  heads: { ...decoderHeads('transformer', 'wte'), ForTokenClassification: tokenClassification('transformer') },
});
