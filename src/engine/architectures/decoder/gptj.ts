import { depth, size } from '../../config/keys';
import { embedding, layerNorm, linear, taskHead } from '../../modules/blocks';
import { mlp } from '../../modules/mlp';
import { attention, keyValueState } from '../../modules/attention';
import { repeat } from '../../modules/tree';
import { family } from '../family';
import { decoderHeads, labelsOf } from '../heads';

/** Attention and feed-forward read the same norm; only the feed-forward and the language head have a bias. */
export const gptj = family({
  types: ['gptj'],
  title: 'GPT-J',
  source: 'transformers models/gptj',
  defaults: {
    vocab_size: 50400,
    max_position_embeddings: 2048,
    hidden_size: 4096,
    num_hidden_layers: depth(28),
    num_attention_heads: 16,
    n_inner: size((c: { readonly hidden_size: number }) => 4 * c.hidden_size),
    tie_word_embeddings: false,
  },
  aliases: {
    n_positions: 'max_position_embeddings',
    n_embd: 'hidden_size',
    n_layer: 'num_hidden_layers',
    n_head: 'num_attention_heads',
  },
  body: (c) => {
    const headDim = Math.floor(c.hidden_size / c.num_attention_heads);
    const project = () => linear(c.hidden_size, c.hidden_size);
    return {
      wte: embedding(c.vocab_size, c.hidden_size),
      h: repeat(c.num_hidden_layers, () => ({
        ln_1: layerNorm(c.hidden_size),
        attn: attention(
          { k_proj: project(), v_proj: project(), q_proj: project(), out_proj: project() },
          keyValueState(c.num_attention_heads, headDim),
        ),
        mlp: mlp({ fc_in: linear(c.hidden_size, c.n_inner, true), fc_out: linear(c.n_inner, c.hidden_size, true) }),
      })),
      ln_f: layerNorm(c.hidden_size),
    };
  },
  heads: {
    ...decoderHeads('transformer', 'wte', true),
    ForQuestionAnswering: (c, body) => ({ transformer: body, qa_outputs: taskHead(c.hidden_size, labelsOf(c)) }),
  },
});
