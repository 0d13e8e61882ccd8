import { taskHead } from '../../modules/blocks';
import type { Parts } from '../../modules/tree';
import { sizeOf } from '../composite';
import type { Build, BuiltPart, Family } from '../family';
import { labelsOf } from '../heads';
import { qwen35NextTokens } from '../hybrid/qwen35Text';
import { visualLanguage, type Sections } from './visualLanguage';

/** Qwen3.5 and its mixture of experts: a tower beside a hybrid language model. */
function qwen35Of(type: string, title: string): Family {
  const classes = (textOf: (c: Sections, build: Build) => BuiltPart) => {
    const score = (c: Sections, build: Build, bias: boolean) => taskHead(sizeOf(textOf(c, build), 'hidden_size'), labelsOf(c), bias);
    return {
      ForSequenceClassification: (c: Sections, body: Parts, build: Build) => ({ model: body, score: score(c, build, false) }),
      ForTokenClassification: (c: Sections, body: Parts, build: Build) => ({ model: body, score: score(c, build, true) }),
    };
  };
  return visualLanguage({
    type,
    title,
    unloaded: (text) => qwen35NextTokens(text.config as Parameters<typeof qwen35NextTokens>[0]),
    heads: classes,
  });
}

export const qwen35 = qwen35Of('qwen3_5', 'Qwen3.5');
export const qwen35Moe = qwen35Of('qwen3_5_moe', 'Qwen3.5 MoE');
