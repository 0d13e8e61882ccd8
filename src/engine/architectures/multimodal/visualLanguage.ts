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
  readonly tie_word_embeddings: boolean;
}

interface VisualLanguage {
  readonly type: string;
  readonly title: string;
  /** The language model, where files do not always have a section of its own for it. */
  readonly textOf?: (c: Sections, build: Build) => BuiltPart;
  readonly unloaded?: (text: BuiltPart) => Parts;
  /** Classes beside the usual one that generates, or one in its place. */
  readonly heads?: (textOf: (c: Sections, build: Build) => BuiltPart) => Readonly<Record<string, Head<Sections>>>;
}

/** A tower under `visual` beside a `language_model`, with the head outside of both: Qwen2-VL to Qwen3.5. */
export function visualLanguage({ type, title, unloaded, heads, ...given }: VisualLanguage): Family {
  const ownSection = (c: Sections, build: Build): BuiltPart => build.part(c.text_config, `${type}_text`, 'text_config', { fixed: true });
  const { textOf = ownSection } = given;
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
