import { section } from '../../config/keys';
import { rmsNorm, taskHead } from '../../modules/blocks';
import { module, tensor } from '../../modules/tree';
import { headInside, sizeOf } from '../composite';
import { family, type Build, type BuiltPart } from '../family';
import { labelsOf } from '../heads';
import type { JsonObject } from '../../config/json';

const textOf = (c: { readonly text_config: JsonObject }, build: Build): BuiltPart =>
  build.part(c.text_config, 'gemma3_text', 'text_config', { fixed: true });

/** Names are those of the checkpoints: the language model is a whole model of its own there. */
export const gemma3 = family({
  types: ['gemma3'],
  title: 'Gemma 3',
  source: 'transformers models/gemma3',
  settlesLayers: true,
  defaults: {
    text_config: section('gemma3_text'),
    vision_config: section('siglip_vision_model'),
    tie_word_embeddings: true,
  },
  body: (c, build) => {
    const text = textOf(c, build);
    const vision = build.part(c.vision_config, 'siglip_vision_model', 'vision_config');
    const width = sizeOf(vision, 'hidden_size');
    return {
      vision_tower: module(vision.parts, { component: 'vision' }),
      multi_modal_projector: module(
        {
          mm_input_projection_weight: tensor([width, sizeOf(text, 'hidden_size')], 'linear', { layout: 'in,out' }),
          mm_soft_emb_norm: rmsNorm(width),
        },
        { component: 'projector' },
      ),
      language_model: { model: text.parts },
    };
  },
  heads: {
    ...headInside(textOf),
    ForSequenceClassification: (c, body, build) => ({
      ...body,
      score: taskHead(sizeOf(textOf(c, build), 'hidden_size'), labelsOf(c), false),
    }),
  },
});
