import type { Analysis } from '../../../analysis';
import { layerStates } from '../../parallel/layerStates';
import { vocabularySize } from '../../parallel/textConfig';
import type { Stage } from '../../parallel/stages';
import { atLeast } from '../versions';
import type { Settings, Speculation } from './settings';

/** The code that runs the model: `v1/worker/gpu_model_runner.py`, or its successor in `v1/worker/gpu/`. */
export type Runner = 'V1' | 'V2';

/** What the choice of the runner follows from. */
export interface RunnerQuestion {
  readonly version: string;
  readonly pooling: boolean;
  readonly prefillContext: number;
  readonly speculation: Speculation | undefined;
  /** Weights stand in another format than the run's dtype. */
  readonly quantized: boolean;
}

/**
 * Model classes that take the second runner before it is everyone's (vllm/config/vllm.py,
 * DEFAULT_V2_MODEL_RUNNER_ARCHITECTURES, read at 0.22.0 to 0.28.0); from 0.25 on they are the mixtures of experts among them,
 * since dense models take it anyway.
 */
const firstClasses: readonly (readonly [since: string, classes: readonly string[]])[] = [
  ['0.22', ['Qwen3ForCausalLM']],
  ['0.23', ['LlamaForCausalLM', 'MistralForCausalLM']],
  ['0.24', ['DeepseekV2ForCausalLM', 'Qwen2MoeForCausalLM', 'GraniteMoeForCausalLM']],
  ['0.26', ['InklingForCausalLM', 'InklingForConditionalGeneration', 'LongcatFlashNgramForCausalLM']],
  ['0.26.1', ['KimiK3ForConditionalGeneration']],
  ['0.28', ['DeepseekV4ForCausalLM']],
];

/** Which runner vLLM takes by itself (vllm/config/vllm.py, use_v2_model_runner, read at 0.20.0 to 0.33.0). */
export function runnerOf(analysis: Analysis, question: RunnerQuestion): Runner {
  const { version } = question;
  if (!atLeast(version, '0.22') || !guessesInV2(question)) return 'V1';
  if (atLeast(version, '0.29')) return 'V2';
  if (question.pooling || question.prefillContext > 1) return 'V1';
  const listed = firstClasses.some(([since, classes]) => atLeast(version, since) && classes.includes(analysis.architecture));
  if (!atLeast(version, '0.24')) return listed && !question.quantized ? 'V2' : 'V1';
  if (!atLeast(version, '0.25')) return listed ? 'V2' : 'V1';
  if (keepsRecurrentState(analysis) && !(listed && atLeast(version, '0.26.1'))) return 'V1';
  return listed || !analysis.inventory.entries.some(({ component }) => component === 'experts') ? 'V2' : 'V1';
}

/** Whether the second runner has the kind of speculation (_get_v2_model_runner_unsupported_features). */
function guessesInV2({ version, speculation }: RunnerQuestion): boolean {
  if (speculation === undefined) return true;
  if (atLeast(version, '0.33')) return !/^(suffix|custom_class)$/.test(speculation.method);
  const known = ['eagle', 'eagle3', 'mtp'];
  if (atLeast(version, '0.24')) known.push('dflash');
  if (atLeast(version, '0.25')) known.push('dspark');
  if (atLeast(version, '0.29')) known.push('extract_hidden_states');
  return known.includes(speculation.method);
}

const keepsRecurrentState = (analysis: Analysis): boolean =>
  layerStates(analysis).some(({ states }) => states.some(({ kind }) => kind === 'recurrent' || kind === 'convolution'));

/**
 * What the second runner keeps for every sequence that may run: counts of each word (4 bytes), one bit a word for those of the
 * prompt and one for those a grammar allows (v1/worker/gpu/sample/penalties.py, structured_outputs.py). It is allocated before
 * the weights, on ranks that sample.
 */
export function requestStateBytes(
  analysis: Analysis,
  { runner, maxNumSeqs, pooling, speculation }: Pick<Settings, 'runner' | 'maxNumSeqs' | 'pooling' | 'speculation'>,
  { last }: Pick<Stage, 'last'>,
): number {
  if (runner === 'V1' || pooling || !last) return 0;
  const words = vocabularySize(analysis);
  const masks = 4 * Math.ceil(words / 32);
  return maxNumSeqs * (4 * words + masks + masks * ((speculation?.tokens ?? 0) + 1));
}

/**
 * Whether an estimate of the graphs is taken from the pool: since 0.20 (VLLM_MEMORY_PROFILER_ESTIMATE_CUDAGRAPHS), where the
 * second runner makes none before 0.29 (profile_cudagraph_memory returns 0), and AMD devices have none before 0.26.
 */
export const reservesGraphs = ({ version, runner, device }: Pick<Settings, 'version' | 'runner' | 'device'>): boolean =>
  atLeast(version, '0.20') && (runner === 'V1' || atLeast(version, '0.29')) && (!device.rocm || atLeast(version, '0.26'));

/**
 * Whether what is gone is read from the driver, all that PyTorch has kept among it, and only what the peak takes beyond that is
 * added (vllm/utils/mem_utils.py, memory_profiling): since 0.27, in builds on the way to it numbered 0.26.1. Before, what was
 * allocated ahead of the weights was left out.
 */
export const readsDriver = (version: string): boolean => atLeast(version, '0.26.1');
