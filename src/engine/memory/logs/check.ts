import type { Analysis } from '../../analysis';
import type { Basis } from '../../basis';
import type { JsonValue } from '../../config/json';
import type { Precision } from '../../estimate';
import { findEngine } from '../engines/registry';
import type { Engine, RunMemory, RunNote } from '../engines/run';
import { answerRun, type RequestProblem, type RunRequest } from '../answerRun';
import { weightsOfLog } from './fileTypes';
import { machineOfLog, type GivenMachine, type LogMachine } from './machine';
import { predictionOf, termName, type Prediction } from './predictions';
import { reasonsOf, type CheckReason } from './reasons';
import type { Figure, FigureUnit, StartupLog } from './startupLog';

/** One figure: what the rules say, and what the log prints. */
export interface CheckedTerm {
  /** The engine's term ("peak-activation", "CUDA0 kv"), or `pool`, `tokens`, `max-concurrency`, `tokens-of-printed-pool`. */
  readonly name: string;
  readonly unit: FigureUnit;
  /** null: the rules give none, for want of the machine's memory most often. */
  readonly predicted: number | null;
  /** null: the log does not print it. */
  readonly printed: number | null;
  /** Half of the last digit that is printed. */
  readonly half: number;
  readonly low: number | null;
  readonly high: number | null;
  readonly basis: Basis | null;
  /** Predicted less printed; null where either is missing. */
  readonly difference: number | null;
  /** Whether the band holds the printed figure, to its digits and to 0.01 % (whole pages). */
  readonly within: boolean | null;
}

export interface LogCheck {
  readonly engine: Engine;
  readonly version: string;
  /** Whether the log prints the version, or whoever asks has given it; else the newest that is known is taken. */
  readonly versionFrom: 'log' | 'given' | 'newest';
  readonly machine: LogMachine;
  readonly weights: Precision;
  readonly log: StartupLog;
  readonly memory: RunMemory;
  readonly terms: readonly CheckedTerm[];
  /** `within`: all that could be compared; `nothing`: no figure of the log could be. */
  readonly verdict: 'within' | 'differs' | 'nothing';
  /** The term that is furthest off, one outside of its band first; and why that may be. */
  readonly worst: { readonly term: CheckedTerm; readonly reasons: readonly CheckReason[] } | undefined;
  /** Flags that decide memory and are not printed, so that the engine's defaults are taken. */
  readonly defaults: readonly string[];
  readonly notes: readonly RunNote[];
}

/** What whoever asks adds to the log. */
export interface CheckGiven extends GivenMachine {
  readonly version?: string | undefined;
  readonly weights?: Precision | undefined;
}

/** Flags that decide memory, by engine. */
const decisive: Readonly<Record<string, readonly string[]>> = {
  vllm: ['tensor-parallel-size', 'max-model-len', 'gpu-memory-utilization', 'max-num-seqs', 'max-num-batched-tokens', 'kv-cache-dtype', 'enforce-eager'],
  sglang: ['tensor-parallel-size', 'context-length', 'mem-fraction-static', 'chunked-prefill-size', 'kv-cache-dtype', 'cuda-graph-max-bs'],
  'llama.cpp': ['ctx-size', 'batch-size', 'ubatch-size', 'parallel', 'flash-attn', 'cache-type-k', 'cache-type-v', 'gpu-layers', 'override-tensor', 'n-cpu-moe'],
  ollama: ['num-ctx', 'num-batch', 'num-parallel', 'flash-attention', 'kv-cache-type'],
}; // prettier-ignore

/**
 * Holds what an engine printed at its start against what its rules say of the same run, term by term.
 *
 * @returns a problem where no answer can be given: weights, version or model that the engine's rules do not have
 */
