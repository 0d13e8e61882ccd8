import type { Analysis } from '../../../analysis';
import { attentionHeads, hiddenSize, numberOf, vocabularySize } from '../../parallel/textConfig';
import type { Stage } from '../../parallel/stages';
import { cublasWorkspace } from './devices';
import type { Settings } from './settings';
import { atLeast } from '../versions';

/** Parts of the peak of the profiling run, in bytes. */
export interface ActivationParts {
  readonly sampler: number;
  readonly forward: number;
  /** Buffers of the experts: from 0.14 on they stay allocated, and stand beside the larger of the two. */
  readonly experts: number;
  readonly media: number;
  readonly workspace: number;
  readonly peak: number;
  /** What of the peak stays allocated: cuBLAS's workspace, buffers of the experts, rows of the kernel that filters logits. */
  readonly kept: number;
}

/** Bytes of a float32 logit. */
const single = 4;

/**
 * Peak of PyTorch's allocations in `profile_run` (vllm/v1/worker/gpu_model_runner.py): first a forward pass over
 * max_num_batched_tokens, then the sampler over max_num_seqs rows of logits.
 */
export function activationsOf(analysis: Analysis, settings: Settings, stage: Stage): ActivationParts {
  const hidden = hiddenSize(analysis);
  const tokens = settings.maxNumBatchedTokens;
  const { width } = settings;
  const workspace = cublasWorkspace(settings.device);
  const output = tokens * hidden * width;
  const media = mediaBytes(analysis, settings, output);
  const experts = expertBuffers(analysis, settings);
  // Stages hand on hidden states and residuals.
  const between = stage.first && stage.last ? 0 : 2 * output;
  const forward = forwardBytes(analysis, settings) + between;
  const sampling = stage.last && !settings.pooling ? samplerBytes(analysis, settings) : undefined;
  // The second runner gathers the rows to sample once, the first also draws random ones in their place.
  const gathered = (settings.runner === 'V2' ? 1 : 2) * settings.maxNumSeqs * hidden * width;
  const sampler = sampling ? sampling.logits + sampling.filter + output + gathered : 0;
  const keepsExperts = atLeast(settings.version, '0.14');
  const peak = (keepsExperts ? Math.max(sampler, forward) + experts : Math.max(sampler, forward + experts)) + media + workspace;
  const kept = workspace + (keepsExperts ? experts : 0) + (sampling?.filter ?? 0);
  return { sampler, forward, experts, media, workspace, peak: Math.round(peak), kept: Math.min(Math.round(peak), kept) };
}

interface SamplerParts {
  readonly logits: number;
  /** Rows of the kernel that filters in place, which stay allocated. */
  readonly filter: number;
}

/**
 * The sampler's copies of the logits, per sequence and word. First runner, all versions: the logits at the run's dtype and at
 * float32. To 0.16, and for batches below 8, top-k and top-p sort them (v1/sample/ops/topk_topp_sampler.py): sorted values (4),
 * their places (8), the places before (8) and CUB's second buffers for both (4 + 8). From 0.17 on, batches of 8 and more are
 * filtered in place by a Triton kernel with one row for each multiprocessor (topk_topp_triton.py), and probabilities (4) and noise
 * (4) are what is left; FlashInfer, the default from 0.21 on, takes as much, and the other path is warmed up after it.
 *
 * The second runner draws from the logits themselves (v1/worker/gpu/sample/sampler.py): beside a float32 copy up to 0.27, without
 * one later, and from 0.33 on with all that a request may ask for: the copy, and what FlashInfer takes.
 */
function samplerBytes(analysis: Analysis, { version, maxNumSeqs, maxNumBatchedTokens, width, device, runner }: Settings): SamplerParts {
  const rows = Math.min(maxNumSeqs, maxNumBatchedTokens);
  const words = vocabularySize(analysis);
  if (runner === 'V2') {
    const each = atLeast(version, '0.33') ? single + 8 : atLeast(version, '0.28') ? 0 : single;
    return { logits: rows * words * (width + each), filter: 0 };
  }
  const copies = rows * words * (width + single);
  if (!atLeast(version, '0.17') || rows < 8) return { logits: copies + rows * words * (4 + 8 + 8 + 12), filter: 0 };
  return {
    logits: copies + rows * words * 8,
    filter: Math.min(nextPowerOfTwo(rows), device.multiprocessors) * words * single,
  };
}

const nextPowerOfTwo = (value: number): number => 2 ** Math.ceil(Math.log2(Math.max(1, value)));

/**
 * A dense layer at its widest: gate and up beside their product (3 × inner width), the output of the attention, which the graph's
 * caller still holds, and three hidden vectors (residual before and after, embedding).
 */
export function forwardBytes(
  analysis: Analysis,
  { tensor, maxNumBatchedTokens, width }: Pick<Settings, 'tensor' | 'maxNumBatchedTokens' | 'width'>,
): number {
  const hidden = hiddenSize(analysis);
  const inner = innerWidth(analysis);
  const heads = attentionHeads(analysis) ?? 0;
  const headDim = numberOf(analysis, 'v_head_dim', 'head_dim') ?? (heads > 0 ? hidden / heads : 0);
  return maxNumBatchedTokens * width * ((3 * inner) / tensor + 3 * hidden + (heads * headDim) / tensor);
}

/** Widest feed-forward that every token passes. */
function innerWidth(analysis: Analysis): number {
  const dense = numberOf(analysis, 'intermediate_size', 'n_inner', 'ffn_dim', 'd_ff') ?? 4 * hiddenSize(analysis);
  const shared =
    numberOf(analysis, 'shared_expert_intermediate_size') ??
    (numberOf(analysis, 'n_shared_experts') ?? 0) * (numberOf(analysis, 'moe_intermediate_size') ?? 0);
  const mixed = analysis.inventory.entries.some(({ component }) => component === 'experts');
  const hasDense = analysis.inventory.entries.some(({ component, role }) => component === 'mlp' && role === 'linear');
  return mixed ? (hasDense ? Math.max(shared, 0) : 0) : dense;
}

/**
 * Buffers of the fused experts: for each token and chosen expert, the wider of gate-and-up and the output, and their product
 * (vllm/model_executor/layers/fused_moe/fused_moe.py, workspaces 13 and 2).
 */
function expertBuffers(analysis: Analysis, settings: Settings): number {
  if (!analysis.inventory.entries.some(({ component }) => component === 'experts')) return 0;
  const chosen =
    numberOf(analysis, 'num_experts_per_tok', 'num_experts_per_token', 'moe_topk', 'top_k_experts', 'moe_top_k', 'experts_per_token') ?? 1;
  const inner = numberOf(analysis, 'moe_intermediate_size', 'ffn_hidden_size', 'expert_ffn_hidden_size', 'intermediate_size') ?? 0;
  const local = settings.expertParallel ? inner : inner / settings.tensor;
  return settings.maxNumBatchedTokens * chosen * settings.width * (Math.max(2 * local, hiddenSize(analysis)) + local);
}

/**
 * Outputs of a tower, kept while the text model runs: as many as fit one step. The tower's own pass is not derived. The second
 * runner runs no tower before 0.27 (v1/worker/gpu/model_runner.py, profile_run).
 */
const mediaBytes = (analysis: Analysis, { textOnly, runner, version }: Settings, output: number): number =>
  !textOnly && hasTower(analysis) && (runner === 'V1' || atLeast(version, '0.26.1')) ? output : 0;

/** Whether a model sees or hears. */
export const hasTower = ({ inventory }: Analysis): boolean =>
  inventory.entries.some(({ component }) => component === 'vision' || component === 'audio');
