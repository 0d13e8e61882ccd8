import { depth, size } from '../../config/keys';
import { embedding, layerNorm, linear, taskHead } from '../../modules/blocks';
import { mlp } from '../../modules/mlp';
import { attention, keyValueState } from '../../modules/attention';
import { repeat } from '../../modules/tree';
import { family } from '../family';
import { decoderHeads, headsOverWidth, labelsOf } from '../heads';

/** Attention and feed-forward read the same norm; only the feed-forward and the language head have a bias. */
export const gptj = family({
  types: ['gptj'],
  title: 'GPT-J',
  source: 'transformers models/gptj',
  defaults: {
    vocab_size: 50400,
    n_positions: 2048,
    n_embd: 4096,
    n_layer: depth(28),
    n_head: 16,
    n_inner: size((c: { readonly n_embd: number }) => 4 * c.n_embd),
    tie_word_embeddings: false,
  },
  aliases: {
    hidden_size: 'n_embd',
    max_position_embeddings: 'n_positions',
    num_attention_heads: 'n_head',
    num_hidden_layers: 'n_layer',
  },
  contextKey: 'n_positions',
  body: (c) => {
    const headDim = Math.floor(c.n_embd / c.n_head);
    const project = () => linear(c.n_embd, c.n_embd);
    return {
      wte: embedding(c.vocab_size, c.n_embd),
      h: repeat(c.n_layer, () => ({
        ln_1: layerNorm(c.n_embd),
        attn: attention({ k_proj: project(), v_proj: project(), q_proj: project(), out_proj: project() }, keyValueState(c.n_head, headDim)),
        mlp: mlp({ fc_in: linear(c.n_embd, c.n_inner, true), fc_out: linear(c.n_inner, c.n_embd, true) }),
      })),
      ln_f: layerNorm(c.n_embd),
    };
  },
  heads: {
    ...headsOverWidth('n_embd', decoderHeads('transformer', 'wte', true)),
    ForQuestionAnswering: (c, body) => ({ transformer: body, qa_outputs: taskHead(c.n_embd, labelsOf(c)) }),
  },
});
