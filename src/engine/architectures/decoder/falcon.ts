import { depth, nullableFlag, nullableSize, size } from '../../config/keys';
import { derivedLinear, embedding, layerNorm } from '../../modules/blocks';
import { mlp } from '../../modules/mlp';
import { attention, copiedState, keyValueState } from '../../modules/attention';
import { repeat, type Parts } from '../../modules/tree';
import { family } from '../family';
import { decoderHeads, tokenClassification } from '../heads';
import { kvHeads } from '../sharedKeys';

export interface FalconShape {
  readonly vocab_size: number;
  readonly hidden_size: number;
  readonly num_hidden_layers: number;
  readonly num_attention_heads: number;
  /** Read with the newer architecture only. */
  readonly num_kv_heads: number;
  readonly ffn_hidden_size: number;
  readonly bias: boolean | null;
  readonly new_decoder_architecture: boolean | null;
  readonly multi_query: boolean | null;
  readonly parallel_attn: boolean | null;
  readonly num_ln_in_parallel_attn: number | null;
}

/** Linear layers are of the class FalconLinear. The body of all Falcon types: that of Falcon-40B and later (the newer architecture) or that of the 7B and the RW models. */
export function falconBody(c: FalconShape): Parts {
  const bias = c.bias === true;
  const headDim = Math.floor(c.hidden_size / c.num_attention_heads);
  const norm = () => layerNorm(c.hidden_size);
  const projected = c.new_decoder_architecture
    ? (c.num_attention_heads + 2 * c.num_kv_heads) * headDim
    : c.hidden_size + 2 * (c.multi_query ? headDim : c.hidden_size);
  // The newer architecture copies its keys and values to every query head before it keeps them (FalconAttention).
  const copies = c.new_decoder_architecture ? c.num_attention_heads / c.num_kv_heads : 1;
  const kept =
    copies > 1 && Number.isInteger(copies)
      ? copiedState(c.num_kv_heads, headDim, copies)
      : keyValueState(c.multi_query && !c.new_decoder_architecture ? 1 : c.num_attention_heads, headDim);
  const norms = c.num_ln_in_parallel_attn ?? (c.new_decoder_architecture ? 2 : 1);
  return {
    word_embeddings: embedding(c.vocab_size, c.hidden_size),
    h: repeat(c.num_hidden_layers, () => ({
      self_attention: attention(
        { query_key_value: derivedLinear(c.hidden_size, projected, bias), dense: derivedLinear(c.hidden_size, c.hidden_size, bias) },
        kept,
      ),
      mlp: mlp({
        dense_h_to_4h: derivedLinear(c.hidden_size, c.ffn_hidden_size, bias),
        dense_4h_to_h: derivedLinear(c.ffn_hidden_size, c.hidden_size, bias),
      }),
      ...(!c.parallel_attn
        ? { post_attention_layernorm: norm(), input_layernorm: norm() }
        : norms === 2
          ? { ln_attn: norm(), ln_mlp: norm() }
          : { input_layernorm: norm() }),
    })),
    ln_f: norm(),
  };
}

export const falconHeads = {
  ...decoderHeads('transformer', 'word_embeddings'),
  ForTokenClassification: tokenClassification('transformer'),
};

/** The feed-forward's width: four times the hidden size. */
export const fourfold = (c: { readonly hidden_size: number }): number => 4 * c.hidden_size;

export const falcon = family({
  types: ['falcon'],
  title: 'Falcon',
  source: 'transformers models/falcon',
  defaults: {
    vocab_size: 65024,
    hidden_size: 4544,
    num_hidden_layers: depth(32),
    num_attention_heads: 71,
    num_kv_heads: kvHeads,
    ffn_hidden_size: size(fourfold),
    bias: nullableFlag(false),
    new_decoder_architecture: nullableFlag(false),
    multi_query: nullableFlag(true),
    parallel_attn: nullableFlag(true),
    num_ln_in_parallel_attn: nullableSize(null),
    max_position_embeddings: 2048,
    tie_word_embeddings: true,
  },
  aliases: { n_embed: 'hidden_size' },
  body: (c) => falconBody(c),
  heads: falconHeads,
});
