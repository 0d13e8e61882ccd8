import { depth, size, type Config } from '../../config/keys';
import { family } from '../family';
import { falconBody, falconHeads, type FalconShape } from './falcon';

/** Keys of RWConfig. */
const keys = {
  vocab_size: 250880,
  hidden_size: 64,
  n_layer: depth(2),
  n_head: 8,
  n_head_kv: size((c: { readonly n_head: number }) => c.n_head),
  multi_query: false,
  parallel_attn: false,
  bias: false,
  tie_word_embeddings: true,
} as const;
const aliases = { n_embed: 'hidden_size', num_attention_heads: 'n_head', num_hidden_layers: 'n_layer' } as const;

const today = (c: Config<typeof keys>): Omit<FalconShape, 'new_decoder_architecture' | 'num_ln_in_parallel_attn'> => ({
  ...c,
  num_hidden_layers: c.n_layer,
  num_attention_heads: c.n_head,
  num_kv_heads: c.n_head_kv,
  ffn_hidden_size: 4 * c.hidden_size,
});

/**
 * Falcon-40B as first published: always grouped heads, and two norms before attention and feed-forward in parallel. Its
 * files hold the tied language head a second time, 41,835,970,560 elements in all; loaded, it is the embedding.
 */
export const refinedWeb = family({
  types: ['RefinedWeb'],
  title: 'Falcon',
  source: 'modelling_RW.py of tiiuae/falcon-40b',
  defaults: keys,
  aliases,
  body: (c) => falconBody({ ...today(c), new_decoder_architecture: true, parallel_attn: true, num_ln_in_parallel_attn: 2 }),
  heads: falconHeads,
});

/** Falcon-7B and Falcon-RW as first published. */
export const refinedWebModel = family({
  types: ['RefinedWebModel'],
  title: 'Falcon',
  source: 'modelling_RW.py of tiiuae/falcon-7b',
  defaults: keys,
  aliases,
  body: (c) => falconBody({ ...today(c), new_decoder_architecture: false, num_ln_in_parallel_attn: 1 }),
  heads: falconHeads,
});
