import type { Analysis } from '../../../analysis';
import type { EngineId } from '../ids';
import { atLeast } from '../versions';
import { mlxTypes } from './mlxTypes';

/** Whether an engine has a class for a model. `plugin`: one that is installed beside it. `unlisted`: its documents name none, and nothing refuses it. */
export type Fitness = { readonly kind: 'runs' | 'refused' | 'unlisted' } | { readonly kind: 'instead' | 'plugin'; readonly by: string };

const runs: Fitness = { kind: 'runs' };
const refused: Fitness = { kind: 'refused' };
const unlisted: Fitness = { kind: 'unlisted' };

const typeOf = ({ root, modelType }: Analysis): string => (typeof root['model_type'] === 'string' ? root['model_type'] : modelType);

/** Two stacks, the second of which reads what the first makes of the prompt. */
const isEncoderDecoder = (analysis: Analysis): boolean =>
  analysis.root['is_encoder_decoder'] === true || /^((u?m)?t5|m?bart|whisper)$/.test(analysis.modelType);

const isWhisper = ({ modelType }: Analysis): boolean => modelType === 'whisper';
const isEncoder = ({ inventory, modelType }: Analysis): boolean =>
  inventory.states.length === 0 && /bert|roberta|electra|mpnet/i.test(modelType);

/**
 * vllm/model_executor/models/registry.py of the source distributions: of two stacks Whisper alone has been in it throughout. The
 * others went with the first engine after 0.10, and some came back as a plug-in, which 0.19 names and 0.17 does not.
 */
const vllmOnly = /^(Whisper|CohereAsr|NemotronParse)ForConditionalGeneration$/;
const vllmBefore = /^((M?Bart|Donut|Florence2|Mllama)ForConditionalGeneration|BartModel)$/;
const vllmPlugin = /^((M?Bart|Florence2)ForConditionalGeneration|BartModel)$/;

function inVllm(analysis: Analysis, version: string): Fitness {
  const { architecture } = analysis;
  if (vllmBefore.test(architecture)) {
    if (!atLeast(version, '0.11')) return runs;
    return vllmPlugin.test(architecture) && atLeast(version, '0.18') ? { kind: 'plugin', by: 'bart-plugin' } : refused;
  }
  return isEncoderDecoder(analysis) && !vllmOnly.test(architecture) ? refused : runs;
}

/** python/sglang/srt/configs/model_config.py, is_encoder_decoder_model, and models/, 0.5.10. */
const inSglang = (analysis: Analysis): Fitness => (isEncoderDecoder(analysis) && !isWhisper(analysis) ? refused : runs);

/** tensorrt_llm/_torch/models: nothing of two stacks at 1.2; modeling_t5.py and modeling_bart.py came after it. */
const inTensorrt = (analysis: Analysis, version: string): Fitness =>
  isEncoderDecoder(analysis)
    ? atLeast(version, '1.3')
      ? unlisted
      : refused
    : isEncoder(analysis) && analysis.architecture !== 'BertForSequenceClassification'
      ? unlisted
      : runs;

/** mlx_lm/utils.py: a type has a class, or the files bring one along ("model_file"). Newer releases may have more. */
function inMlx(analysis: Analysis, version: string): Fitness {
  const type = typeOf(analysis);
  if (mlxTypes.has(type) || mlxTypes.has(type.replace(/_text$/, '')) || analysis.root['model_file'] !== undefined) return runs;
  return atLeast(version, '0.33') && !isEncoderDecoder(analysis) ? unlisted : refused;
}

/** conversion of ggml-org/llama.cpp (`@ModelBase.register`): T5 of all two-stack models; Whisper is whisper.cpp's (#17848). */
function inLlama(analysis: Analysis): Fitness {
  if (isWhisper(analysis)) return { kind: 'instead', by: 'whisper.cpp' };
  return isEncoderDecoder(analysis) && !/t5/.test(typeOf(analysis)) ? refused : runs;
}

/** Only EXL2 and EXL3 files are read, and their writers have classes for decoders alone (exllamav3/architecture, exllamav2/architecture.py). */
const inExllama = (analysis: Analysis): Fitness => (isEncoderDecoder(analysis) || isEncoder(analysis) ? refused : runs);

/** docs/source/supported_models.md of text-generation-inference; what transformers maps to a causal class is tried all the same. */
const inTgi = (analysis: Analysis): Fitness => (isWhisper(analysis) || isEncoder(analysis) ? unlisted : runs);

const engines: Readonly<Record<EngineId, (analysis: Analysis, version: string) => Fitness>> = {
  vllm: inVllm,
  sglang: inSglang,
  'llama.cpp': inLlama,
  ollama: inLlama,
  'lm-studio': inLlama,
  'tensorrt-llm': inTensorrt,
  mlx: inMlx,
  transformers: () => runs,
  exllama: inExllama,
  tgi: inTgi,
};

/** Whether an engine has a class for a model. */
export const fitnessOf = (engine: EngineId, analysis: Analysis, version: string): Fitness => engines[engine](analysis, version);
