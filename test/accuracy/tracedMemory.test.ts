import { ok } from 'node:assert/strict';
import { errorsOf, quantile, score, tracedRows } from './memory/traced';

/** Targets, as shares: medians over rows. */
const targets = { inference: { total: 0.02, activations: 0.1 }, training: { total: 0.05, activations: Infinity } };

describe('peaks of the transformers library, against those traced tensor by tensor', () => {
  const rows = tracedRows();
  if (!rows) {
    it.skip('needs ../shared/oracle/memory.csv');
    return;
  }

  for (const kind of ['inference', 'training'] as const)
    it(`${kind}: the median row is within its target`, () => {
      const errors = errorsOf(rows, kind);
      ok(errors.length > 0, 'rows');
      for (const part of ['total', 'activations'] as const) {
        const median = quantile(
          errors.map((error) => error[part]),
          0.5,
        );
        ok(median <= targets[kind][part], `${part} ${(median * 100).toFixed(3)} %`);
      }
    });

  it('says which rows have no answer', () => {
    for (const { quantity, rows: count, median, p90, worst, leftOut } of score())
      console.log(
        `        ${quantity}: ${count} rows, median ${share(median)}, p90 ${share(p90)}, worst ${share(worst.error)} (${worst.row}); left out ${leftOut.count}${leftOut.reasons.length > 0 ? `: ${leftOut.reasons.join('; ')}` : ''}`,
      );
    const answered = rows.filter(({ ours }) => ours !== undefined).length;
    ok(answered / rows.length > 0.9, `${answered} of ${rows.length} rows are answered`);
  });
});

const share = (value: number): string => `${(value * 100).toFixed(3)} %`;
