import { toJson, type JsonObject } from '../../config/json';
import { anything, section } from '../../config/keys';
import { linear } from '../../modules/blocks';
import { module } from '../../modules/tree';
import { headInside, sectionOf, sizeOf } from '../composite';
import { family, type Build, type BuiltPart } from '../family';

/** CLIP ViT-L at 336 pixels: the tower of a file that states none (configuration_llava.py). */
const defaultTower = toJson({
  model_type: 'clip_vision_model',
  intermediate_size: 4096,
  hidden_size: 1024,
  patch_size: 14,
  image_size: 336,
  num_hidden_layers: 24,
  num_attention_heads: 16,
}) as JsonObject;

/** The text model; the authors' own files have no section for it but Llama's keys at the top level. */
function textOf(c: { readonly text_config: JsonObject }, build: Build): BuiltPart {
  if (sectionOf(build, 'text_config') || typeof build.source['hidden_size'] !== 'number')
    return build.part(c.text_config, 'llama', 'text_config');
  build.approximate('llava-own-layout');
  build.report({ code: 'assumption', severity: 'warning', values: { assumption: 'llava-own-layout' } });
  return build.part(build.source, 'llama', 'text_config', { flat: true });
}

/** Liu et al. 2023: a vision tower, two linear layers, a language model of any family. Names are those of the checkpoints. */
export const llava = family({
  types: ['llava'],
  title: 'LLaVA',
  source: 'transformers models/llava',
  settlesLayers: true,
  defaults: {
    text_config: section('llama'),
    vision_config: section('clip_vision_model'),
    // One layer of the tower or a list of several, whose features are joined.
    vision_feature_layer: anything<unknown>(-2),
    multimodal_projector_bias: true,
    tie_word_embeddings: false,
  },
  body: (c, build) => {
    const text = textOf(c, build);
    const vision = build.part(sectionOf(build, 'vision_config') ?? defaultTower, 'clip_vision_model', 'vision_config');
    const features = Array.isArray(c.vision_feature_layer) ? c.vision_feature_layer.length : 1;
    const width = sizeOf(text, 'hidden_size');
    return {
      vision_tower: module(vision.parts, { component: 'vision' }),
      multi_modal_projector: module(
        {
          linear_1: linear(sizeOf(vision, 'hidden_size') * features, width, c.multimodal_projector_bias),
          linear_2: linear(width, width, c.multimodal_projector_bias),
        },
        { component: 'projector' },
      ),
      language_model: { model: text.parts },
    };
  },
  heads: headInside(
    textOf,
    // The reference ties to an embedding of this name only.
    (c, text) => 'embed_tokens' in text.parts && (c.tie_word_embeddings === true || text.config['tie_word_embeddings'] === true),
  ),
});
