import type { JsonObject } from '../../config/json';
import { section } from '../../config/keys';
import { linear, lmHead } from '../../modules/blocks';
import { module, type Parts } from '../../modules/tree';
import { sectionOf, sizeOf } from '../composite';
import { family, type Build, type BuiltPart } from '../family';
import { bareModel } from '../heads';

const textOf = (c: { readonly text_config: JsonObject }, build: Build): BuiltPart =>
  build.part(c.text_config, 'gemma4_text', 'text_config', { fixed: true });

/** A tower where its section is there, and the layer that brings what it saw or heard into the language model. */
function tower(kind: 'vision' | 'audio', build: Build, width: number): Parts {
  const stated = sectionOf(build, `${kind}_config`);
  if (!stated) return {};
  const part = build.part(stated, `gemma4_${kind}`, `${kind}_config`);
  const out = sizeOf(part, kind === 'audio' ? 'output_proj_dims' : 'hidden_size');
  return {
    [`${kind}_tower`]: module(part.parts, { component: kind }),
    [`embed_${kind}`]: module({ embedding_projection: linear(out, width) }, { component: 'projector' }),
  };
}

export const gemma4 = family({
  types: ['gemma4'],
  title: 'Gemma 4',
  source: 'transformers models/gemma4',
  settlesLayers: true,
  defaults: {
    text_config: section('gemma4_text'),
    vision_config: section('gemma4_vision'),
    audio_config: section('gemma4_audio'),
    tie_word_embeddings: true,
  },
  body: (c, build) => {
    const text = textOf(c, build);
    const width = sizeOf(text, 'hidden_size');
    return { ...tower('vision', build, width), ...tower('audio', build, width), language_model: text.parts };
  },
  heads: {
    ForConditionalGeneration: (c, body, build) => {
      const text = textOf(c, build);
      const tied = c.tie_word_embeddings && 'model.language_model.embed_tokens.weight';
      return { model: body, lm_head: lmHead(sizeOf(text, 'hidden_size'), sizeOf(text, 'vocab_size'), tied) };
    },
    Model: bareModel,
  },
});
