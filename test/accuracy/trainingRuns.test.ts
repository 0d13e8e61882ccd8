import { ok } from 'node:assert/strict';
import { quantile } from './memory/traced';
import { score, trainingRows } from './memory/trainingRuns';

describe('published fine-tuning runs', function () {
  this.timeout(300_000);

  it('the median row is within 10 %', function () {
    const found = trainingRows();
    if (!found) return this.skip();
    const errors = found.rows.map(({ error }) => Math.abs(error));
    ok(errors.length >= 100, `${errors.length} rows`);
    ok(quantile(errors, 0.5) <= 0.1, `median ${(quantile(errors, 0.5) * 100).toFixed(1)} %`);
    for (const { quantity, rows, median, p90, worst } of score())
      console.log(
        `        ${quantity}: ${rows} rows, median ${(median * 100).toFixed(1)} %, p90 ${(p90 * 100).toFixed(1)} %, worst ${(worst.error * 100).toFixed(1)} % (${worst.row})`,
      );
    return undefined;
  });
});
