import type { JsonObject } from '../../config/json';
import { section } from '../../config/keys';
import { linear, lmHead } from '../../modules/blocks';
import { module } from '../../modules/tree';
import { sizeOf } from '../composite';
import { family, type Build, type BuiltPart, type Family } from '../family';
import { bareModel } from '../heads';

const textOf = (c: { readonly text_config: JsonObject }, build: Build): BuiltPart => build.part(c.text_config, 'llama', 'text_config');

/** A tower, squares of whose patches are joined into one token of a language model of any family. */
const idefics3Of = (type: string, title: string): Family =>
  family({
    types: [type],
    title,
    source: `transformers models/${type}`,
    settlesLayers: true,
    defaults: {
      text_config: section('llama'),
      vision_config: section(`${type}_vision`),
      // Patches along each side of such a square.
      scale_factor: 2,
      tie_word_embeddings: false,
    },
    body: (c, build) => {
      const text = textOf(c, build);
      const vision = build.part(c.vision_config, `${type}_vision`, 'vision_config', { fixed: true });
      const joined = sizeOf(vision, 'hidden_size') * c.scale_factor ** 2;
      return {
        vision_model: module(vision.parts, { component: 'vision' }),
        connector: module({ modality_projection: { proj: linear(joined, sizeOf(text, 'hidden_size')) } }, { component: 'projector' }),
        text_model: text.parts,
      };
    },
    heads: {
      ForConditionalGeneration: (c, body, build) => {
        const text = textOf(c, build);
        const tied = c.tie_word_embeddings && 'model.text_model.embed_tokens.weight';
        return { model: body, lm_head: lmHead(sizeOf(text, 'hidden_size'), sizeOf(text, 'vocab_size'), tied) };
      },
      Model: bareModel,
    },
  });

export const idefics3 = idefics3Of('idefics3', 'Idefics3');
export const smolvlm = idefics3Of('smolvlm', 'SmolVLM');
