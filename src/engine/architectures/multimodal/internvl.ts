import type { JsonObject } from '../../config/json';
import { anything, real, section } from '../../config/keys';
import { layerNorm, linear } from '../../modules/blocks';
import { module } from '../../modules/tree';
import { headInside, sizeOf, tiedAsText } from '../composite';
import { family, type Build, type BuiltPart } from '../family';

const textOf = (c: { readonly text_config: JsonObject }, build: Build): BuiltPart => build.part(c.text_config, 'qwen2', 'text_config');

/** Squares of patches become one token. The class ties a head where nothing is said; here the language model is asked. */
export const internvl = family({
  types: ['internvl'],
  title: 'InternVL',
  source: 'transformers models/internvl',
  settlesLayers: true,
  defaults: {
    text_config: section('qwen2'),
    vision_config: section('internvl_vision'),
    downsample_ratio: real(0.5, 0.01, 1),
    tie_word_embeddings: anything<boolean | null>(null),
  },
  body: (c, build) => {
    const text = textOf(c, build);
    const vision = build.part(c.vision_config, 'internvl_vision', 'vision_config', { fixed: true });
    const joined = sizeOf(vision, 'hidden_size') * Math.floor(1 / c.downsample_ratio) ** 2;
    const width = sizeOf(text, 'hidden_size');
    return {
      vision_tower: module(vision.parts, { component: 'vision' }),
      multi_modal_projector: module(
        { layer_norm: layerNorm(joined), linear_1: linear(joined, width, true), linear_2: linear(width, width, true) },
        { component: 'projector' },
      ),
      language_model: { model: text.parts },
    };
  },
  heads: headInside(textOf, tiedAsText),
});
