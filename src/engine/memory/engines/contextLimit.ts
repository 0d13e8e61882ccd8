import type { Analysis } from '../../analysis';
import { isObject, type JsonObject } from '../../config/json';
import { numberOf, textConfigOf } from '../parallel/textConfig';
import { atLeast } from './versions';

/** How positions are stretched, of all layers alike; `undefined` where the config says nothing of it, or by kind of layer. */
function stretchOf(analysis: Analysis): JsonObject | undefined {
  const text = textConfigOf(analysis);
  for (const key of ['rope_parameters', 'rope_scaling'])
    for (const holder of [text, analysis.root]) {
      const found = holder[key];
      if (isObject(found) && typeof (found['rope_type'] ?? found['type']) === 'string') return found;
    }
  return undefined;
}

const positive = (value: unknown): number | undefined => (typeof value === 'number' && value > 0 ? value : undefined);

/** Kinds whose `max_position_embeddings` is that of the stretched model already. */
const whole: ReadonlySet<unknown> = new Set(['su', 'longrope', 'llama3', 'default']);
const yarns: ReadonlySet<unknown> = new Set(['yarn', 'deepseek_yarn', 'deepseek_llama_scaling']);

/**
 * The longest context that vLLM takes a model for (vllm/config/model.py, _get_and_verify_max_len, sixteen releases from 0.10.2 to
 * 0.33.0): stretched by the factor, of YaRN from the original length up to 0.28 and not at all from 0.30 on. A `model_max_length` of
 * the config may allow more.
 */
export function vllmLimit(analysis: Analysis, version: string): number | null {
  const own = analysis.contextLimit;
  const stretch = stretchOf(analysis);
  if (own === null || stretch === undefined || analysis.modelType.includes('gemma3')) return own;
  const kind = stretch['rope_type'] ?? stretch['type'];
  const factor = positive(stretch['factor']) ?? 1;
  if (whole.has(kind)) return own;
  if (!yarns.has(kind)) return Math.trunc(own * factor);
  if (atLeast(version, '0.28.1')) return own;
  return kind === 'yarn' ? Math.trunc((positive(stretch['original_max_position_embeddings']) ?? own) * factor) : Math.trunc(own * factor);
}

/** Whether vLLM takes a length that is asked for. */
export const isBeyondVllm = (analysis: Analysis, version: string, length: number): boolean => {
  const limit = vllmLimit(analysis, version);
  return limit !== null && length > limit && length > (numberOf(analysis, 'model_max_length') ?? 0);
};

/** The same of SGLang (srt/utils/hf_transformers_utils.py, get_context_length, 0.5.10). */
export function sglangLimit(analysis: Analysis): number | null {
  const own = analysis.contextLimit;
  const stretch = stretchOf(analysis);
  if (own === null || stretch === undefined) return own;
  const scaled = stretch['original_max_position_embeddings'] === undefined && stretch['rope_type'] !== 'llama3';
  return scaled ? Math.trunc(own * (positive(stretch['factor']) ?? 1)) : own;
}
