import type { Evidence } from '../run';
import type { Stage } from '../../parallel/stages';
import type { Settings } from './settings';
import { atLeast } from '../versions';

const GiB = 2 ** 30;

/** A figure that no code gives, from rows of start-up logs. Bytes. */
export interface Fitted {
  readonly bytes: number;
  readonly low: number;
  readonly high: number;
  readonly evidence?: Evidence;
  /** The run is of the kind that the rows are of. */
  readonly covered: boolean;
}

/** Start-up logs of an evaluation of vLLM 0.19 on H100 80 GB. */
const evaluation = 'llm-d-incubation/llm-d-planner: accuracy results_raw.csv';

/**
 * Memory that PyTorch does not manage: what libraries take beside it, NCCL's and the all-reduce's buffers. Medians of the rows:
 * 35 of vLLM 0.19 on H100; 6 of 0.10.2 and 0.12 on single devices (0.02 GiB on three of up to 24 GiB, 0.06 and 0.07 on larger ones); 10 of 0.23 on four GH200
 * (0.07 to 0.16). Several ranks on anything but Hopper before 0.20 are not covered: logs of older versions print 0.11 GiB (T4)
 * and 0.40 (A100 40 GB).
 */
export function nonTorchOf({ version, tensor, pipeline, device }: Settings): Fitted {
  const within = atLeast(version, '0.14') && !atLeast(version, '0.20') && device.capability === 9;
  if (tensor > 1 && (atLeast(version, '0.20') || (device.capability > 0 && device.capability !== 9)))
    return figure(0.12, 0.05, 2.25, false, { fitted: 10, held: 0, median: 0.29, p90: 0.42, source: 'alint77/jupiter-glm52-vllm-worklog' });
  if (pipeline > 1 && tensor === 1)
    return figure(0.07, 0.05, atLeast(version, '0.14') ? 0.3 : 0.1, within, { fitted: 2, held: 0, median: 0, p90: 0, source: evaluation });
  if (tensor > 1) {
    const center = tensor === 2 ? 2.09 : 2.19;
    return figure(center, within ? 2.05 : 0.07, within ? 2.25 : 3.6, within, {
      fitted: 10,
      held: 0,
      median: 0.01,
      p90: 0.029,
      source: evaluation,
    });
  }
  if (atLeast(version, '0.14'))
    return figure(0.25, within ? 0.24 : 0.07, 0.46, within, { fitted: 23, held: 0, median: 0, p90: 0.46, source: evaluation });
  const large = device.memory >= 70 * GiB;
  return figure(large ? 0.07 : 0.02, 0.015, large ? 0.1 : 0.07, true, {
    fitted: 6,
    held: 0,
    median: 0,
    p90: 0.17,
    source: 'start-up logs of vLLM 0.10.2 and 0.12.0 (six public repositories)',
  });
}

/**
 * CUDA graphs of one rank: what the first capture takes, more for a larger batch, and what each graph adds for each layer. Least
 * squares over the 35 rows of vLLM 0.19 on H100 (102 graphs, the largest of 512 tokens), with the layers of the rank's own stage:
 * 0.421 GiB and 0.01528 for a layer. Up to 0.17 the first capture also loads what attention needs, whatever the batch; later a
 * capture for the estimate comes before (v1/worker/gpu_worker.py, determine_available_memory).
 */
export function graphsOf(stage: Stage, settings: Settings): Fitted {
  const { captureSizes, version, device } = settings;
  const count = capturedGraphs(settings);
  if (count === 0) return { bytes: 0, low: 0, high: 0, covered: true };
  const largest = Math.max(...captureSizes) / 512;
  const first = atLeast(version, '0.18') ? largest : Math.min(1, 0.3 + 0.7 * largest);
  const bytes = 0.421 * first + (0.01528 / 102) * count * (stage.to - stage.from);
  const within = atLeast(version, '0.17') && !atLeast(version, '0.20') && captureSizes.length === 51 && device.capability === 9;
  return figure(bytes, within ? 0.75 * bytes : 0.06, within ? 1.6 * bytes : Math.max(2.4, 2.5 * bytes), within, {
    fitted: 35,
    held: 0,
    median: 0.04,
    p90: 0.2,
    source: evaluation,
  });
}

/**
 * Graphs that are captured: one between the attention layers for each size, one of the whole for each size of a batch that only
 * decodes, and as many again without adapters where adapters are taken (v1/cudagraph_dispatcher.py, initialize_cudagraph_keys,
 * since 0.12).
 */
function capturedGraphs({ captureSizes, graphMode, maxNumSeqs, speculation, lora, version }: Settings): number {
  const query = (speculation?.tokens ?? 0) + 1;
  const decoding = captureSizes.filter((size) => size >= query && size <= maxNumSeqs * query).length;
  const pieces = graphMode === 'FULL_DECODE_ONLY' ? 0 : captureSizes.length;
  const whole = graphMode === 'FULL_DECODE_ONLY' || graphMode === 'FULL_AND_PIECEWISE' ? decoding : 0;
  return (pieces + whole) * (lora !== undefined && atLeast(version, '0.12') ? 2 : 1);
}

function figure(center: number, low: number, high: number, covered: boolean, evidence: Evidence): Fitted {
  return { bytes: Math.round(center * GiB), low: Math.round(low * GiB), high: Math.round(high * GiB), covered, evidence };
}
