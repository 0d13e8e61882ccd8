import { layerNorm, linear, taskHead } from '../../modules/blocks';
import { module, tensor, type Parts } from '../../modules/tree';
import { family } from '../family';
import { bareModel, labelsOf } from '../heads';
import { bertBody, bertKeys, tiedDecoder, type BertKeys } from './bertEncoder';

/** Classes whose head reads the pooled first token; sequence classification has layers of its own for that. */
const pooled: readonly string[] = ['ForMultipleChoice', 'Model'];

const languageModel = (c: BertKeys, body: Parts): Parts => ({
  roberta: body,
  lm_head: module(
    {
      dense: linear(c.hidden_size, c.hidden_size, true),
      layer_norm: layerNorm(c.hidden_size),
      decoder: tiedDecoder(c, 'roberta.embeddings.word_embeddings.weight', 'lm_head.bias'),
      bias: tensor([c.vocab_size], 'bias'),
    },
    { component: 'head' },
  ),
});

export const roberta = family({
  types: ['roberta'],
  title: 'RoBERTa',
  source: 'transformers models/roberta',
  defaults: { ...bertKeys, vocab_size: 50265 },
  body: (c, build) => bertBody(c, pooled.includes(build.head)),
  heads: {
    ForMaskedLM: languageModel,
    ForCausalLM: languageModel,
    ForSequenceClassification: (c, body) => ({
      roberta: body,
      classifier: module(
        { dense: linear(c.hidden_size, c.hidden_size, true), out_proj: taskHead(c.hidden_size, labelsOf(c)) },
        { component: 'head' },
      ),
    }),
    ForMultipleChoice: (c, body) => ({ roberta: body, classifier: taskHead(c.hidden_size, 1) }),
    ForTokenClassification: (c, body) => ({ roberta: body, classifier: taskHead(c.hidden_size, labelsOf(c)) }),
    ForQuestionAnswering: (c, body) => ({ roberta: body, qa_outputs: taskHead(c.hidden_size, labelsOf(c)) }),
    Model: bareModel,
  },
});
