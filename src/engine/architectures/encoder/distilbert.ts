import { depth } from '../../config/keys';
import { attention } from '../../modules/attention';
import { embedding, layerNorm, linear, lmHead, positions, taskHead } from '../../modules/blocks';
import { mlp } from '../../modules/mlp';
import { labelled, repeat, type Module } from '../../modules/tree';
import { family } from '../family';
import { bareModel, labelsOf } from '../heads';

/** Part of a head: a layer between the body and the outputs. */
const before = (size: number): Module => labelled('head', linear(size, size, true));

export const distilbert = family({
  types: ['distilbert'],
  title: 'DistilBERT',
  source: 'transformers models/distilbert',
  defaults: {
    vocab_size: 30522,
    max_position_embeddings: 512,
    n_layers: depth(6),
    n_heads: 12,
    dim: 768,
    hidden_dim: 3072,
    tie_word_embeddings: true,
  },
  aliases: { hidden_size: 'dim', num_attention_heads: 'n_heads', num_hidden_layers: 'n_layers' },
  body: (c) => ({
    embeddings: {
      word_embeddings: embedding(c.vocab_size, c.dim),
      position_embeddings: positions(c.max_position_embeddings, c.dim),
      LayerNorm: layerNorm(c.dim),
    },
    transformer: {
      layer: repeat(c.n_layers, () => ({
        attention: attention({
          q_lin: linear(c.dim, c.dim, true),
          k_lin: linear(c.dim, c.dim, true),
          v_lin: linear(c.dim, c.dim, true),
          out_lin: linear(c.dim, c.dim, true),
        }),
        sa_layer_norm: layerNorm(c.dim),
        ffn: mlp({ lin1: linear(c.dim, c.hidden_dim, true), lin2: linear(c.hidden_dim, c.dim, true) }),
        output_layer_norm: layerNorm(c.dim),
      })),
    },
  }),
  heads: {
    ForMaskedLM: (c, body) => ({
      distilbert: body,
      vocab_transform: before(c.dim),
      vocab_layer_norm: layerNorm(c.dim),
      vocab_projector: lmHead(c.dim, c.vocab_size, c.tie_word_embeddings && 'distilbert.embeddings.word_embeddings.weight', true),
    }),
    ForSequenceClassification: (c, body) => ({
      distilbert: body,
      pre_classifier: before(c.dim),
      classifier: taskHead(c.dim, labelsOf(c)),
    }),
    ForQuestionAnswering: (c, body) => ({ distilbert: body, qa_outputs: taskHead(c.dim, labelsOf(c)) }),
    ForTokenClassification: (c, body) => ({ distilbert: body, classifier: taskHead(c.dim, labelsOf(c)) }),
    ForMultipleChoice: (c, body) => ({ distilbert: body, pre_classifier: before(c.dim), classifier: taskHead(c.dim, 1) }),
    Model: bareModel,
  },
});
