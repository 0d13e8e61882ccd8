import { weakest, type Basis } from '../../../basis';
import { refusedTensor } from '../../parallel/degrees';
import { expertCuts } from '../../parallel/rank';
import { boundRanks, evenStages, type Stage } from '../../parallel/stages';
import { forwardBytes } from '../vllm/activations';
import { traitsOf } from '../vllm/devices';
import { loadModel, type LoadedModel } from '../vllm/weights';
import type { DeviceMemory, MemoryTerm, Run, RunNote, TermStep } from '../run';
import { cellsOf, type Cells } from './cells';

/** What servers that profile a pass and share the rest out are asked for alike. */
export interface RankSettings {
  readonly tensor: number;
  readonly pipeline: number;
  readonly expertParallel: boolean;
  /** Attention is not cut: every rank keeps all heads. */
  readonly wholeAttention: boolean;
  readonly width: number;
  readonly element: number;
  /** Tokens of the pass that is profiled. */
  readonly tokens: number;
  readonly quantization: string | undefined;
}

export interface Rank {
  readonly stage: Stage;
  readonly weights: number;
  readonly cells: Cells;
}

export interface RankedModel {
  readonly loaded: LoadedModel;
  readonly ranks: readonly Rank[];
  readonly activations: number;
}

/**
 * Weights of each rank as vLLM would hold them, and one forward pass: neither TensorRT-LLM nor TGI merges or cuts linear layers in
 * another way, and what they repack beyond that was not read to the byte.
 *
 * @throws RunError for weights that no preset has.
 */
export function rankedModel(run: Run, settings: RankSettings): RankedModel {
  const { tensor, pipeline, expertParallel, wholeAttention, width, element, tokens, quantization } = settings;
  boundRanks(tensor * pipeline);
  const loaded = loadModel(
    run.analysis,
    run.weights,
    {
      tensor,
      // Every rank has the embedding and the head too (tensorrt_llm/_torch/models/modeling_utils.py, enable_attention_dp).
      ...(wholeAttention && { attention: 1, head: 1 }),
      data: 1,
      prefillContext: 1,
      expertParallel,
      width,
      wholeTowers: false,
      speculation: undefined,
      textOnly: false,
      quantization,
      cpuOffload: 0,
      pooling: false,
      device: traitsOf(run.machine),
      lora: undefined,
      padsExperts: false,
    },
    run.presetOptions,
  );
  const ranks = evenStages(loaded.placed.layers, pipeline).map((stage) => ({
    stage,
    weights: loaded.bytesOf(stage),
    cells: cellsOf(run.analysis, stage, { ranks: wholeAttention ? 1 : tensor, element, width }),
  }));
  return { loaded, ranks, activations: Math.round(forwardBytes(run.analysis, { tensor, maxNumBatchedTokens: tokens, width })) };
}

const unmeasured: Basis = { kind: 'approximate', reasons: ['rule-of-code-unmeasured'] };

/** The share that the pool takes: of the whole device before anything else is taken off, or of what is left. */
interface PoolShare {
  readonly fraction: number;
  readonly before: boolean;
}

function poolSteps(memory: number, terms: readonly MemoryTerm[], { fraction, before }: PoolShare): readonly TermStep[] {
  return [
    { code: before ? 'share-of-device' : 'share-of-the-rest', value: fraction, unit: 'share', op: 'given' },
    { code: before ? 'share-of-device' : 'device-memory', value: Math.round(before ? memory * fraction : memory), unit: 'bytes', op: '+' },
    ...terms
      .filter(({ kind }) => kind !== 'graphs')
      .map(({ name, bytes }): TermStep => ({ code: name, value: bytes, unit: 'bytes', op: '−' })),
  ];
}

/** Terms of the fullest rank; the pool's band is what the others leave open. */
export function rankTerms(
  { weights, cache, activations, graphs, nonTorch, usable }: DeviceMemory,
  { basis }: LoadedModel,
  { fraction, before }: PoolShare,
): readonly MemoryTerm[] {
  const terms: MemoryTerm[] = [
    {
      name: 'model-weights',
      kind: 'weights',
      bytes: weights,
      basis: weakest(basis, unmeasured),
      low: Math.round(weights * 0.96),
      high: Math.round(weights * 1.08),
    },
    {
      name: 'peak-activation',
      kind: 'activations',
      bytes: activations,
      basis: unmeasured,
      low: Math.round(activations * 0.4),
      high: activations * 3,
    },
    {
      name: 'context',
      kind: 'nonTorch',
      bytes: nonTorch,
      basis: { kind: 'approximate', reasons: ['fitted-on-logs', 'rule-of-code-unmeasured'] },
      low: Math.round(nonTorch * 0.5),
      high: Math.round(nonTorch * 2),
      evidence: { fitted: 4, held: 0, median: 0.02, p90: 0.02, source: 'start-up logs of SGLang: sgl-project/sglang#6753, #4161, #3765' },
    },
  ];
  const scale = before ? 1 : fraction;
  const low = terms.reduce((sum, term) => sum + term.high - term.bytes, 0) * scale;
  const high = terms.reduce((sum, term) => sum + term.bytes - term.low, 0) * scale;
  if (graphs > 0)
    terms.push({ name: 'cuda-graphs', kind: 'graphs', bytes: graphs, basis: unmeasured, low: Math.round(graphs * 0.1), high: graphs * 4 });
  if (cache > 0)
    terms.push({
      name: 'kv-cache',
      kind: 'cache',
      bytes: cache,
      basis: unmeasured,
      low: Math.max(0, Math.round(cache - low)),
      high: Math.round(cache + high),
      ...(usable === null ? {} : { steps: poolSteps(usable, terms, { fraction, before }) }),
    });
  return terms;
}

/** Why a start would be refused, whichever the server. */
export function rankNotes(run: Run, { tensor, pipeline, wholeAttention }: RankSettings, { loaded }: RankedModel): RunNote[] {
  const notes: RunNote[] = [];
  const add = (code: string, refused: boolean, values: RunNote['values'] = {}): void => void notes.push({ code, refused, values });
  const ranks = tensor * pipeline;
  if (ranks > run.machine.count) add('more-ranks-than-devices', true, { ranks, devices: run.machine.count });
  const why = refusedTensor(run.analysis, loaded.tensors, wholeAttention ? 1 : tensor, {
    rest: tensor,
    experts: expertCuts(loaded.shares),
  });
  if (why) add(`refused-${why.code}`, true, why.values);
  const layers = loaded.placed.layers;
  if (pipeline > layers) add('refused-layers', true, { layers, degree: pipeline });
  return notes;
}
