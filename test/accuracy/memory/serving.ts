/** How far vLLM's and SGLang's terms are from what their start-up logs printed. */
import { existsSync } from 'node:fs';
import type { Analysis } from '../../../src/engine/index';
import { readFlags, type FlagValues } from '../../../src/engine/memory/engines/flags';
import type { Engine, RunMemory } from '../../../src/engine/memory/engines/run';
import { tokenPool } from '../../../src/engine/memory/engines/sglang/pool';
import { settingsOf } from '../../../src/engine/memory/engines/sglang/settings';
import { sglang } from '../../../src/engine/memory/engines/sglang/sglang';
import { atLeast, isVersion } from '../../../src/engine/memory/engines/versions';
import { vllm } from '../../../src/engine/memory/engines/vllm/vllm';
import { predictionOf } from '../../../src/engine/memory/logs/predictions';
import type { ScoreRow } from './score';
import { modelOf } from './servingModels';
import { evaluatedRows, loggedRows, type ServingRow } from './servingRows';

export const truthIsThere = (): boolean => existsSync('../shared/truth/serving_logs.csv');

/** One figure of one row. */
export interface Measured {
  readonly quantity: string;
  readonly sample: ScoreRow['sample'];
  readonly row: string;
  /** Ours ÷ printed − 1. */
  readonly error: number;
  readonly reason: string;
  /** Whether the term's band holds the printed figure, to the digits that the log prints; `undefined` for what is no term. */
  readonly within: boolean | undefined;
}

export interface LeftOut {
  readonly engine: string;
  readonly row: string;
  readonly reason: string;
}

interface Answers {
  readonly measured: readonly Measured[];
  readonly leftOut: readonly LeftOut[];
}

const GiB = 2 ** 30;
/** Half of the last digit of a log. */
const printedDigit = 0.005 * GiB;

/** Ranges of versions that share their rules. */
const rangeOf = (version: string): string =>
  atLeast(version, '0.20') ? '0.20 and later' : atLeast(version, '0.17') ? '0.17 to 0.19' : '0.10 to 0.16';

/** Why a row says nothing of the rules. */
function unfit(row: ServingRow, engine: Engine, analysis: Analysis | undefined): string | undefined {
  if (row.version !== '' && !isVersion(row.version)) return 'version not stated';
  if (engine.id === 'vllm' && row.version === '') return 'version not stated';
  if (engine.id === 'vllm' && (!atLeast(row.version, '0.10') || row.version.startsWith('0.1.dev'))) return 'before 0.10';
  if (/Ascend|AMD|neuron/i.test(`${row.gpu} ${row.quantization}`)) return 'not an NVIDIA device';
  if (engine.id === 'sglang' && row.gpu === 'NVIDIA GB10') return 'memory that the system shares, and that changes while loading';
  if (!analysis) return 'no config of the model that was read';
  if (analysis.basis.kind === 'approximate') return "the model's class is only estimated";
  return undefined;
}

function answer(row: ServingRow, engine: Engine, analysis: Analysis, more: FlagValues = {}): RunMemory {
  const read = readFlags(engine.flags, row.options);
  if ('problem' in read) throw new Error(`${row.name}: ${read.problem.message}`);
  const options = { ...read.values, ...more };
  return engine.memory({
    analysis,
    weights: 'checkpoint',
    engine: engine.id,
    version: row.version || '0.4.9',
    machine: row.machine,
    options,
  });
}

/** What the whole of a row's run must be known of for its pool and its peak: the device's memory and the sizes of a step. */
const isComplete = ({ machine, stated, notes }: ServingRow): boolean =>
  machine.memory !== undefined &&
  (stated.has('gpu_memory_utilization_or_mem_fraction_static') || notes.includes('not printed = engine defaults'));

