/** llama.cpp's buffers against what it printed: ../shared/truth/llamacpp_logs.csv. */
import assert from 'node:assert/strict';
import { byModel, compared, outcomes, score, scoreOf } from './memory/llamaCppScore';
import type { Outcome } from './memory/llamaCppRows';

describe('llama.cpp: buffers of its logs', function () {
  let all: readonly Outcome[] = [];

  before(function () {
    const found = outcomes();
    if (!found) {
      console.log('    ../shared/truth/llamacpp_logs.csv is not there: skipped');
      this.skip();
    }
    all = found;
    const percent = (share: number): string => `${(share * 100).toFixed(3)} %`;
    for (const row of score())
      console.log(
        `    ${row.quantity}: ${String(row.rows)} rows, median ${percent(row.median)}, p90 ${percent(row.p90)}, worst ${percent(row.worst.error)} (${row.worst.row}: ${row.worst.reason})`,
      );
    const left = all.flatMap((outcome) => ('leftOut' in outcome ? [outcome.leftOut] : []));
    for (const reason of new Set(left)) console.log(`    left out: ${String(left.filter((each) => each === reason).length)}: ${reason}`);
  });

  it('has the cache of every row to the byte', () => {
    const off = compared(all, 'cache').filter(({ error }) => error > 0);
    assert.deepEqual(
      off.map(({ name, printed, predicted }) => `${name}: ${String(printed)}, not ${String(predicted)}`),
      [],
    );
    assert.ok(compared(all, 'cache').length >= 120);
  });

  it('has the output buffer of every row to what was printed', () => {
    const off = compared(all, 'output buffer').filter(({ error }) => error > 0.03);
    assert.deepEqual(
      off.map(({ name, printed, predicted }) => `${name}: ${String(printed)}, not ${predicted.toFixed(2)}`),
      [],
    );
  });

  it('has the compute buffers of every row to the byte, but where a backend reorders the graph', () => {
    const reordered = /^(Vulkan|MTL)/;
    const off = compared(all, 'compute buffers').filter(
      ({ error, row }) => error > 0.0005 && !Object.keys(row.compute).some((name) => reordered.test(name)),
    );
    assert.deepEqual(
      off.map(({ name, printed, predicted }) => `${name}: ${String(printed)}, not ${predicted.toFixed(2)}`),
      [],
    );
  });

  it('has the sum of all buffers within 3 % in the median of models, and of rows', () => {
    const rows = compared(all, 'sum of buffers');
    assert.ok(scoreOf('', rows, all).median <= 0.03);
    assert.ok(scoreOf('', byModel(rows), all).median <= 0.03);
    assert.ok(byModel(rows).length >= 25);
  });

  it('has weights to the byte where the file is of llama-quantize’s own types and all layers are on devices', () => {
    const exact = compared(all, 'weights').filter(({ error }) => error < 0.0001);
    assert.ok(exact.length >= 70, `${String(exact.length)} rows`);
  });
});
