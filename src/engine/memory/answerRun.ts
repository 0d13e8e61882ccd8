import type { Analysis } from '../analysis';
import type { JsonObject } from '../config/json';
import type { Device } from '../hardware/device';
import { batchCache, batchFits, type Batch, type BatchCache } from './batch';
import { readFlags } from './engines/flags';
import { machineOf, machineOfKinds } from './engines/machine';
import { overridden } from './engines/overrides';
import { RunError, type Draft, type Engine, type Pool, type Run, type RunMemory, type RunNote } from './engines/run';
import { checkSupport } from './engines/support/support';

/** What is wrong with a request, and at which of its keys. */
export interface RequestProblem {
  readonly code: string;
  readonly message: string;
  readonly path: string;
  /** What the message names, for surfaces that say it in their own words. */
  readonly values?: RunNote['values'];
}

/** A start of an engine as it is asked about; what it runs comes with the analysis. */
export interface RunRequest {
  readonly engine: Engine;
  readonly version: string | undefined;
  readonly device: Device | undefined;
  readonly count: number;
  /** Devices of other kinds beside, in the order in which the engine numbers them. */
  readonly others?: readonly { readonly device: Device; readonly count: number }[];
  readonly memory: number | undefined;
  readonly weights: string;
  readonly options: JsonObject;
  /** The model that guesses tokens. */
  readonly draft?: Draft;
  /** A log shows that it ran: whether it could is no question. */
  readonly ran?: true;
  /** Sequences under way, where they are asked about. */
  readonly batch?: Batch;
}

/** The cache of a batch, and whether it fits what the engine has; `null` where that is not known. */
export interface BatchAnswer extends BatchCache {
  readonly fits: boolean | null;
}

/**
 * Engines that put layers on unequal devices by their memory; the others cut tensors into equal parts, or take as much of every device
 * as the smallest has, which was not read.
 */
const takesUnequal: ReadonlySet<string> = new Set(['llama.cpp', 'ollama', 'lm-studio']);

/** Engines whose drafts are followed. */
const takesDraft: ReadonlySet<string> = new Set(['vllm', 'sglang', 'llama.cpp']);

/** What an engine answers for a model. */
export function answerRun(
  analysis: Analysis,
  { engine, version, device, count, others = [], memory, weights, options, draft, ran, batch }: RunRequest,
): { readonly memory: RunMemory; readonly batch?: BatchAnswer } | { readonly problem: RequestProblem } {
  const flags = readFlags(engine.flags, options);
  if ('problem' in flags)
    return { problem: { code: flags.problem.code, message: flags.problem.message, path: `options.${flags.problem.flag}` } };
  try {
    const machine = device && others.length > 0 ? machineOfKinds([{ device, count }, ...others]) : machineOf(device, count, memory);
    if (others.length > 0 && !takesUnequal.has(engine.id))
      throw new RunError('devices-unequal', `${engine.title} is followed on devices of one kind`, 'devices', { engine: engine.title });
    const asked: Run = { analysis, weights, engine: engine.id, version, machine, options: flags.values, ...(draft && { draft }) };
    if (draft && !takesDraft.has(engine.id))
      throw new RunError('draft-not-followed', `drafts of ${engine.title} are not followed`, 'draft', { engine: engine.title });
    const changed = overridden(asked, version ?? engine.newest);
    const run: Run = { ...asked, analysis: changed.analysis };
    const support = ran ? [] : checkSupport(engine, run);
    const answer = engine.memory(run);
    const sequences = batch && answerBatch(run, batch, engine, answer.pool);
    const notes = [...support, ...changed.notes, ...answer.notes, ...(sequences?.notes ?? [])];
    return { memory: { ...answer, notes }, ...(sequences && { batch: sequences.answer }) };
  } catch (error) {
    if (error instanceof RunError) return { problem: { code: error.code, message: error.message, path: error.path, values: error.values } };
    throw error;
  }
}

/**
 * Slots take what was set aside for them, whatever is in them; what is too long for one does not fit.
 *
 * @throws RunError for a sequence that is longer than any that the engine takes once it is started like this.
 */
function answerBatch(
  run: Run,
  batch: Batch,
  engine: Engine,
  pool: Pool | null,
): { readonly answer: BatchAnswer; readonly notes: readonly RunNote[] } {
  const paging = engine.paging(run);
  const cache = batchCache(run.analysis, batch, paging);
  const { longest: length } = cache;
  const most = paging.longest;
  const isTooLong = most !== null && length > most;
  if (isTooLong && paging.layout !== 'slots')
    throw new RunError(
      'lengths-beyond',
      `a sequence of ${length} tokens is longer than the ${most} that ${engine.title} takes`,
      'lengths',
      {
        length,
        limit: most,
      },
    );
  const bytes = paging.layout === 'slots' && pool ? pool.bytes : cache.bytes;
  const limit = run.analysis.contextLimit;
  const isBeyond = most === null && limit !== null && length > limit;
  return {
    answer: { ...cache, bytes, fits: isTooLong ? false : batchFits(batch, cache, pool?.tokens ?? null) },
    notes: isBeyond ? [{ code: 'lengths-beyond-model', refused: false, values: { length, limit } }] : [],
  };
}