export function checkLog(log: StartupLog, analysis: Analysis, given: CheckGiven = {}): LogCheck | { readonly problem: RequestProblem } {
  const engine = findEngine(log.engine);
  if (!engine) return wrong('engine', 'engine-unknown', `the start of ${log.engine} has no rules here`);
  const weights = given.weights ?? weightsOfLog(log);
  if (weights === undefined)
    return wrong(
      'weights',
      'weights-unknown',
      `the log names no file type that is known here${log.model.fileType === undefined ? '' : ` (${log.model.fileType.slice(0, 40)})`}`,
    );
  const version = given.version ?? log.version;
  // A log names the devices that Ollama's scheduler has chosen.
  const used = engine.id === 'ollama' ? { 'sched-spread': true } : {};
  const ask = (machine: LogMachine, more: Readonly<Record<string, JsonValue>> = {}) =>
    answerRun(analysis, requestOf(engine, version, machine, weights, { ...log.options, ...more, ...used }));
  // What the engine takes before it prints what is free does not depend on the memory.
  const blank = ask(machineOfLog({ ...log, devices: [] }, { ...given, count: 1 }, 0));
  if ('problem' in blank) return blank;
  const context = blank.memory.terms.find(({ name }) => name === 'context')?.bytes ?? 0;
  const machine = machineOfLog(log, given, log.engine === 'sglang' ? context : 0);
  const answered = ask(machine);
  if ('problem' in answered) return answered;
  const { memory } = answered;
  const terms = termsOf(log.figures, memory);
  const pool = tokensOfPool(log.figures, memory, (bytes) => {
    const again = ask(machine, { 'kv-cache-memory-bytes': String(bytes) });
    return 'memory' in again ? (again.memory.pool?.tokens ?? undefined) : undefined;
  });
  const all = pool && (log.options['pipeline-parallel-size'] ?? 1) === 1 ? [...terms, pool] : terms;
  const compared = all.filter(({ within }) => within !== null);
  const outside = compared.filter(({ within }) => within === false);
  const furthest = [...(outside.length > 0 ? outside : compared)].sort((a, b) => shareOff(b) - shareOff(a))[0];
  const check = {
    engine,
    version: memory.version,
    versionFrom: given.version !== undefined ? ('given' as const) : log.version !== undefined ? ('log' as const) : ('newest' as const),
    machine,
    weights,
    log,
    memory,
    terms: all,
    verdict: compared.length === 0 ? ('nothing' as const) : outside.length > 0 ? ('differs' as const) : ('within' as const),
    defaults: (decisive[log.engine] ?? []).filter((flag) => log.options[flag] === undefined),
    notes: memory.notes,
  };
  return { ...check, worst: furthest && { term: furthest, reasons: reasonsOf(furthest, { ...check, analysis }) } };
}

const wrong = (path: string, code: string, message: string): { readonly problem: RequestProblem } => ({ problem: { code, message, path } });

function requestOf(
  engine: Engine,
  version: string | undefined,
  { device, count, memory }: LogMachine,
  weights: Precision,
  options: RunRequest['options'],
): RunRequest {
  // A card of several parts is counted by its parts already.
  return { engine, version, device, count: Math.ceil(count / (device?.parts ?? 1)), memory, weights, options, ran: true };
}

/** How far off a term is, as a share of what is printed. */
export const shareOff = ({ difference, printed }: CheckedTerm): number =>
  difference === null || printed === null ? 0 : printed === 0 ? (difference === 0 ? 0 : Infinity) : Math.abs(difference / printed);

function termsOf(figures: readonly Figure[], memory: RunMemory): readonly CheckedTerm[] {
  const used = new Set<string>();
  const terms = figures.map((figure): CheckedTerm => {
    const prediction = predictionOf(memory, figure);
    for (const name of prediction?.terms ?? []) used.add(name);
    return compared(prediction?.name ?? termName(figure.name), figure, prediction);
  });
  const rest = memory.terms
    .filter(({ name }) => !used.has(name))
    .map((term): CheckedTerm => {
      const { name, bytes, low, high, basis } = term;
      return { name, unit: 'bytes', predicted: bytes, printed: null, half: 0, low, high, basis, difference: null, within: null };
    });
  return [...terms, ...rest].filter(({ printed, predicted }) => printed !== 0 || (predicted ?? 0) !== 0);
}

/** Share of a figure by which allocators may round it up to whole pages. */
const pageRounding = 1e-4;

function compared(name: string, { unit, value, half }: Figure, prediction: Prediction | undefined): CheckedTerm {
  if (!prediction)
    return { name, unit, predicted: null, printed: value, half, low: null, high: null, basis: null, difference: null, within: null };
  const { low, high, basis } = prediction;
  const slack = half + value * pageRounding;
  const within = value + slack >= low && value - slack <= high;
  return { name, unit, predicted: prediction.value, printed: value, half, low, high, basis, difference: prediction.value - value, within };
}

/** What the printed pool holds by the rules of the cache alone: whether sizes of pages and groups are right, whatever the pool is. */
function tokensOfPool(
  figures: readonly Figure[],
  { engine }: RunMemory,
  tokensIn: (bytes: number) => number | undefined,
): CheckedTerm | undefined {
  const pool = figures.find(({ name }) => name === 'pool');
  const tokens = figures.find(({ name }) => name === 'tokens');
  if (engine !== 'vllm' || !pool || !tokens || pool.value <= 0) return undefined;
  const value = tokensIn(Math.round(pool.value));
  const low = tokensIn(Math.max(1, Math.floor(pool.value - pool.half)));
  const high = tokensIn(Math.ceil(pool.value + pool.half));
  if (value === undefined || low === undefined || high === undefined) return undefined;
  const basis: Basis = { kind: 'rule', reasons: [] };
  return compared('tokens-of-printed-pool', tokens, { name: '', unit: 'tokens', value, low, high, basis, terms: [] });
}
