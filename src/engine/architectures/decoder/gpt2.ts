import { depth, size, type Config } from '../../config/keys';
import { embedding, layerNorm, lmHead, positions, taskHead, transposedLinear } from '../../modules/blocks';
import { mlp } from '../../modules/mlp';
import { attention, keyValueState } from '../../modules/attention';
import { repeat, type Module, type Parts } from '../../modules/tree';
import { family } from '../family';
import { decoderHeads, tokenClassification } from '../heads';

const keys = {
  vocab_size: 50257,
  max_position_embeddings: 1024,
  hidden_size: 768,
  num_hidden_layers: depth(12),
  num_attention_heads: 12,
  n_inner: size((c: { readonly hidden_size: number }) => 4 * c.hidden_size),
  add_cross_attention: false,
  summary_use_proj: true,
  summary_proj_to_labels: true,
  tie_word_embeddings: true,
} as const;

const languageModel = (c: Config<typeof keys>, body: Parts): Parts => ({
  transformer: body,
  lm_head: lmHead(c.hidden_size, c.vocab_size, c.tie_word_embeddings && 'transformer.wte.weight'),
});

/** Its sizes go under the names of today's classes, which win where a file has both, as in the reference's attribute_map. */
export const gpt2 = family({
  types: ['gpt2'],
  title: 'GPT-2',
  source: 'transformers models/gpt2',
  defaults: keys,
  aliases: {
    n_positions: 'max_position_embeddings',
    n_embd: 'hidden_size',
    n_layer: 'num_hidden_layers',
    n_head: 'num_attention_heads',
  },
  body: (c, build) => {
    const headDim = Math.floor(c.hidden_size / c.num_attention_heads);
    const square = (times: number): Module => transposedLinear(c.hidden_size, times * c.hidden_size);
    // On its own it has no encoder whose states it could keep.
    const encoded = build.path.length > 0;
    return {
      wte: embedding(c.vocab_size, c.hidden_size),
      wpe: positions(c.max_position_embeddings, c.hidden_size),
      h: repeat(c.num_hidden_layers, () => ({
        ln_1: layerNorm(c.hidden_size),
        attn: attention({ c_attn: square(3), c_proj: square(1) }, keyValueState(c.num_attention_heads, headDim)),
        ln_2: layerNorm(c.hidden_size),
        crossattention:
          c.add_cross_attention &&
          attention(
            { c_attn: square(2), q_attn: square(1), c_proj: square(1) },
            ...(encoded ? ([{ kind: 'cross', elementsPerToken: 2 * c.hidden_size, heads: c.num_attention_heads }] as const) : []),
          ),
        ln_cross_attn: c.add_cross_attention && layerNorm(c.hidden_size),
        mlp: mlp({ c_fc: transposedLinear(c.hidden_size, c.n_inner), c_proj: transposedLinear(c.n_inner, c.hidden_size) }),
      })),
      ln_f: layerNorm(c.hidden_size),
    };
  },
  heads: {
    LMHeadModel: languageModel,
    ...decoderHeads('transformer', 'wte'),
    ForTokenClassification: tokenClassification('transformer'),
    // A language model and a choice between continuations, which has one output per choice.
    DoubleHeadsModel: (c, body) => ({
      ...languageModel(c, body),
      multiple_choice_head: c.summary_use_proj && { summary: taskHead(c.hidden_size, c.summary_proj_to_labels ? 1 : c.hidden_size) },
    }),
  },
});
