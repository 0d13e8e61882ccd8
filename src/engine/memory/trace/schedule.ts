import { evenStages, type Stage } from '../parallel/stages';
import type { Degrees } from './degrees';

/** One step of a rank of a pipeline: a batch goes forward or back through one of the rank's runs of layers. */
export interface ScheduleStep {
  readonly way: 'forward' | 'backward';
  readonly run: number;
}

/** The runs of layers of a rank: with one each, even stages; with several, rank after rank in turn (Narayanan et al. 2021, section 2.2). */
export function runsOfRank(layers: number, rank: number, { pipeline, virtual }: Degrees): readonly Stage[] {
  const stages = evenStages(layers, pipeline * virtual);
  return Array.from({ length: virtual }, (_, run) => stages[run * pipeline + rank] as Stage);
}

/** What a rank does in one step, and batches under way all the while that are like the first of them and left out. */
export interface Schedule {
  readonly steps: readonly ScheduleStep[];
  readonly alike: number;
}

/**
 * What a rank does in one step of training, one forward and one backward in turn once its share of batches is under way (1F1B).
 * Ranks before the last let as many batches in first as there are ranks after them; with several runs each, twice as many and those
 * of the other runs (Megatron-LM, megatron/core/pipeline_parallel/schedules.py, get_pp_rank_microbatches and get_model_chunk_id).
 * Batches beyond those that fill it are left out: they repeat what was.
 *
 * @param whole every batch under way is told apart
 */
export function scheduleOf(rank: number, { pipeline, virtual, microBatches }: Degrees, whole: boolean): Schedule {
  const after = pipeline - rank - 1;
  const asked = Math.min(virtual === 1 ? after : 2 * after + (virtual - 1) * pipeline, virtual * microBatches);
  const alike = whole || virtual > 1 || microBatches < asked + 2 ? 0 : Math.max(0, asked - 1);
  const ahead = asked - alike;
  const total = virtual === 1 ? Math.min(microBatches, ahead + 2) : virtual * Math.min(microBatches, 3 * pipeline);
  const runOf = (step: number): number => Math.floor((step % (pipeline * virtual)) / pipeline);
  const forward = (step: number): ScheduleStep => ({ way: 'forward', run: virtual === 1 ? 0 : runOf(step) });
  const backward = (step: number): ScheduleStep => ({ way: 'backward', run: virtual === 1 ? 0 : virtual - 1 - runOf(step) });
  const steps: ScheduleStep[] = [];
  for (let step = 0; step < ahead; step++) steps.push(forward(step));
  for (let step = ahead; step < total; step++) steps.push(forward(step), backward(step - ahead));
  for (let step = total - ahead; step < total; step++) steps.push(backward(step));
  return { steps, alike };
}
