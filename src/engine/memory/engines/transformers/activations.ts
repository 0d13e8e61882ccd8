import type { Analysis } from '../../../analysis';
import { weakest, type Basis } from '../../../basis';
import { attentionHeads, hiddenSize, keyValueHeads, numberOf, vocabularySize } from '../../parallel/textConfig';
import { peakMemory, type PeakJob, type PeakMemory } from '../../trace/peak';
import { forwardBytes } from '../vllm/activations';
import { wholeCacheBytes } from './kept';
import { keepsLastLogits, repeatsHeads, type Settings } from './settings';
import { shortened } from './shortened';

/** What one phase of a generation takes beside weights and what is kept of all tokens, in bytes. */
export interface PhaseBytes {
  readonly bytes: number;
  readonly basis: Basis;
}

/** Whether a model runs at 32 bits. */
export const runsWide = ({ dtype }: Analysis, { width }: Settings): boolean => (width === undefined ? dtype.value === 'fp32' : width === 4);

const job = (settings: Settings, mode: PeakJob['mode'], tokens: number): PeakJob => ({
  mode,
  batch: settings.sequences,
  tokens,
  attention: settings.attention,
  logits: keepsLastLogits(settings.version) ? 'last' : 'all',
  precision: 'bf16',
  checkpointing: false,
  lora: null,
  optimizer: 'adamw',
  states: 'fp32',
});

/**
 * What lives beside weights and what is kept of all tokens while a phase is fullest, as traced (trace/peak.ts), or by rule for a
 * model that no program is known for.
 *
 * @param tokens of a pass over a prompt; in `decode` those in the cache
 */
export function phaseBytes(analysis: Analysis, settings: Settings, mode: 'prefill' | 'decode', tokens: number): PhaseBytes {
  const short = shortened(analysis);
  const traced = tracedOnce(short, job(settings, mode, tokens));
  if (!traced) {
    const bytes = Math.round(byRule(analysis, settings, mode, tokens));
    return { bytes, basis: { kind: 'approximate', reasons: ['forward-pass-not-measured'] } };
  }
  const { total, parameters, basis } = traced;
  const cached = wholeCacheBytes(short.inventory, mode === 'decode' ? tokens + 1 : tokens, settings.sequences, 'bf16');
  const traced16 = Math.max(settings.sequences * vocabularySize(analysis) * 2, total - parameters - cached);
  const repeated = repeatedBytes(analysis, settings, tokens);
  // Copies of keys and values stand beside queries and outputs; in a pass over a prompt the feed-forward is often more.
  const beside =
    mode === 'decode' ? traced16 + repeated : Math.max(traced16, repeated + settings.sequences * tokens * 2 * 4 * hiddenSize(analysis));
  return { bytes: Math.round(beside * (runsWide(analysis, settings) ? 2 : 1)), basis: weakest(basis, { kind: 'rule', reasons: [] }) };
}

/** Surfaces ask about the same run again and again; what was traced of a model stays, for a number of runs. */
const traces = new WeakMap<Analysis, Map<string, PeakMemory | undefined>>();
const mostTraces = 64;

function tracedOnce(short: Analysis, asked: PeakJob): PeakMemory | undefined {
  const known = traces.get(short) ?? new Map<string, PeakMemory | undefined>();
  traces.set(short, known);
  const key = JSON.stringify(asked);
  if (known.has(key)) return known.get(key);
  const traced = peakMemory(short, asked);
  if (known.size >= mostTraces) known.clear();
  known.set(key, traced);
  return traced;
}

/** Keys and values of one layer, copied for every head that shares them, at 16 bits. */
function repeatedBytes(analysis: Analysis, { version, attention, sequences }: Settings, tokens: number): number {
  const heads = attentionHeads(analysis);
  const kept = keyValueHeads(analysis);
  if (attention !== 'sdpa' || !repeatsHeads(version) || heads === undefined || kept === undefined || kept >= heads) return 0;
  const width = numberOf(analysis, 'head_dim') ?? hiddenSize(analysis) / heads;
  return 2 * sequences * tokens * heads * width * 2;
}

/** More than what one token can need: copies of one layer's keys and values, its scores, and logits and inner products many times over. */
export function mostOfStep(analysis: Analysis, settings: Settings, tokens: number): number {
  const layer = analysis.inventory.states.reduce(
    (most, { state }) => Math.max(most, 'elements' in state ? 2 * state.elements : state.elementsPerToken * tokens),
    0,
  );
  const inner = numberOf(analysis, 'intermediate_size', 'n_inner', 'ffn_dim') ?? 4 * hiddenSize(analysis);
  const rows = vocabularySize(analysis) * 4 + 32 * (inner + hiddenSize(analysis)) + 4 * (attentionHeads(analysis) ?? 0) * tokens;
  const step = settings.sequences * (2 * layer + rows) * 4 + repeatedBytes(analysis, settings, tokens);
  return runsWide(analysis, settings) ? 2 * step : step;
}

/** A usual block: the feed-forward's three products, queries, and scores where attention is written out; then one row of logits. */
function byRule(analysis: Analysis, settings: Settings, mode: 'prefill' | 'decode', tokens: number): number {
  const width = runsWide(analysis, settings) ? 4 : 2;
  const { sequences, attention } = settings;
  const seen = mode === 'decode' ? 1 : tokens;
  const scores = attention === 'eager' ? sequences * (attentionHeads(analysis) ?? 0) * seen * tokens * (2 * width + 4) : 0;
  const rows = sequences * (keepsLastLogits(settings.version) ? 1 : seen);
  return (
    forwardBytes(analysis, { tensor: 1, maxNumBatchedTokens: sequences * seen, width }) +
    scores +
    rows * vocabularySize(analysis) * (width + 4)
  );
}

/**
 * What a quantized linear layer adds while many tokens pass it: its weights at 16 bits, beside its input and output. bitsandbytes
 * dequantizes them for more than one row (autograd/_functions.py), AutoAWQ from 1,024 rows on (modules/linear/gemm.py), and what
 * GPTQ runs without a fused kernel always.
 *
 * @param dequantized bytes of the largest such layer at 16 bits
 */
export function dequantizedPass(analysis: Analysis, scheme: string, dequantized: number, rows: number): number {
  const least = /^(awq|gptq)/.test(scheme) ? 1024 : 2;
  if (dequantized === 0 || rows < least || !/^(awq|gptq|bnb|hqq)/.test(scheme)) return 0;
  const hidden = hiddenSize(analysis);
  const inner = numberOf(analysis, 'intermediate_size', 'n_inner', 'ffn_dim') ?? 4 * hidden;
  return dequantized + rows * 2 * (3 * hidden + 2 * inner);
}
