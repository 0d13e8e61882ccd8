import { anything, count, depth, nullableFlag, type Config } from '../../config/keys';
import { attention } from '../../modules/attention';
import { conv1d, embedding, layerNorm, linear, positions, taskHead } from '../../modules/blocks';
import { mlp } from '../../modules/mlp';
import { module, repeat, tensor, type Module, type Parts } from '../../modules/tree';
import { family } from '../family';
import { bareModel, labelsOf, questionAnswering, tokenClassification } from '../heads';
import { tiedDecoder } from './bertEncoder';

/** Keys of DeBERTa v2 and v3 (configuration_debertav2.py; those that it does not declare are read from the file as they are). */
const keys = {
  vocab_size: 128100,
  hidden_size: 1536,
  num_hidden_layers: depth(24),
  num_attention_heads: 24,
  intermediate_size: 6144,
  max_position_embeddings: 512,
  type_vocab_size: count(0),
  relative_attention: false,
  max_relative_positions: anything<unknown>(-1),
  position_buckets: anything<unknown>(-1),
  position_biased_input: true,
  share_att_key: nullableFlag(false),
  pos_att_type: anything<unknown>(null),
  norm_rel_ebd: anything<unknown>('none'),
  conv_kernel_size: count(0),
  conv_groups: 1,
  embedding_size: (c: { readonly hidden_size: number }) => c.hidden_size,
  pooler_hidden_size: (c: { readonly hidden_size: number }) => c.hidden_size,
  legacy: true,
  tie_word_embeddings: true,
} as const;
type Keys = Config<typeof keys>;

/** Ways in which positions enter the scores: content to position, position to content. */
export function positionWays(stated: unknown): { readonly c2p: boolean; readonly p2c: boolean } {
  const listed = typeof stated === 'string' ? stated.toLowerCase().split('|') : Array.isArray(stated) ? stated : [];
  const names = listed.map((name) => String(name).trim());
  return { c2p: names.includes('c2p'), p2c: names.includes('p2c') };
}

const positive = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isInteger(value) && value > 0 ? value : undefined;

/** Rows of the table of relative distances: both directions, in buckets where there are such. */
const distances = (c: Keys): number =>
  2 * (positive(c.position_buckets) ?? positive(c.max_relative_positions) ?? c.max_position_embeddings);

/** He et al. 2020, 2021; transformers models/deberta_v2/modeling_deberta_v2.py. */
function bodyOf(c: Keys): Parts {
  const ways = positionWays(c.pos_att_type);
  const apart = c.relative_attention && c.share_att_key !== true;
  const normed =
    typeof c.norm_rel_ebd === 'string' &&
    c.norm_rel_ebd
      .toLowerCase()
      .split('|')
      .some((name) => name.trim() === 'layer_norm');
  const square = (): Module => linear(c.hidden_size, c.hidden_size, true);
  return {
    embeddings: {
      word_embeddings: embedding(c.vocab_size, c.embedding_size),
      position_embeddings: c.position_biased_input && positions(c.max_position_embeddings, c.embedding_size),
      token_type_embeddings: c.type_vocab_size > 0 && positions(c.type_vocab_size, c.embedding_size),
      embed_proj: c.embedding_size !== c.hidden_size && linear(c.embedding_size, c.hidden_size),
      LayerNorm: layerNorm(c.hidden_size),
    },
    encoder: {
      layer: repeat(c.num_hidden_layers, () => ({
        attention: attention({
          self: {
            query_proj: square(),
            key_proj: square(),
            value_proj: square(),
            pos_key_proj: apart && ways.c2p && square(),
            pos_query_proj: apart && ways.p2c && square(),
          },
          output: { dense: square(), LayerNorm: layerNorm(c.hidden_size) },
        }),
        intermediate: mlp({ dense: linear(c.hidden_size, c.intermediate_size, true) }),
        output: mlp({ dense: linear(c.intermediate_size, c.hidden_size, true), LayerNorm: layerNorm(c.hidden_size) }),
      })),
      rel_embeddings: c.relative_attention && positions(distances(c), c.hidden_size),
      LayerNorm: normed && layerNorm(c.hidden_size),
      conv: c.conv_kernel_size > 0 && {
        conv: conv1d(c.hidden_size, c.hidden_size, c.conv_kernel_size, true, c.conv_groups),
        LayerNorm: layerNorm(c.hidden_size),
      },
    },
  };
}

const pooler = (c: Keys): Module => module({ dense: linear(c.pooler_hidden_size, c.pooler_hidden_size, true) }, { component: 'head' });

function languageHead(c: Keys): Parts {
  const bias = tensor([c.vocab_size], 'bias');
  if (!c.legacy)
    return {
      lm_predictions: {
        lm_head: module(
          { dense: linear(c.hidden_size, c.hidden_size, true), LayerNorm: layerNorm(c.hidden_size), bias },
          { component: 'head' },
        ),
      },
    };
  const transform = { dense: linear(c.hidden_size, c.embedding_size, true), LayerNorm: layerNorm(c.embedding_size) };
  const decoder = tiedDecoder({ ...c, hidden_size: c.embedding_size }, 'deberta.embeddings.word_embeddings.weight', 'cls.predictions.bias');
  return { cls: { predictions: module({ transform, decoder, bias }, { component: 'head' }) } };
}

export const debertaV2 = family({
  types: ['deberta-v2'],
  title: 'DeBERTa v2 / v3',
  source: 'transformers models/deberta_v2',
  defaults: keys,
  body: bodyOf,
  heads: {
    ForMaskedLM: (c, body) => ({ deberta: body, ...languageHead(c) }),
    ForSequenceClassification: (c, body) => ({
      deberta: body,
      pooler: pooler(c),
      classifier: taskHead(c.hidden_size, labelsOf(c)),
    }),
    ForMultipleChoice: (c, body) => ({ deberta: body, pooler: pooler(c), classifier: taskHead(c.hidden_size, 1) }),
    ForTokenClassification: tokenClassification('deberta'),
    ForQuestionAnswering: questionAnswering('deberta'),
    Model: bareModel,
  },
});
