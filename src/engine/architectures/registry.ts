import type { Family } from './family';
import { gemma4Audio } from './audio/gemma4Audio';
import { whisper } from './audio/whisper';
import { apertus } from './decoder/apertus';
import { arcee } from './decoder/arcee';
import { bloom } from './decoder/bloom';
import { cohere } from './decoder/cohere';
import { cohere2 } from './decoder/cohere2';
import { dbrx } from './decoder/dbrx';
import { deepseekV2 } from './decoder/deepseekV2';
import { deepseekV3 } from './decoder/deepseekV3';
import { dots1 } from './decoder/dots1';
import { ernie45, ernie45Moe } from './decoder/ernie45';
import { exaone4 } from './decoder/exaone4';
import { exaoneMoe } from './decoder/exaoneMoe';
import { falcon } from './decoder/falcon';
import { gemma } from './decoder/gemma';
import { gemma2 } from './decoder/gemma2';
import { gemma3Text } from './decoder/gemma3Text';
import { gemma4Text } from './decoder/gemma4Text';
import { glm, glm4 } from './decoder/glm';
import { glm4Moe } from './decoder/glm4Moe';
import { gpt2 } from './decoder/gpt2';
import { gptNeo } from './decoder/gptNeo';
import { gptNeox } from './decoder/gptNeox';
import { gptOss } from './decoder/gptOss';
import { gptj } from './decoder/gptj';
import { granite } from './decoder/granite';
import { graniteMoe } from './decoder/graniteMoe';
import { hunyuanDense, hunyuanMoe } from './decoder/hunyuan';
import { deepseekV32, glmMoeDsa } from './decoder/indexedLatent';
import { llama } from './decoder/llama';
import { llama4Text } from './decoder/llama4Text';
import { minicpm3 } from './decoder/minicpm3';
import { minimaxM2 } from './decoder/minimaxM2';
import { ministral, ministral3 } from './decoder/ministral';
import { mistral } from './decoder/mistral';
import { mixtral } from './decoder/mixtral';
import { mpt } from './decoder/mpt';
import { nemotron } from './decoder/nemotron';
import { olmo } from './decoder/olmo';
import { olmo2 } from './decoder/olmo2';
import { olmo3 } from './decoder/olmo3';
import { olmoe } from './decoder/olmoe';
import { opt } from './decoder/opt';
import { phi } from './decoder/phi';
import { phi3 } from './decoder/phi3';
import { phimoe } from './decoder/phimoe';
import { qwen2 } from './decoder/qwen2';
import { qwen2Moe } from './decoder/qwen2Moe';
import { qwen3 } from './decoder/qwen3';
import { qwen3Moe } from './decoder/qwen3Moe';
import { refinedWeb, refinedWebModel } from './decoder/refinedWeb';
import { seedOss } from './decoder/seedOss';
import { smollm3 } from './decoder/smollm3';
import { stablelm } from './decoder/stablelm';
import { starcoder2 } from './decoder/starcoder2';
import { bert } from './encoder/bert';
import { debertaV2 } from './encoder/debertaV2';
import { distilbert } from './encoder/distilbert';
import { roberta } from './encoder/roberta';
import { bart, m2m100, marian, mbart } from './encoderDecoder/bart';
import { t5 } from './encoderDecoder/t5';
import { bamba } from './hybrid/bamba';
import { falconH1 } from './hybrid/falconH1';
import { graniteMoeHybrid } from './hybrid/graniteMoeHybrid';
import { jamba } from './hybrid/jamba';
import { lfm2, lfm2Moe } from './hybrid/lfm2';
import { nemotronH } from './hybrid/nemotronH';
import { qwen35MoeText, qwen35Text } from './hybrid/qwen35Text';
import { qwen3Next } from './hybrid/qwen3Next';
import { gemma3 } from './multimodal/gemma3';
import { gemma4 } from './multimodal/gemma4';
import { idefics3, smolvlm } from './multimodal/idefics3';
import { internvl } from './multimodal/internvl';
import { llama4 } from './multimodal/llama4';
import { llava } from './multimodal/llava';
import { mistral3 } from './multimodal/mistral3';
import { qwen35, qwen35Moe } from './multimodal/qwen35';
import { qwen3Vl, qwen3VlMoe } from './multimodal/qwen3Vl';
import { qwen3VlText, qwen3VlMoeText } from './multimodal/qwen3VlText';
import { qwen25Vl, qwen2Vl } from './multimodal/qwenVl';
import { qwenVlText } from './multimodal/qwenVlText';
import { baichuan } from './remoteCode/baichuan';
import { bluelm } from './remoteCode/bluelm';
import { chatglm } from './remoteCode/chatglm';
import { internlm } from './remoteCode/internlm';
import { internlm2 } from './remoteCode/internlm2';
import { mimo } from './remoteCode/mimo';
import { qwen } from './remoteCode/qwen';
import { falconMamba, mamba } from './stateSpace/mamba';
import { mamba2 } from './stateSpace/mamba2';
import { clipVision } from './vision/clipVision';
import { gemma4Vision } from './vision/gemma4Vision';
import { internvlVision } from './vision/internvlVision';
import { llama4Vision } from './vision/llama4Vision';
import { pixtralVision } from './vision/pixtralVision';
import { qwen35Vision, qwen3VlVision } from './vision/qwen3Vision';
import { qwen25VlVision, qwen2VlVision } from './vision/qwenVision';
import { idefics3Vision, siglipVision } from './vision/siglipVision';

