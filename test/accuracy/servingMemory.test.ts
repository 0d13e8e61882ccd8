import assert from 'node:assert/strict';
import { groupBy, measure, score, truthIsThere } from './memory/serving';

const percent = (value: number): string => `${(value * 100).toFixed(2)} %`;

describe('memory of vLLM and SGLang against what their logs printed', () => {
  before(function () {
    if (truthIsThere()) return;
    console.log('    skipped: no ../shared/truth beside the project');
    this.skip();
  });

  const of = (quantity: string): ReturnType<typeof score> => score().filter((row) => `${row.engine}: ${row.quantity}`.startsWith(quantity));

  it('prints every quantity with its rows, errors and the worst row', () => {
    for (const { engine, quantity, sample, rows, median, p90, worst } of score())
      console.log(
        `    ${engine}: ${quantity} (${sample}): ${rows} rows, median ${percent(median)}, p90 ${percent(p90)}, worst ${percent(worst.error)} ${worst.row}${worst.reason ? `: ${worst.reason}` : ''}`,
      );
    const reasons = groupBy(measure().leftOut, ({ engine, reason }) => `${engine}: ${reason}`);
    for (const [reason, rows] of reasons) console.log(`    left out, ${reason}: ${rows.length}`);
    assert.ok(score().length > 0);
  });

  it('weights per GPU are within 0.5 % at the median in every range of versions', () => {
    const rows = of('vLLM: weights per GPU');
    assert.equal(rows.length, 3);
    for (const { quantity, median } of rows) assert.ok(median <= 0.005, `${quantity}: ${percent(median)}`);
  });

  it('pools are within 0.5 % at the median where five runs or more are known in full, up to 0.19', () => {
    for (const { quantity, sample, median } of of('vLLM: KV pool').filter((row) => row.rows >= 5 && !row.quantity.includes('0.20')))
      assert.ok(median <= 0.005, `${quantity}, ${sample}: ${percent(median)}`);
  });

  it('a printed pool holds the printed tokens, whatever the groups of its layers', () => {
    for (const { quantity, median, p90, worst } of of('vLLM: tokens of the printed pool')) {
      assert.ok(median <= 0.0005 && p90 <= 0.002, `${quantity}: ${percent(median)}, ${percent(p90)}`);
      // Half of the printed hundredth of a GiB is the most that a small pool can hide.
      assert.ok(Math.abs(worst.error) <= 0.006, `${worst.row}: ${percent(worst.error)}`);
    }
  });

  it('all runs of one stage of the 0.19 evaluation come out: tokens within 0.4 %, models that see within 1 %', () => {
    for (const { row, error, quantity } of measure().measured) {
      if (!quantity.startsWith('vLLM: tokens, 0.17') || !/pp1/.test(row)) continue;
      const limit = /gemma-3|Mistral-Small/.test(row) ? 0.01 : 0.004;
      assert.ok(Math.abs(error) <= limit, `${row}: ${percent(error)}`);
    }
  });

  it('activation peaks are within 2 % at the median where sorting or the Triton kernel samples', () => {
    for (const { quantity, median } of of('vLLM: activation peak').filter((row) => !row.quantity.includes('0.20')))
      assert.ok(median <= 0.02, `${quantity}: ${percent(median)}`);
  });

  it('bands hold what was printed, in nineteen of twenty rows', () => {
    const banded = measure().measured.filter(({ within }) => within !== undefined);
    const outside = banded.filter(({ within }) => within === false);
    for (const { quantity, row, error } of outside) console.log(`    outside of its band: ${quantity}, ${row}: ${percent(error)}`);
    assert.ok(outside.length <= banded.length / 20, `${outside.length} of ${banded.length}`);
  });

  it("SGLang's tokens follow from the memory that it prints", () => {
    const [tokens] = of('SGLang: tokens of the printed memory');
    assert.ok(tokens !== undefined && tokens.median <= 0.001, percent(tokens?.median ?? 1));
  });
});
