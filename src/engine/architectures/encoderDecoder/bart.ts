import { depth, type Config } from '../../config/keys';
import { attention, keyValueState } from '../../modules/attention';
import { buffer, embedding, layerNorm, linear, lmHead, positions, taskHead } from '../../modules/blocks';
import { labelled, module, repeat, tensor, type Module, type Parts, type State } from '../../modules/tree';
import { family, type Build, type Family, type Head } from '../family';
import { bareModel, labelsOf, questionAnswering } from '../heads';

/** Keys of BART and of what was made from it, with BART's defaults. */
const bartKeys = {
  vocab_size: 50265,
  d_model: 1024,
  encoder_layers: depth(12),
  encoder_attention_heads: 16,
  encoder_ffn_dim: 4096,
  decoder_layers: depth(12),
  decoder_attention_heads: 16,
  decoder_ffn_dim: 4096,
  max_position_embeddings: 1024,
  tie_word_embeddings: true,
} as const;
type BartKeys = Config<typeof bartKeys>;

/** What one type has beside the layers. */
interface Style {
  /** A table of positions with this many rows beside the stated ones; `null` for one that is made at run time (M2M100). */
  readonly positions: { readonly more: number; readonly frozen: boolean } | null;
  /** A norm behind the embeddings, and one behind the last layer. */
  readonly normsEmbedding: boolean;
  readonly normsOutput: boolean;
}

const attend = (width: number, ...keeps: readonly State[]): Module =>
  attention(
    {
      k_proj: linear(width, width, true),
      v_proj: linear(width, width, true),
      q_proj: linear(width, width, true),
      out_proj: linear(width, width, true),
    },
    ...keeps,
  );

const tableOf = (c: BartKeys, { positions: places }: Style): Module | false => {
  if (!places) return false;
  const rows = c.max_position_embeddings + places.more;
  if (!places.frozen) return positions(rows, c.d_model);
  return module({ weight: tensor([rows, c.d_model], 'position', { frozen: true }) }, { component: 'embedding' });
};

/** What a layer of the decoder keeps of its own tokens and, beside an encoder, of the encoder's; `null` for a layer of the encoder. */
type Keeps = { readonly own: State; readonly cross: State | null } | null;

/** A stack under the tables of tokens and positions; the decoder's layers attend to the encoder's output too. */
function stack(c: BartKeys, style: Style, table: Module, count: number, inner: number, keeps: Keeps): Parts {
  return {
    embed_tokens: table,
    embed_positions: tableOf(c, style),
    layers: repeat(count, () => ({
      self_attn: attend(c.d_model, ...(keeps ? [keeps.own] : [])),
      self_attn_layer_norm: layerNorm(c.d_model),
      encoder_attn: keeps !== null && attend(c.d_model, ...(keeps.cross ? [keeps.cross] : [])),
      encoder_attn_layer_norm: keeps !== null && layerNorm(c.d_model),
      fc1: labelled('mlp', linear(c.d_model, inner, true)),
      fc2: labelled('mlp', linear(inner, c.d_model, true)),
      final_layer_norm: layerNorm(c.d_model),
    })),
    layernorm_embedding: style.normsEmbedding && layerNorm(c.d_model),
    layer_norm: style.normsOutput && layerNorm(c.d_model),
  };
}

/** Encoder and decoder under one table of tokens; the class that generates without an encoder holds the decoder's alone. */
function body(c: BartKeys, style: Style, build: Build): Parts {
  const alone = build.head === 'ForCausalLM';
  const shared = build.head === 'Model' ? 'shared.weight' : 'model.shared.weight';
  const tied = !alone && c.tie_word_embeddings ? { tiedTo: shared } : {};
  const table = module({ weight: tensor([c.vocab_size, c.d_model], 'embedding', tied) }, { component: 'embedding' });
  const own = keyValueState(c.decoder_attention_heads, c.d_model / c.decoder_attention_heads);
  const cross: State = { kind: 'cross', elementsPerToken: 2 * c.d_model, heads: c.decoder_attention_heads };
  return {
    shared: !alone && embedding(c.vocab_size, c.d_model),
    encoder: !alone && stack(c, style, table, c.encoder_layers, c.encoder_ffn_dim, null),
    decoder: stack(c, style, table, c.decoder_layers, c.decoder_ffn_dim, { own, cross: alone ? null : cross }),
  };
}

