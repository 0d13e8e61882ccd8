import type { JsonObject } from '../../config/json';
import { section } from '../../config/keys';
import { lmHead, taskHead } from '../../modules/blocks';
import { module } from '../../modules/tree';
import { sizeOf } from '../composite';
import { family, type Build, type BuiltPart, type Family } from '../family';
import { bareModel, labelsOf } from '../heads';
import { qwen35NextTokens } from '../hybrid/qwen35Text';

interface Sections {
  readonly text_config: JsonObject;
  readonly vision_config: JsonObject;
}

/** Qwen3.5 and its mixture of experts: a tower beside a hybrid language model. */
function qwen35Of(type: string, title: string): Family {
  const textOf = (c: Sections, build: Build): BuiltPart => build.part(c.text_config, `${type}_text`, 'text_config', { fixed: true });
  return family({
    types: [type],
    title,
    source: `transformers models/${type}`,
    settlesLayers: true,
    defaults: {
      text_config: section(`${type}_text`),
      vision_config: section(`${type}_vision`),
      tie_word_embeddings: false,
    },
    body: (c, build) => ({
      visual: module(build.part(c.vision_config, `${type}_vision`, 'vision_config', { fixed: true }).parts, { component: 'vision' }),
      language_model: textOf(c, build).parts,
    }),
    unloaded: (c, build) => qwen35NextTokens(textOf(c, build).config as Parameters<typeof qwen35NextTokens>[0]),
    heads: {
      ForConditionalGeneration: (c, body, build) => {
        const text = textOf(c, build);
        const tied = c.tie_word_embeddings && 'model.language_model.embed_tokens.weight';
        return { model: body, lm_head: lmHead(sizeOf(text, 'hidden_size'), sizeOf(text, 'vocab_size'), tied) };
      },
      ForSequenceClassification: (c, body, build) => ({
        model: body,
        score: taskHead(sizeOf(textOf(c, build), 'hidden_size'), labelsOf(c), false),
      }),
      ForTokenClassification: (c, body, build) => ({
        model: body,
        score: taskHead(sizeOf(textOf(c, build), 'hidden_size'), labelsOf(c)),
      }),
      Model: bareModel,
    },
  });
}

export const qwen35 = qwen35Of('qwen3_5', 'Qwen3.5');
export const qwen35Moe = qwen35Of('qwen3_5_moe', 'Qwen3.5 MoE');
