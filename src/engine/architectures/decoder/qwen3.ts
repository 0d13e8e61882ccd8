import { family } from '../family';
import { decoderHeads, questionAnswering } from '../heads';
import { headNorms } from '../usualDecoder';
import { qwen2Defaults, qwenBody } from './qwen2';

export const qwen3 = family({
  types: ['qwen3'],
  title: 'Qwen3',
  source: 'transformers models/qwen3',
  defaults: { ...qwen2Defaults, head_dim: 128, attention_bias: false },
  body: (c, build) =>
    qwenBody(c, build, { headDim: c.head_dim, bias: c.attention_bias, outBias: c.attention_bias, more: headNorms(c.head_dim) }),
  heads: { ...decoderHeads(), ForQuestionAnswering: questionAnswering('transformer') },
});
