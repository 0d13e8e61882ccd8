import type { Analysis } from '../../analysis';
import { isObject } from '../../config/json';
import { maxTokens } from '../../limits';
import { numberOf, textConfigOf, valueOf } from './textConfig';

/**
 * Bytes of the table of cosines and sines that vLLM and SGLang hold once for all layers of equal rotation: one row of `rotary`
 * elements for each position (model_executor/layers/rotary_embedding/*.py of vLLM, read at 0.19 and 0.33). Positions are those
 * of the config, whatever context is asked for; YaRN has factor × the original ones, linear scaling factor × all. At the dtype
 * of the run; DeepSeek's YaRN keeps float32.
 */
export function ropeCacheBytes(analysis: Analysis, width: number): number {
  const written = numberOf(analysis, 'max_position_embeddings', 'n_positions', 'seq_length');
  const positions = written === undefined ? undefined : Math.min(written, maxTokens);
  if (positions === undefined || !usesRotation(analysis)) return 0;
  const text = textConfigOf(analysis);
  const latent = numberOf(analysis, 'qk_rope_head_dim');
  const head = latent ?? headDim(analysis);
  if (head === undefined) return 0;
  const scaling = valueOf(analysis, 'rope_scaling', 'rope_parameters');
  const one = isObject(scaling as never) ? (scaling as Readonly<Record<string, unknown>>) : {};
  const share =
    latent === undefined ? (numberOf(analysis, 'partial_rotary_factor', 'rotary_pct') ?? numeric(one['partial_rotary_factor']) ?? 1) : 1;
  const rotary = Math.floor(head * share);
  const factor = numeric(one['factor']) ?? 1;
  const type = String(one['rope_type'] ?? one['type'] ?? 'default');
  const scaled =
    type === 'yarn' || type === 'deepseek_yarn'
      ? (numeric(one['original_max_position_embeddings']) ?? positions) * factor
      : type === 'linear' || type === 'dynamic'
        ? positions * factor
        : type === 'longrope' || type === 'su'
          ? positions + (numeric(one['original_max_position_embeddings']) ?? numberOf(analysis, 'original_max_position_embeddings') ?? 0)
          : positions;
  // Positions in time, height and width share one table of four times as many rows (mrope.py, MRotaryEmbedding).
  const sections = Array.isArray(one['mrope_section']) || inThree.test(analysis.modelType);
  const rows = sections && latent === undefined ? 4 * scaled : scaled;
  // Layers of a window turn at a base of their own, unscaled (Gemma 3).
  const local = text['rope_local_base_freq'] !== undefined ? positions * rotary * width : 0;
  return Math.max(0, rows) * rotary * (latent !== undefined && type.endsWith('yarn') ? 4 : width) + local;
}

/** Types whose positions are threefold whether their config says so or not. */
const inThree = /^(qwen2_vl|qwen2_5_vl|qwen3_vl|qwen3_5(_moe)?$|qwen2_5_omni|qwen3_omni|glm4v)/;

const numeric = (value: unknown): number | undefined => (typeof value === 'number' && Number.isFinite(value) ? value : undefined);

function headDim(analysis: Analysis): number | undefined {
  const own = numberOf(analysis, 'head_dim');
  if (own !== undefined) return own;
  const hidden = numberOf(analysis, 'hidden_size', 'n_embd', 'd_model');
  const heads = numberOf(analysis, 'num_attention_heads', 'n_head', 'n_heads');
  return hidden !== undefined && heads !== undefined && heads > 0 ? Math.floor(hidden / heads) : undefined;
}

/** Learned positions, ALiBi or none: then there is no table. */
function usesRotation(analysis: Analysis): boolean {
  if (analysis.inventory.entries.some(({ name }) => /(^|\.)(wpe|embed_positions|position_embeddings)\.weight$/.test(name))) return false;
  if (valueOf(analysis, 'alibi') === true) return false;
  return analysis.inventory.states.some(({ state }) => state.kind === 'attention' || state.kind === 'sliding' || state.kind === 'latent');
}

/** Whether two models turn heads of one width by the same angles. */
export function hasSameRope(one: Analysis, other: Analysis): boolean {
  const key = (analysis: Analysis): string =>
    JSON.stringify([
      headDim(analysis) ?? null,
      ...['max_position_embeddings', 'rope_theta', 'rope_scaling', 'rope_parameters'].map((name) => valueOf(analysis, name) ?? null),
    ]);
  return key(one) === key(other);
}