/** A bias of the logits that is saved and not trained. */
const generating =
  (biased: boolean): Head<typeof bartKeys> =>
  (c, inner) => ({
    model: inner,
    final_logits_bias: biased && buffer(1, c.vocab_size),
    lm_head: lmHead(c.d_model, c.vocab_size, c.tie_word_embeddings && 'model.shared.weight'),
  });

const decoderAlone: Head<typeof bartKeys> = (c, inner) => ({
  model: inner,
  lm_head: lmHead(c.d_model, c.vocab_size, c.tie_word_embeddings && 'model.decoder.embed_tokens.weight'),
});

/** @param labels of a file that names none (BartConfig: 3) */
const classifying =
  (labels: number): Head<typeof bartKeys> =>
  (c, inner, { source }) => ({
    model: inner,
    classification_head: module(
      {
        dense: linear(c.d_model, c.d_model, true),
        out_proj: taskHead(c.d_model, (source['id2label'] ?? source['num_labels']) ? labelsOf(c) : labels),
      },
      { component: 'head' },
    ),
  });

const answering: Head<typeof bartKeys> = (c, inner) => questionAnswering('model')({ hidden_size: c.d_model }, inner);

const aliases = {
  hidden_size: 'd_model',
  num_attention_heads: 'encoder_attention_heads',
  num_key_value_heads: 'decoder_attention_heads',
  num_hidden_layers: 'encoder_layers',
};

/** Lewis et al. 2019. */
export const bart: Family = family({
  types: ['bart'],
  title: 'BART',
  source: 'transformers models/bart',
  defaults: bartKeys,
  aliases,
  body: (c, build) => body(c, { positions: { more: 2, frozen: false }, normsEmbedding: true, normsOutput: false }, build),
  heads: {
    ForConditionalGeneration: generating(true),
    ForCausalLM: decoderAlone,
    ForSequenceClassification: classifying(3),
    ForQuestionAnswering: answering,
    Model: bareModel,
  },
});

/** Liu et al. 2020: BART with norms before each part. */
export const mbart: Family = family({
  types: ['mbart'],
  title: 'mBART',
  source: 'transformers models/mbart',
  defaults: bartKeys,
  aliases,
  body: (c, build) => body(c, { positions: { more: 2, frozen: false }, normsEmbedding: true, normsOutput: true }, build),
  heads: {
    ForConditionalGeneration: generating(true),
    ForCausalLM: decoderAlone,
    ForSequenceClassification: classifying(2),
    ForQuestionAnswering: answering,
    Model: bareModel,
  },
});

/** Fan et al. 2020; NLLB Team 2022: positions are sines, made at run time. */
export const m2m100: Family = family({
  types: ['m2m_100'],
  title: 'M2M100 / NLLB',
  source: 'transformers models/m2m_100',
  defaults: { ...bartKeys, vocab_size: 128112 },
  aliases,
  body: (c, build) => body(c, { positions: null, normsEmbedding: false, normsOutput: true }, build),
  heads: { ForConditionalGeneration: generating(false), Model: bareModel },
});

/** Junczys-Dowmunt et al. 2018: positions are sines, held as a weight that is not trained. */
export const marian: Family = family({
  types: ['marian'],
  title: 'Marian',
  source: 'transformers models/marian',
  defaults: { ...bartKeys, vocab_size: 58101 },
  aliases,
  body: (c, build) => body(c, { positions: { more: 0, frozen: true }, normsEmbedding: false, normsOutput: false }, build),
  heads: { MTModel: generating(true), ForCausalLM: decoderAlone, Model: bareModel },
});
