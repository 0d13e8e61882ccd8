import { layerNorm, linear, taskHead } from '../../modules/blocks';
import { module, tensor, type Module, type Parts } from '../../modules/tree';
import { family } from '../family';
import { bareModel, labelsOf } from '../heads';
import { bertBody, bertKeys, tiedDecoder, type BertKeys } from './bertEncoder';

/** Classes whose head reads the pooled first token. */
const pooled: readonly string[] = [
  'ForPreTraining',
  'ForNextSentencePrediction',
  'ForSequenceClassification',
  'ForMultipleChoice',
  'Model',
];

const predictions = (c: BertKeys): Module =>
  module(
    {
      transform: { dense: linear(c.hidden_size, c.hidden_size, true), LayerNorm: layerNorm(c.hidden_size) },
      decoder: tiedDecoder(c, 'bert.embeddings.word_embeddings.weight', 'cls.predictions.bias'),
      bias: tensor([c.vocab_size], 'bias'),
    },
    { component: 'head' },
  );
const languageModel = (c: BertKeys, body: Parts): Parts => ({ bert: body, cls: { predictions: predictions(c) } });

export const bert = family({
  types: ['bert'],
  title: 'BERT',
  source: 'transformers models/bert',
  defaults: bertKeys,
  body: (c, build) => bertBody(c, pooled.includes(build.head)),
  heads: {
    ForMaskedLM: languageModel,
    LMHeadModel: languageModel,
    ForPreTraining: (c, body) => ({
      bert: body,
      cls: { predictions: predictions(c), seq_relationship: taskHead(c.hidden_size, 2) },
    }),
    ForNextSentencePrediction: (c, body) => ({ bert: body, cls: { seq_relationship: taskHead(c.hidden_size, 2) } }),
    ForSequenceClassification: (c, body) => ({ bert: body, classifier: taskHead(c.hidden_size, labelsOf(c)) }),
    ForMultipleChoice: (c, body) => ({ bert: body, classifier: taskHead(c.hidden_size, 1) }),
    ForTokenClassification: (c, body) => ({ bert: body, classifier: taskHead(c.hidden_size, labelsOf(c)) }),
    ForQuestionAnswering: (c, body) => ({ bert: body, qa_outputs: taskHead(c.hidden_size, labelsOf(c)) }),
    Model: bareModel,
  },
});
