import { depth, size, type Config } from '../../config/keys';
import { embedding, layerNorm, lmHead, positions, taskHead, transposedLinear } from '../../modules/blocks';
import { mlp } from '../../modules/mlp';
import { attention, keyValueState } from '../../modules/attention';
import { repeat, type Module, type Parts } from '../../modules/tree';
import { family } from '../family';
import { decoderHeads, headsOverWidth, tokenClassification } from '../heads';

const keys = {
  vocab_size: 50257,
  n_positions: 1024,
  n_embd: 768,
  n_layer: depth(12),
  n_head: 12,
  n_inner: size((c: { readonly n_embd: number }) => 4 * c.n_embd),
  add_cross_attention: false,
  summary_use_proj: true,
  summary_proj_to_labels: true,
  tie_word_embeddings: true,
} as const;

const languageModel = (c: Config<typeof keys>, body: Parts): Parts => ({
  transformer: body,
  lm_head: lmHead(c.n_embd, c.vocab_size, c.tie_word_embeddings && 'transformer.wte.weight'),
});

export const gpt2 = family({
  types: ['gpt2'],
  title: 'GPT-2',
  source: 'transformers models/gpt2',
  defaults: keys,
  aliases: {
    hidden_size: 'n_embd',
    max_position_embeddings: 'n_positions',
    num_attention_heads: 'n_head',
    num_hidden_layers: 'n_layer',
  },
  contextKey: 'n_positions',
  body: (c, build) => {
    const headDim = Math.floor(c.n_embd / c.n_head);
    const square = (times: number): Module => transposedLinear(c.n_embd, times * c.n_embd);
    // On its own it has no encoder whose states it could keep.
    const encoded = build.path.length > 0;
    return {
      wte: embedding(c.vocab_size, c.n_embd),
      wpe: positions(c.n_positions, c.n_embd),
      h: repeat(c.n_layer, () => ({
        ln_1: layerNorm(c.n_embd),
        attn: attention({ c_attn: square(3), c_proj: square(1) }, keyValueState(c.n_head, headDim)),
        ln_2: layerNorm(c.n_embd),
        crossattention:
          c.add_cross_attention &&
          attention(
            { c_attn: square(2), q_attn: square(1), c_proj: square(1) },
            ...(encoded ? ([{ kind: 'cross', elementsPerToken: 2 * c.n_embd, heads: c.n_head }] as const) : []),
          ),
        ln_cross_attn: c.add_cross_attention && layerNorm(c.n_embd),
        mlp: mlp({ c_fc: transposedLinear(c.n_embd, c.n_inner), c_proj: transposedLinear(c.n_inner, c.n_embd) }),
      })),
      ln_f: layerNorm(c.n_embd),
    };
  },
  heads: {
    LMHeadModel: languageModel,
    ...headsOverWidth('n_embd', { ...decoderHeads('transformer', 'wte'), ForTokenClassification: tokenClassification('transformer') }),
    // A language model and a choice between continuations, which has one output per choice.
    DoubleHeadsModel: (c, body) => ({
      ...languageModel(c, body),
      multiple_choice_head: c.summary_use_proj && { summary: taskHead(c.n_embd, c.summary_proj_to_labels ? 1 : c.n_embd) },
    }),
  },
});
