/** What models made of several models share: how a sub-config is found and what the whole reads from it. */
import { isObject, type JsonObject } from '../config/json';
import { lmHead } from '../modules/blocks';
import type { Parts } from '../modules/tree';
import type { Build, BuiltPart } from './family';
import { bareModel } from './heads';

/** The section under `key`; `undefined` where the file has none (or null), which is not the same as an empty one. */
export function sectionOf(build: Build, key: string): JsonObject | undefined {
  const written = build.source[key];
  return isObject(written) ? written : undefined;
}

/** A resolved size of a part; 0 for a part that could not be read, whose result is approximate already. */
export function sizeOf(part: BuiltPart, key: string): number {
  const value = part.config[key];
  return typeof value === 'number' ? value : 0;
}

interface TextSection {
  readonly text_config: JsonObject;
  readonly tie_word_embeddings: boolean | null;
}

/** A file that does not say itself whether its head is tied is asked what its language model says. */
export const tiedAsText = (c: TextSection, text: BuiltPart): boolean =>
  c.tie_word_embeddings ?? text.config['tie_word_embeddings'] === true;

/** Classes of a model whose `language_model` is a whole model of its own, head included, as its files name it. */
export const headInside = (
  textOf: (c: TextSection, build: Build) => BuiltPart,
  isTied: (c: TextSection, text: BuiltPart) => boolean = (c) => c.tie_word_embeddings === true,
) => ({
  ForConditionalGeneration: (c: TextSection, body: Parts, build: Build): Parts => {
    const text = textOf(c, build);
    const head = lmHead(
      sizeOf(text, 'hidden_size'),
      sizeOf(text, 'vocab_size'),
      isTied(c, text) && 'language_model.model.embed_tokens.weight',
    );
    return { ...body, language_model: { model: text.parts, lm_head: head } };
  },
  Model: bareModel,
});
