import type { Analysis } from '../../../analysis';
import { attentionHeads, hiddenSize, numberOf, vocabularySize } from '../../parallel/textConfig';
import type { Settings } from './settings';

/** Elements that ExLlamaV2 unpacks at once at most (config.py, max_dq_size). */
const mostUnpacked = 512 * 2 ** 20;

/**
 * Buffers that are made once. ExLlamaV2: the largest module's need of hidden states, of two products of the feed-forward and of
 * one matrix at 16 bits; the head has only the last (mlp.py, attn.py, linear.py: scratch_space_fixed). ExLlamaV3: a matrix at
 * 16 bits while a chunk passes it (modules/quant/exl3.py, reconstruct_hgemm).
 */
export function fixedBuffers(analysis: Analysis, { generation, chunk }: Settings): number {
  const hidden = hiddenSize(analysis);
  const inner = widestInner(analysis);
  const heads = (attentionHeads(analysis) ?? 0) * headWidth(analysis);
  const unpacked = (rows: number, columns: number): number => 2 * Math.min(rows * columns, mostUnpacked);
  const head = unpacked(vocabularySize(analysis), hidden);
  if (generation === 'v3') return Math.max(unpacked(inner, hidden), unpacked(heads, hidden));
  const network = chunk * 2 * (hidden + 2 * Math.max(hidden, inner)) + unpacked(inner, hidden);
  const attention = chunk * 2 * Math.max(heads, hidden) + unpacked(heads, hidden);
  return Math.max(network, attention, head);
}

/** What a chunk of a prompt allocates for the time of a layer, and the logits of its last token. */
export function chunkBytes(analysis: Analysis, { generation, chunk }: Settings): number {
  const hidden = hiddenSize(analysis);
  const heads = (attentionHeads(analysis) ?? 0) * headWidth(analysis);
  const products = generation === 'v3' ? chunk * 2 * 3 * widestInner(analysis) : 0;
  return Math.round(chunk * 2 * (4 * hidden + 4 * heads) + products + vocabularySize(analysis) * 6);
}

const headWidth = (analysis: Analysis): number => {
  const heads = attentionHeads(analysis) ?? 0;
  return numberOf(analysis, 'head_dim') ?? (heads > 0 ? hiddenSize(analysis) / heads : 0);
};

const widestInner = (analysis: Analysis): number =>
  numberOf(analysis, 'intermediate_size', 'moe_intermediate_size', 'n_inner', 'ffn_dim') ?? 4 * hiddenSize(analysis);
