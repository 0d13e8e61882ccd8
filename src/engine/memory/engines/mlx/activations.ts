import type { Analysis } from '../../../analysis';
import { attentionHeads, hiddenSize, numberOf, vocabularySize } from '../../parallel/textConfig';
import type { CacheSettings } from './cache';

/** Command buffers that may run or wait at once, and what one gathers before it is sent (mlx/transforms.cpp, MAX_ACTIVE_TASKS; backend/metal/device.cpp, max_mb_per_buffer of M-series Max and Ultra). */
const buffersInFlight = 10;
const gatheredBytes = 50 * 2 ** 20;

/** Widths of a head that Metal's fused attention over a prompt takes (mlx/backend/metal/scaled_dot_product_attention.cpp). */
const fusedHeads: ReadonlySet<number> = new Set([64, 80, 128]);

export interface PassBytes {
  /** Outputs that a layer needs at once. */
  readonly live: number;
  /** Outputs of operations that were sent ahead: their memory comes back when their command buffer is done. */
  readonly inFlight: number;
  /** Scores, where attention is written out. */
  readonly scores: number;
}

/** What one pass of a prompt allocates beside the cache. */
export function passBytes(analysis: Analysis, { input, newTokens, sequences, chunk, bits, width }: CacheSettings): PassBytes {
  const rows = Math.min(chunk, Math.max(1, input - 1)) * sequences;
  const hidden = hiddenSize(analysis);
  const heads = attentionHeads(analysis) ?? 0;
  const headDim = numberOf(analysis, 'head_dim') ?? (heads > 0 ? hidden / heads : 0);
  const chosen = hasExperts(analysis)
    ? (numberOf(analysis, 'num_experts_per_tok', 'num_experts_per_token', 'moe_topk', 'moe_top_k') ?? 1)
    : 1;
  const inner = hasExperts(analysis)
    ? (numberOf(analysis, 'moe_intermediate_size', 'expert_ffn_hidden_size', 'intermediate_size') ?? 0)
    : (numberOf(analysis, 'intermediate_size', 'n_inner', 'ffn_dim') ?? 4 * hidden);
  const widest = rows * width * Math.max(inner * chosen, hasExperts(analysis) ? hidden * chosen : 0, heads * headDim);
  const layer = rows * width * (3 * inner * chosen + (hasExperts(analysis) ? 2 * hidden * chosen : 0) + 6 * hidden + 4 * heads * headDim);
  const layers = Math.max(1, numberOf(analysis, 'num_hidden_layers', 'n_layer') ?? 1);
  const fused = bits === undefined && fusedHeads.has(headDim);
  return {
    live: Math.round(3 * widest + rows * width * 2 * hidden),
    inFlight: Math.round(Math.min(buffersInFlight * gatheredBytes, layer * layers)),
    scores: fused ? 0 : Math.round(rows * heads * (input + newTokens) * width * 2),
  };
}

/** One row of logits for each sequence, at the run's width and at 32 bits. */
export const logitBytes = (analysis: Analysis, { sequences, width }: CacheSettings): number =>
  sequences * vocabularySize(analysis) * (width + 4);

const hasExperts = ({ inventory }: Analysis): boolean => inventory.entries.some(({ component }) => component === 'experts');
