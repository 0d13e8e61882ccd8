import { lmHead } from '../../modules/blocks';
import { sectionOf, sizeOf } from '../composite';
import type { Family } from '../family';
import { visualLanguage } from './visualLanguage';

/** Qwen2-VL and Qwen2.5-VL: a tower of their own and Qwen2. The bare model has other names than the checkpoints of the whole. */
const qwenVl = (type: string, title: string): Family =>
  visualLanguage({
    type,
    title,
    // Files of transformers 4 keep the language model's keys at the top level and may call the tower by the whole's type.
    textOf: (c, build) =>
      sectionOf(build, 'text_config')
        ? build.part(c.text_config, `${type}_text`, 'text_config', { fixed: true })
        : build.part(build.source, `${type}_text`, 'text_config', { flat: true }),
    heads: (textOf) => ({
      ForConditionalGeneration: (c, body, build) => {
        const text = textOf(c, build);
        const tied = c.tie_word_embeddings || text.config['tie_word_embeddings'] === true;
        return {
          visual: body['visual'],
          model: text.parts,
          lm_head: lmHead(sizeOf(text, 'hidden_size'), sizeOf(text, 'vocab_size'), tied && 'model.embed_tokens.weight'),
        };
      },
    }),
  });

export const qwen2Vl = qwenVl('qwen2_vl', 'Qwen2-VL');
export const qwen25Vl = qwenVl('qwen2_5_vl', 'Qwen2.5-VL');
