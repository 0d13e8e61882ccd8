import { toJson, type JsonObject } from '../../config/json';
import { anything, section } from '../../config/keys';
import { linear, rmsNorm } from '../../modules/blocks';
import { module } from '../../modules/tree';
import { headInside, sectionOf, sizeOf, tiedAsText } from '../composite';
import { family, type Build, type BuiltPart } from '../family';

/** What the class takes for a section that is not there (configuration_mistral3.py, sub_configs_defaults). */
const defaultText = toJson({
  ...{ hidden_size: 5120, intermediate_size: 32768, num_hidden_layers: 40, num_attention_heads: 32, num_key_value_heads: 8 },
  ...{ head_dim: 128, vocab_size: 131072, max_position_embeddings: 131072, sliding_window: null },
}) as JsonObject;
const defaultTower: JsonObject = { patch_size: 14 };

const textOf = (_config: object, build: Build): BuiltPart =>
  build.part(sectionOf(build, 'text_config') ?? defaultText, 'mistral', 'text_config');

/**
 * Squares of the tower's patches are joined before two linear layers. The class ties a head where nothing is said; files of Mistral
 * Small 3.1 say nothing and hold one (44.76 GiB in vLLM).
 */
export const mistral3 = family({
  types: ['mistral3'],
  title: 'Mistral 3',
  source: 'transformers models/mistral3',
  settlesLayers: true,
  defaults: {
    text_config: section('mistral'),
    vision_config: section('pixtral'),
    // One layer of the tower or a list of several, whose features are joined.
    vision_feature_layer: anything<unknown>(-1),
    spatial_merge_size: 2,
    multimodal_projector_bias: false,
    tie_word_embeddings: anything<boolean | null>(null),
  },
  body: (c, build) => {
    const text = textOf(c, build);
    const vision = build.part(sectionOf(build, 'vision_config') ?? defaultTower, 'pixtral', 'vision_config');
    const features = Array.isArray(c.vision_feature_layer) ? c.vision_feature_layer.length : 1;
    const [patch, width] = [sizeOf(vision, 'hidden_size'), sizeOf(text, 'hidden_size')];
    return {
      vision_tower: module(vision.parts, { component: 'vision' }),
      multi_modal_projector: module(
        {
          norm: rmsNorm(patch),
          patch_merger: { merging_layer: linear(patch * c.spatial_merge_size ** 2, patch) },
          linear_1: linear(patch * features, width, c.multimodal_projector_bias),
          linear_2: linear(width, width, c.multimodal_projector_bias),
        },
        { component: 'projector' },
      ),
      language_model: { model: text.parts },
    };
  },
  heads: headInside(textOf, tiedAsText),
});