function vllmRow(row: ServingRow, analysis: Analysis): readonly Measured[] {
  const { printed } = row;
  const run = answer(row, vllm, analysis);
  const bytes = (name: string): number => run.terms.find((term) => term.name === name)?.bytes ?? 0;
  const [first] = run.perDevice;
  const range = rangeOf(row.version);
  const found: Measured[] = [];
  // What the log calls the peak, and what is gone beside it, are not the same in all versions.
  const asPrinted = (name: 'activations' | 'consumed') => predictionOf(run, { name, unit: 'bytes', value: 0, half: 0 });
  const peak = asPrinted('activations');
  const banded = (term: string | undefined) => (term === peak?.name ? peak : run.terms.find(({ name }) => name === term));
  const add = (quantity: string, sample: ScoreRow['sample'], ours: number | undefined, theirs: number | undefined, term?: string): void => {
    if (ours === undefined || theirs === undefined || theirs <= 0) return;
    const band = row.pipeline === 1 ? banded(term) : undefined;
    const within = band === undefined ? undefined : theirs >= band.low - printedDigit && theirs <= band.high + printedDigit;
    found.push({
      quantity: `${quantity}, ${range}`,
      sample,
      row: row.name,
      error: ours / theirs - 1,
      reason: reasonOf(row, quantity),
      within,
    });
  };
  // The log is the first rank's.
  add('weights per GPU', 'by code', first?.weights, printed.weights, row.options['enable-lora'] === true ? undefined : 'model-weights');
  if (printed.pool !== undefined && printed.tokens !== undefined && row.pipeline === 1) {
    const fixed = answer(row, vllm, analysis, { 'kv-cache-memory-bytes': String(Math.round(printed.pool)) });
    add('tokens of the printed pool', 'by code', fixed.pool?.tokens ?? undefined, printed.tokens);
    add('concurrency of the printed pool', 'by code', fixed.pool?.maxConcurrency ?? undefined, printed.concurrency);
  }
  // The few logs before 0.17 that print non-torch memory are all in its constant; one of 0.15 says since when it is larger.
  const early = range === '0.10 to 0.16' && (printed.nonTorch !== undefined || atLeast(row.version, '0.14'));
  const fitted = row.fitted || early ? 'fitted' : 'held out';
  if (isComplete(row)) {
    if (row.pipeline === 1) add('KV pool', fitted, run.pool?.bytes, printed.pool, 'kv-cache');
    add('tokens', fitted, run.pool?.tokens ?? undefined, printed.tokens);
    add('activation peak', 'by code', peak?.value, printed.activations, 'peak-activation');
    const consumed = /consumed_weights_plus_non_torch_gib=([\d.]+)/.exec(row.other)?.[1];
    if (consumed !== undefined) add('weights and all that stays beside them', fitted, asPrinted('consumed')?.value, Number(consumed) * GiB);
  }
  add('non-torch', fitted, bytes('non-torch'), printed.nonTorch, 'non-torch');
  if (isComplete(row)) add('CUDA graphs', row.fitted ? 'fitted' : 'held out', bytes('cuda-graphs'), printed.graphs, 'cuda-graphs');
  return found;
}

function sglangRow(row: ServingRow, analysis: Analysis): readonly Measured[] {
  const run = answer(row, sglang, analysis);
  const found: Measured[] = [];
  const add = (quantity: string, sample: ScoreRow['sample'], ours: number | undefined, theirs: number | undefined): void => {
    if (ours === undefined || theirs === undefined || theirs <= 0) return;
    found.push({ quantity, sample, row: row.name, error: ours / theirs - 1, reason: reasonOf(row, quantity), within: undefined });
  };
  const logged = (key: string): number | undefined => {
    const text = new RegExp(`${key}=([\\d.]+)`).exec(row.other)?.[1];
    return text === undefined ? undefined : Number(text) * GiB;
  };
  const before = logged('avail_before_load_gb');
  const after = logged('avail_after_load_gb');
  const loaded = run.terms.filter(({ name }) => name === 'model-weights' || name === 'loading').reduce((sum, term) => sum + term.bytes, 0);
  add(
    'weights per GPU',
    'fitted',
    loaded,
    row.printed.weights ?? (before !== undefined && after !== undefined ? before - after : undefined),
  );
  if (before !== undefined && after !== undefined) {
    const read = readFlags(sglang.flags, row.options);
    const settings = settingsOf(analysis, row.version || '0.4.9', row.machine, 'values' in read ? read.values : {});
    const pool = tokenPool(
      analysis,
      settings,
      { from: 0, to: Infinity, first: true, last: true },
      after - before * (1 - settings.memoryFraction),
    );
    add('tokens of the printed memory', 'by code', pool.tokens, row.printed.tokens);
    if (settings.cacheDtype !== 'fp4_e2m1')
      add('K size of the printed memory', 'by code', pool.values > 0 ? pool.keys : undefined, row.printed.kSize);
  }
  if (isComplete(row)) add('tokens', 'fitted', run.pool?.tokens ?? undefined, row.printed.tokens);
  return found;
}

