/** What the reference and published checkpoints say of parameters, cache and bytes, as rows of the scoreboard. */
import { cacheSize, findFamily } from '../../../src/engine/index';
import { analyzeRow } from '../compare';
import { oracleRows, type OracleRow } from '../oracle';
import { truthRows } from '../truth';
import { answerOf } from '../truthManifest';
import type { ScoreRow } from './score';

interface Off {
  readonly row: string;
  readonly error: number;
}

export function score(): readonly ScoreRow[] {
  const models = oracleRows('models');
  const variants = oracleRows('variants');
  const truth = truthRows();
  if (!models || !variants || !truth) return [];
  const all = [...models, ...variants].filter(({ params }) => params !== undefined);
  const known = all.filter(({ model_type: type }) => findFamily(type) !== undefined);
  const leftOut = { count: all.length - known.length, reasons: ['model types that are estimated, not known'] };
  return [
    scored(
      'transformers',
      'parameters',
      known.map((row) => off(row, analyzeRow(row).parameters.total, row.params ?? 0)),
      leftOut,
    ),
    scored('transformers', 'cache at 64 and 5,000 tokens', known.flatMap(cacheOff), leftOut),
    ...published(truth),
  ];
}

const off = ({ model_type: type, variant }: OracleRow, ours: number, theirs: number): Off => ({
  row: variant === undefined ? type : `${type}, variant ${variant}`,
  error: theirs === 0 ? 0 : ours / theirs - 1,
});

function cacheOff(row: OracleRow): readonly Off[] {
  const { inventory } = analyzeRow(row);
  return [64, 5000].flatMap((tokens) => {
    const kept = row.cache?.[String(tokens)];
    return typeof kept === 'object' ? [off(row, cacheSize(inventory, tokens, 1, 'bf16').bytes, kept.bytes)] : [];
  });
}

function published(truth: NonNullable<ReturnType<typeof truthRows>>): readonly ScoreRow[] {
  const answers = truth.flatMap((row) => answerOf(row) ?? []);
  return (['bytes', 'elements'] as const).map((of) => {
    const rows = answers.filter((answer) => answer.of === of);
    const answered = rows.flatMap(({ file, off: left, published: size }) =>
      left === undefined ? [] : [{ row: file.replace('.json', ''), error: left / size }],
    );
    return scored('published checkpoints', of === 'bytes' ? 'bytes of all tensors' : 'elements of all tensors', answered, {
      count: rows.length - answered.length,
      reasons: ['model types that are estimated, not known'],
    });
  });
}

function scored(engine: string, quantity: string, rows: readonly Off[], leftOut: ScoreRow['leftOut']): ScoreRow {
  const sorted = [...rows].sort((a, b) => Math.abs(a.error) - Math.abs(b.error));
  const at = (share: number): number => Math.abs(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]?.error ?? 0);
  const worst = sorted.at(-1);
  return {
    engine,
    quantity,
    sample: 'by code',
    rows: rows.length,
    median: at(0.5),
    p90: at(0.9),
    worst: { row: worst?.row ?? '', error: worst?.error ?? 0, reason: '' },
    leftOut,
  };
}
