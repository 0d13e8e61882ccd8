import type { JsonObject } from '../../config/json';
import { section } from '../../config/keys';
import { lmHead } from '../../modules/blocks';
import { module, type Parts } from '../../modules/tree';
import { sizeOf } from '../composite';
import { family, type Build, type BuiltPart, type Family, type Head } from '../family';
import { bareModel } from '../heads';

export interface Sections {
  readonly text_config: JsonObject;
  readonly vision_config: JsonObject;
}

interface VisualLanguage {
  readonly type: string;
  readonly title: string;
  readonly unloaded?: (text: BuiltPart) => Parts;
  /** Classes beside the one that generates. */
  readonly heads?: (textOf: (c: Sections, build: Build) => BuiltPart) => Readonly<Record<string, Head<Sections>>>;
}

/** A tower under `visual` beside a `language_model`, with the head outside of both: Qwen3-VL, Qwen3.5, GLM-4V. */
export function visualLanguage({ type, title, unloaded, heads }: VisualLanguage): Family {
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
    unloaded: (c, build) => unloaded?.(textOf(c, build)) ?? {},
    heads: {
      ForConditionalGeneration: (c, body, build) => {
        const text = textOf(c, build);
        const tied = c.tie_word_embeddings && 'model.language_model.embed_tokens.weight';
        return { model: body, lm_head: lmHead(sizeOf(text, 'hidden_size'), sizeOf(text, 'vocab_size'), tied) };
      },
      ...heads?.(textOf),
      Model: bareModel,
    },
  });
}