/** What is known of a row that stands apart. */
function reasonOf({ model, version, gpu }: ServingRow, quantity: string): string {
  if (/granite/.test(model) && /non-torch|pool|tokens$/.test(quantity))
    return 'both Granite logs print 0.46 GiB of non-torch memory, for a reason that was not found';
  if (/gemma-3|Mistral-Small/.test(model)) return "pixels and the tower's own pass are not counted";
  if (/V2-Lite/.test(model)) return 'buffers of latent attention in the profiling run are not derived';
  if (/Qwen3-4B-Instruct-2507-FP8/.test(model)) return 'device and backend of the FP8 products are not stated';
  if (model === 'Qwen/Qwen3-30B-A3B' && version === '0.12.0') return 'sizes of a step are not stated in full';
  if (model === 'Qwen/Qwen3-Coder-30B-A3B-Instruct' && quantity === 'activation peak')
    return 'two parts in three of the printed peak are the estimate of the graphs';
  if (model === 'Qwen/Qwen3-4B' && version === '0.12.0' && quantity === 'activation peak')
    return 'eight sequences: the forward pass decides';
  if (/T4/.test(gpu) && /^(KV pool|tokens)$/.test(quantity))
    return 'the log prints no memory, and T4s report 14.56 or 14.74 GiB; what running with adapters takes is not derived';
  if (/DeepSeek-R1/.test(model) && quantity.startsWith('tokens')) return 'one part in 61 more a token than the code that was read counts';
  return '';
}

let answers: Answers | undefined;

/** Every figure that could be compared, and the rows that could not. */
export function measure(): Answers {
  if (answers) return answers;
  const measured: Measured[] = [];
  const leftOut: LeftOut[] = [];
  const take = (
    rows: readonly ServingRow[],
    engine: Engine,
    compare: (row: ServingRow, analysis: Analysis) => readonly Measured[],
  ): void => {
    for (const row of rows) {
      const analysis = modelOf(row.model);
      const reason = unfit(row, engine, analysis);
      if (reason !== undefined || !analysis) leftOut.push({ engine: engine.title, row: row.name, reason: reason ?? '' });
      else measured.push(...compare(row, analysis).map((each) => ({ ...each, quantity: `${engine.title}: ${each.quantity}` })));
    }
  };
  take([...evaluatedRows(), ...loggedRows('vllm')], vllm, vllmRow);
  take(loggedRows('sglang'), sglang, sglangRow);
  answers = { measured, leftOut };
  return answers;
}

/** Values by key, in the order in which keys come up. */
export function groupBy<T>(values: readonly T[], keyOf: (value: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const value of values) {
    const known = groups.get(keyOf(value));
    if (known) known.push(value);
    else groups.set(keyOf(value), [value]);
  }
  return groups;
}

const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;

/** Scores by engine, quantity and sample; none where the shared rows are absent. */
export function score(): readonly ScoreRow[] {
  if (!truthIsThere()) return [];
  const { measured, leftOut } = measure();
  const groups = groupBy(measured, ({ quantity, sample }) => `${quantity}|${sample}`);
  return [...groups.values()].map((group): ScoreRow => {
    const [head] = group as [Measured, ...Measured[]];
    const [engine = '', quantity = ''] = head.quantity.split(': ');
    const sorted = group.map(({ error }) => Math.abs(error)).sort((a, b) => a - b);
    const worst = group.reduce((most, each) => (Math.abs(each.error) > Math.abs(most.error) ? each : most));
    const gone = leftOut.filter((each) => each.engine === engine);
    return {
      engine,
      quantity,
      sample: head.sample,
      rows: group.length,
      median: quantile(sorted, 0.5),
      p90: quantile(sorted, 0.9),
      worst: { row: worst.row, error: worst.error, reason: worst.reason },
      leftOut: { count: gone.length, reasons: [...new Set(gone.map(({ reason }) => reason))] },
    };
  });
}
