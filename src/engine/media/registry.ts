import { deepseekOcr, deepseekVl2 } from './families/deepseekVl';
import { gemma3, gemma3n, gemma4, paligemma } from './families/gemma';
import { glm4v } from './families/glm4v';
import { idefics2, idefics3 } from './families/idefics';
import { ayaVision, internVl, internVlChat } from './families/internVl';
import { kimiK25, kimiVl } from './families/kimi';
import { llama4, mllama } from './families/llama';
import { llava, llavaNext, llavaOnevision } from './families/llava';
import { miniCpm46, miniCpmV } from './families/miniCpm';
import { phi3Vision, phi4Multimodal } from './families/phi';
import { mistral3 } from './families/pixtral';
import { qwen25Omni, qwen2Audio, qwen2Vl, qwen3Omni, qwen3Vl } from './families/qwenVl';
import { audioFlamingo, graniteSpeech, ultravox, voxtral } from './families/speech';
import { cohere2Vision, lfm2Vl, ovis2 } from './families/tiled';
import { whisper } from './families/whisper';
import type { MediaRule } from './rule';
import type { ProcessorSettings } from './settings';

const rules: readonly MediaRule[] = [
  audioFlamingo,
  ayaVision,
  cohere2Vision,
  deepseekOcr,
  deepseekVl2,
  gemma3,
  gemma3n,
  gemma4,
  glm4v,
  graniteSpeech,
  idefics2,
  idefics3,
  internVl,
  internVlChat,
  kimiK25,
  kimiVl,
  lfm2Vl,
  llama4,
  llava,
  llavaNext,
  llavaOnevision,
  miniCpm46,
  miniCpmV,
  mistral3,
  mllama,
  ovis2,
  paligemma,
  phi3Vision,
  phi4Multimodal,
  qwen25Omni,
  qwen2Audio,
  qwen2Vl,
  qwen3Omni,
  qwen3Vl,
  ultravox,
  voxtral,
  whisper,
];

/** How a model's processor counts; `undefined` for one that no rule is known of. */
export const mediaRuleOf = (modelType: string, settings: ProcessorSettings): MediaRule | undefined =>
  rules.find(({ types, applies }) => types.includes(modelType) && (applies?.(settings) ?? true));

/** Every `model_type` whose images, clips or audio are counted, sorted. */
export const mediaModelTypes = (): readonly string[] => [...new Set(rules.flatMap(({ types }) => types))].sort();