const families: readonly Family[] = [
  apertus,
  arcee,
  baichuan,
  bamba,
  bart,
  bert,
  bloom,
  bluelm,
  chatglm,
  clipVision,
  cohere,
  cohere2,
  dbrx,
  debertaV2,
  deepseekV2,
  deepseekV3,
  deepseekV32,
  distilbert,
  dots1,
  ernie45,
  ernie45Moe,
  exaone4,
  exaoneMoe,
  falcon,
  falconH1,
  falconMamba,
  gemma,
  gemma2,
  gemma3,
  gemma3Text,
  gemma4,
  gemma4Audio,
  gemma4Text,
  gemma4Vision,
  glm,
  glm4,
  glm4Moe,
  glmMoeDsa,
  gpt2,
  gptj,
  gptNeo,
  gptNeox,
  gptOss,
  granite,
  graniteMoe,
  graniteMoeHybrid,
  hunyuanDense,
  hunyuanMoe,
  idefics3,
  idefics3Vision,
  internlm,
  internlm2,
  internvl,
  internvlVision,
  jamba,
  lfm2,
  lfm2Moe,
  llama,
  llama4,
  llama4Text,
  llama4Vision,
  llava,
  m2m100,
  mamba,
  mamba2,
  marian,
  mbart,
  mimo,
  minicpm3,
  minimaxM2,
  ministral,
  ministral3,
  mistral,
  mistral3,
  mixtral,
  mpt,
  nemotron,
  nemotronH,
  olmo,
  olmo2,
  olmo3,
  olmoe,
  opt,
  phi,
  phi3,
  phimoe,
  pixtralVision,
  qwen,
  qwen2,
  qwen25Vl,
  qwen25VlVision,
  qwen2Moe,
  qwen2Vl,
  qwen2VlVision,
  qwen3,
  qwen35,
  qwen35Moe,
  qwen35MoeText,
  qwen35Text,
  qwen35Vision,
  qwen3Moe,
  qwen3Next,
  qwen3Vl,
  qwen3VlMoe,
  qwen3VlMoeText,
  qwen3VlText,
  qwen3VlVision,
  qwenVlText,
  refinedWeb,
  refinedWebModel,
  roberta,
  seedOss,
  siglipVision,
  smollm3,
  smolvlm,
  stablelm,
  starcoder2,
  t5,
  whisper,
];

const byType = new Map<string, Family>();
for (const family of families) for (const type of family.types) byType.set(type, family);

/** The family that reads a `model_type`, if any. */
export const findFamily = (modelType: string): Family | undefined => byType.get(modelType);

/** Every `model_type` that is read, sorted. */
export const knownModelTypes = (): readonly string[] => [...byType.keys()].sort();

const squeeze = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, '');

/**
 * The model type that a class name belongs to: the longest one that the name starts with.
 *
 * @param whole the rest of the name must be a head that the type has, so that another type with a longer name is not taken
 */
export function typeOfClass(className: string, whole = false): string | undefined {
  const name = squeeze(className);
  return knownModelTypes()
    .filter((type) => name.startsWith(squeeze(type)) && (!whole || isHead(type, name.slice(squeeze(type).length))))
    .sort((a, b) => b.length - a.length)[0];
}

const isHead = (type: string, rest: string): boolean =>
  Object.keys(findFamily(type)?.heads ?? {}).some((head) => head !== 'Model' && squeeze(head) === rest);
