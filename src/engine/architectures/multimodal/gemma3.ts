import { section } from '../../config/keys';
import { lmHead, rmsNorm, taskHead } from '../../modules/blocks';
import { module, tensor } from '../../modules/tree';
import { sizeOf } from '../composite';
import { family, type Build, type BuiltPart } from '../family';
import { bareModel, labelsOf } from '../heads';
import type { JsonObject } from '../../config/json';

interface Sections {
  readonly text_config: JsonObject;
  readonly vision_config: JsonObject;
}
const textOf = (c: Sections, build: Build): BuiltPart => build.part(c.text_config, 'gemma3_text', 'text_config', { fixed: true });
const visionOf = (c: Sections, build: Build): BuiltPart => build.part(c.vision_config, 'siglip_vision_model', 'vision_config');

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
    const vision = visionOf(c, build);
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
    ForConditionalGeneration: (c, body, build) => {
      const text = textOf(c, build);
      const tied = c.tie_word_embeddings && 'language_model.model.embed_tokens.weight';
      return {
        ...body,
        language_model: { model: text.parts, lm_head: lmHead(sizeOf(text, 'hidden_size'), sizeOf(text, 'vocab_size'), tied) },
      };
    },
    ForSequenceClassification: (c, body, build) => ({
      ...body,
      score: taskHead(sizeOf(textOf(c, build), 'hidden_size'), labelsOf(c), false),
    }),
    Model: bareModel,
  },
});
