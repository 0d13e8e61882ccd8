/** How far llama.cpp's buffers are from what its logs print, by quantity. */
import type { ScoreRow } from './score';
import { answer, logRows, type LogRow, type Outcome } from './llamaCppRows';

type Answered = Extract<Outcome, { readonly memory: unknown }>;

const MiB = 2 ** 20;
const total = (buffers: Readonly<Record<string, number>>): number => Object.values(buffers).reduce((sum, each) => sum + each, 0);

/** Printed and predicted sums over backends, in MiB. */
const quantities = {
  weights: ['model'],
  cache: ['kv', 'recurrent'],
  'compute buffers': ['compute'],
  'output buffer': ['output'],
  'sum of buffers': ['model', 'kv', 'recurrent', 'compute', 'output'],
} as const;

export type LlamaQuantity = keyof typeof quantities;

export interface Compared {
  readonly row: LogRow;
  readonly name: string;
  readonly printed: number;
  readonly predicted: number;
  /** |predicted − printed| / printed, with what two decimals of every printed buffer leave open. */
  readonly error: number;
  readonly reason: string;
}

/** Every row that is answered, and why others are not. */
export function outcomes(): readonly Outcome[] | undefined {
  return logRows()?.map(answer);
}

export function compared(all: readonly Outcome[], quantity: LlamaQuantity): readonly Compared[] {
  return all.flatMap((outcome): readonly Compared[] => {
    if (!('memory' in outcome)) return [];
    const { row, memory } = outcome;
    const kinds = quantities[quantity];
    const printed = kinds.reduce((sum, kind) => sum + total(row[kind]), 0);
    if (printed === 0) return [];
    const predicted =
      Object.values(memory.buffers ?? {}).reduce((sum, own) => kinds.reduce((part, kind) => part + own[kind], sum), 0) / MiB;
    const open = 0.005 * kinds.reduce((count, kind) => count + Object.keys(row[kind]).length, 0);
    const error = Math.max(0, Math.abs(predicted - printed) - open) / printed;
    return [{ row, name: nameOf(row), printed, predicted, error, reason: reasonOf(outcome, quantity) }];
  });
}

const nameOf = ({ cells }: LogRow): string =>
  `${cells['model'] ?? ''} ${cells['build'] || (cells['date'] ?? '')} ctx ${cells['n_ctx'] ?? ''} np ${cells['n_seq_max'] || '1'}`;

/** What sets rows apart that are not exact, as far as it is known. */
function reasonOf({ row, plainTypes }: Answered, quantity: LlamaQuantity): string {
  const vulkan = Object.keys(row.compute).some((name) => name.startsWith('Vulkan'));
  if (quantity === 'compute buffers') return vulkan ? 'Vulkan reorders the graph' : 'Metal reorders the graph';
  if (!plainTypes) return "a publisher's own mix of types";
  const [on, of] = (row.cells['n_gpu_layers'] ?? '').split('/');
  return on !== of
    ? 'a mapped file is printed from its first to its last tensor on the CPU'
    : 'the file has other types than llama-quantize gives today';
}

const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;

/** Rows of one model count as one: its median. */
export function byModel(rows: readonly Compared[]): readonly Compared[] {
  const models = new Map<string, Compared[]>();
  for (const row of rows) {
    const model = row.row.cells['model'] ?? '';
    models.set(model, [...(models.get(model) ?? []), row]);
  }
  return [...models.values()].map((own) => [...own].sort((a, b) => a.error - b.error)[Math.floor(own.length / 2)] as Compared);
}

export function scoreOf(quantity: string, rows: readonly Compared[], all: readonly Outcome[]): ScoreRow {
  const sorted = rows.map(({ error }) => error).sort((a, b) => a - b);
  const worst = rows.reduce<Compared | undefined>((most, row) => (most && most.error >= row.error ? most : row), undefined);
  const reasons = all.flatMap((outcome) => ('leftOut' in outcome ? [outcome.leftOut] : []));
  return {
    engine: 'llama.cpp',
    quantity,
    sample: 'by code',
    rows: rows.length,
    median: quantile(sorted, 0.5),
    p90: quantile(sorted, 0.9),
    worst: { row: worst?.name ?? '', error: worst?.error ?? 0, reason: worst?.error === 0 ? '' : (worst?.reason ?? '') },
    leftOut: { count: reasons.length, reasons: [...new Set(reasons)] },
  };
}

/** Rows of the scoreboard; none where the table is not beside the project. */
export function score(): readonly ScoreRow[] {
  const all = outcomes();
  if (!all) return [];
  const rows = (Object.keys(quantities) as LlamaQuantity[]).map((quantity) => scoreOf(quantity, compared(all, quantity), all));
  return [...rows, scoreOf('sum of buffers, by model', byModel(compared(all, 'sum of buffers')), all)];
}
