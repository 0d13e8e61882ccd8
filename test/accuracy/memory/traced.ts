/** Peaks that the oracle traced tensor by tensor (oracle/memory.csv), ours for the same jobs, and how far they are off. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { analyzeText, type Analysis } from '../../../src/engine/index';
import { peakMemory, type PeakJob, type PeakMemory } from '../../../src/engine/memory/trace/peak';
import { parseCsv } from './csv';
import type { ScoreRow } from './score';

const shared = join(import.meta.dirname, '..', '..', '..', '..', 'shared');

export interface TracedRow {
  readonly model: string;
  readonly job: PeakJob;
  readonly peak: number;
  readonly activations: number;
  readonly ours: PeakMemory | undefined;
  /** Why there is no answer of ours. */
  readonly reason: string;
}

let known: readonly TracedRow[] | undefined;

/** The rows of the trace, or `undefined` where it is not beside the project. */
export const tracedRows = (): readonly TracedRow[] | undefined => (known ??= readRows());

function readRows(): readonly TracedRow[] | undefined {
  const file = join(shared, 'oracle', 'memory.csv');
  if (!existsSync(file)) return undefined;
  const analyses = new Map<string, Analysis | undefined>();
  return parseCsv(readFileSync(file, 'utf8').replaceAll('\r\n', '\n')).map((cells) => {
    const model = cells['model_id'] ?? '';
    if (!analyses.has(model)) analyses.set(model, analysisOf(model));
    const analysis = analyses.get(model);
    const job = jobOf(cells);
    const ours = analysis && peakMemory(analysis, job);
    const reason = analysis ? `${analysis.modelType}: no program` : `${model}: no model that the engine reads`;
    return { model, job, peak: Number(cells['peak_bytes']), activations: Number(cells['activation_bytes']), ours, reason };
  });
}

function jobOf(cells: Readonly<Record<string, string>>): PeakJob {
  const notes = new Map((cells['notes'] ?? '').split('; ').map((note) => note.split('=') as [string, string]));
  const [optimizer = 'adamw', states = 'fp32'] = (notes.get('optimizer') ?? '').split('/').filter(Boolean);
  const rank = Number(cells['lora_rank']);
  const targets = cells['lora_targets'] ?? '';
  return {
    mode: cells['mode'],
    batch: Number(cells['batch']),
    tokens: Number(cells['tokens']),
    attention: notes.get('attn'),
    logits: notes.get('logits') ?? 'all',
    precision: cells['precision'],
    checkpointing: cells['checkpointing'] === '1',
    lora: rank > 0 ? { rank, targets: targets === 'all-linear' ? targets : targets.split(',') } : null,
    optimizer,
    states,
  } as PeakJob;
}

function analysisOf(model: string): Analysis | undefined {
  const file = join(shared, 'truth', 'configs', `${model.replace('/', '__')}.json`);
  const result = existsSync(file) ? analyzeText(readFileSync(file, 'utf8')).result : undefined;
  return result?.kind === 'model' ? result : undefined;
}

export type TracedKind = 'inference' | 'training';

export interface TracedError {
  readonly row: TracedRow;
  readonly total: number;
  readonly activations: number;
}

const isOf = ({ job }: TracedRow, kind: TracedKind): boolean => (job.mode === 'train') === (kind === 'training');

/** Shares that our figures are off, of the rows that have an answer. */
export const errorsOf = (rows: readonly TracedRow[], kind: TracedKind): readonly TracedError[] =>
  rows.flatMap((row) => {
    const { ours, peak, activations } = row;
    if (!ours || !isOf(row, kind)) return [];
    return [{ row, total: Math.abs(ours.total / peak - 1), activations: Math.abs(ours.activations / activations - 1) }];
  });

/** The value below which a share of the values lies. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

/** Rows of the scoreboard: total and activations, of inference and of training. */
export function score(): readonly ScoreRow[] {
  const rows = tracedRows();
  if (!rows) return [];
  return (['inference', 'training'] as const).flatMap((kind) => {
    const errors = errorsOf(rows, kind);
    const silent = rows.filter((row) => isOf(row, kind) && !row.ours);
    return (['total', 'activations'] as const).map((part): ScoreRow => {
      const values = errors.map((error) => error[part]);
      const worst = errors.reduce<TracedError | undefined>((most, each) => (most && most[part] >= each[part] ? most : each), undefined);
      return {
        engine: 'transformers',
        quantity: `${kind === 'training' ? 'training' : 'prefill and decode'}, ${part === 'total' ? 'traced peak' : 'activations at it'}`,
        sample: 'by code',
        rows: errors.length,
        median: quantile(values, 0.5),
        p90: quantile(values, 0.9),
        worst: {
          row: worst ? nameOf(worst.row) : '',
          error: worst?.[part] ?? 0,
          reason: 'moments that are nearly as full divide otherwise among kinds',
        },
        leftOut: { count: silent.length, reasons: [...new Set(silent.map(({ reason }) => reason))] },
      };
    });
  });
}

const nameOf = ({ model, job }: TracedRow): string =>
  `${model} ${job.mode} ${job.batch} × ${job.tokens}${job.mode === 'train' ? ` ${job.precision}${job.checkpointing ? ' checkpointed' : ''}${job.lora ? ' adapters' : ''}` : ''}`;
