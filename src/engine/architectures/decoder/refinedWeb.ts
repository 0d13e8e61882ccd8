import { depth } from '../../config/keys';
import { family } from '../family';
import { kvHeads } from '../sharedKeys';
import { falconBody, falconHeads } from './falcon';

/** Keys of RWConfig, under the names of today's Falcon. */
const keys = {
  vocab_size: 250880,
  hidden_size: 64,
  num_hidden_layers: depth(2),
  num_attention_heads: 8,
  num_kv_heads: kvHeads,
  multi_query: false,
  parallel_attn: false,
  bias: false,
  tie_word_embeddings: true,
} as const;
const aliases = {
  n_embed: 'hidden_size',
  n_layer: 'num_hidden_layers',
  n_head: 'num_attention_heads',
  n_head_kv: 'num_kv_heads',
} as const;
const heads = falconHeads;

/** Falcon-40B as first published: always grouped heads, two norms before parallel attention and feed-forward. */
export const refinedWeb = family({
  types: ['RefinedWeb'],
  title: 'Falcon',
  source: 'modelling_RW.py of tiiuae/falcon-40b',
  defaults: keys,
  aliases,
  body: (c) =>
    falconBody({
      ...c,
      ffn_hidden_size: 4 * c.hidden_size,
      new_decoder_architecture: true,
      parallel_attn: true,
      num_ln_in_parallel_attn: 2,
    }),
  heads,
});

/** Falcon-7B and Falcon-RW as first published. */
export const refinedWebModel = family({
  types: ['RefinedWebModel'],
  title: 'Falcon',
  source: 'modelling_RW.py of tiiuae/falcon-7b',
  defaults: keys,
  aliases,
  body: (c) => falconBody({ ...c, ffn_hidden_size: 4 * c.hidden_size, new_decoder_architecture: false, num_ln_in_parallel_attn: 1 }),
  heads,
});
