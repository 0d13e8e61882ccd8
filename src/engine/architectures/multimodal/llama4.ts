import type { JsonObject } from '../../config/json';
import { section } from '../../config/keys';
import { linear } from '../../modules/blocks';
import { module } from '../../modules/tree';
import { headInside, sizeOf } from '../composite';
import { family, type Build, type BuiltPart } from '../family';

const textOf = (c: { readonly text_config: JsonObject }, build: Build): BuiltPart =>
  build.part(c.text_config, 'llama4_text', 'text_config', { fixed: true });

/** A tower, one layer between, and a language model that is a whole model of its own. */
export const llama4 = family({
  types: ['llama4'],
  title: 'Llama 4',
  source: 'transformers models/llama4',
  settlesLayers: true,
  defaults: {
    text_config: section('llama4_text'),
    vision_config: section('llama4_vision_model'),
    tie_word_embeddings: false,
  },
  body: (c, build) => {
    const text = textOf(c, build);
    const vision = build.part(c.vision_config, 'llama4_vision_model', 'vision_config', { fixed: true });
    return {
      vision_model: module(vision.parts, { component: 'vision' }),
      multi_modal_projector: module(
        { linear_1: linear(sizeOf(vision, 'vision_output_dim'), sizeOf(text, 'hidden_size')) },
        { component: 'projector' },
      ),
      language_model: { model: text.parts },
    };
  },
  heads: headInside(textOf, (c, text) => c.tie_word_embeddings === true || text.config['tie_word_embeddings'] === true),
});
