import type { JsonObject } from '../../config/json';
import { section } from '../../config/keys';
import { lmHead } from '../../modules/blocks';
import { module } from '../../modules/tree';
import { sectionOf, sizeOf } from '../composite';
import { family, type Build, type BuiltPart, type Family } from '../family';
import { bareModel } from '../heads';

interface QwenVl {
  readonly type: string;
  readonly title: string;
}

/** Qwen2-VL and Qwen2.5-VL: a tower of their own and Qwen2. The bare model has other names than the checkpoints of the whole. */
function qwenVl({ type, title }: QwenVl): Family {
  // Files of transformers 4 keep the language model's keys at the top level and may call the tower by the whole's type.
  const textOf = (c: { readonly text_config: JsonObject }, build: Build): BuiltPart =>
    sectionOf(build, 'text_config')
      ? build.part(c.text_config, `${type}_text`, 'text_config', { fixed: true })
      : build.part(build.source, `${type}_text`, 'text_config', { flat: true });
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
    heads: {
      ForConditionalGeneration: (c, body, build) => {
        const text = textOf(c, build);
        const tied = c.tie_word_embeddings || text.config['tie_word_embeddings'] === true;
        return {
          visual: body['visual'],
          model: text.parts,
          lm_head: lmHead(sizeOf(text, 'hidden_size'), sizeOf(text, 'vocab_size'), tied && 'model.embed_tokens.weight'),
        };
      },
      Model: bareModel,
    },
  });
}

export const qwen2Vl = qwenVl({ type: 'qwen2_vl', title: 'Qwen2-VL' });
export const qwen25Vl = qwenVl({ type: 'qwen2_5_vl', title: 'Qwen2.5-VL' });
