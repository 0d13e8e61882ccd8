/** Logs written from what public logs printed, read back and held against the rules: the run is the row's, and so are the figures. */
import assert from 'node:assert/strict';
import { checkLog, type CheckedTerm, type LogCheck } from '../../src/engine/memory/logs/check';
import { logReader } from '../../src/engine/memory/logs/reader';
import type { StartupLog } from '../../src/engine/memory/logs/startupLog';
import { readFlags } from '../../src/engine/memory/engines/flags';
import { findEngine } from '../../src/engine/memory/engines/registry';
import { atLeast, isVersion } from '../../src/engine/memory/engines/versions';
import { answer, logRows } from './memory/llamaCppRows';
import { llamaLog, sglangLog, vllmLog } from './memory/logWriters';
import { truthIsThere } from './memory/serving';
import { modelOf } from './memory/servingModels';
import { evaluatedRows, loggedRows, type ServingRow } from './memory/servingRows';

function read(lines: readonly string[]): StartupLog | undefined {
  const reader = logReader();
  for (const line of lines) reader.add(line);
  const starts = reader.starts();
  assert.ok(starts.length <= 1, 'one start');
  return starts[0];
}

/** Figures inside and outside of their bands, by term. */
function tally(
  checks: readonly LogCheck[],
  nameOf: (term: CheckedTerm) => string,
): ReadonlyMap<string, { within: number; outside: number }> {
  const found = new Map<string, { within: number; outside: number }>();
  for (const { name, terms } of checks.flatMap(({ terms: all }) => all.map((term) => ({ name: nameOf(term), terms: term })))) {
    const own = found.get(name) ?? { within: 0, outside: 0 };
    if (terms.within === true) own.within++;
    if (terms.within === false) own.outside++;
    found.set(name, own);
  }
  return found;
}

const report = (title: string, checks: readonly LogCheck[], nameOf: (term: CheckedTerm) => string = ({ name }) => name): void => {
  const verdicts = ['within', 'differs', 'nothing'].map(
    (verdict) => `${verdict} ${checks.filter((check) => check.verdict === verdict).length}`,
  );
  console.log(`    ${title}: ${checks.length} logs, ${verdicts.join(', ')}`);
  for (const [name, { within, outside }] of tally(checks, nameOf))
    if (within + outside > 0) console.log(`      ${name}: ${within} in their bands, ${outside} not`);
};

describe('logs of public runs, written and read back', () => {
  before(function () {
    if (truthIsThere()) return;
    console.log('    skipped: no ../shared/truth beside the project');
    this.skip();
  });

  /** What a figure of the row is called in the log. */
  const serving = (row: ServingRow, log: StartupLog, check: LogCheck): void => {
    const engine = findEngine(row.engine);
    assert.ok(engine);
    const flags = readFlags(engine.flags, row.options);
    assert.ok('values' in flags, row.name);
    const bare = (value: unknown): string => String(value).replace(/['" ]/g, '');
    for (const [name, value] of Object.entries(flags.values)) {
      if (engine.flags[name]?.idle) continue;
      const again = readFlags(engine.flags, { [name]: log.options[name] ?? null });
      assert.ok('values' in again, `${row.name}: ${name}`);
      assert.equal(bare(again.values[name]), bare(value), `${row.name}: ${name}`);
    }
    for (const [quantity, printed] of Object.entries(row.printed)) {
      const name = { weights: 'weights', pool: 'pool', tokens: 'tokens', concurrency: 'concurrency', graphs: 'graphs', activations: 'activations', nonTorch: 'nonTorch', kSize: 'kCache', vSize: 'vCache' }[quantity]; // prettier-ignore
      const figure = log.figures.find((each) => each.name === name);
      if (figure) assert.ok(Math.abs(figure.value - (printed ?? 0)) <= figure.half + 1, `${row.name}: ${quantity}`);
    }
    assert.equal(check.log, log);
  };

  it('vLLM: flags and figures are the row’s, and nine of ten figures of complete runs lie in their bands', () => {
    const checks: LogCheck[] = [];
    const complete: LogCheck[] = [];
    for (const row of [...evaluatedRows(), ...loggedRows('vllm')]) {
      const analysis = modelOf(row.model);
      if (!analysis || !isVersion(row.version) || !atLeast(row.version, '0.10')) continue;
      const log = read(vllmLog(row));
      if (!log) continue;
      assert.equal(log.version, row.version.replace(/\.$/, ''));
      const check = checkLog(log, analysis);
      assert.ok(!('problem' in check), row.name);
      serving(row, log, check);
      checks.push(check);
      if (row.fitted) complete.push(check);
    }
    report('vLLM', checks);
    assert.ok(checks.length >= 80);
    const [within, outside] = [...tally(complete, ({ name }) => name).values()].reduce(
      ([a, b], each) => [a + each.within, b + each.outside],
      [0, 0],
    );
    assert.ok(within >= 9 * outside, `${within} and ${outside}`);
  });

  it('SGLang: flags and figures are the row’s', () => {
    const checks: LogCheck[] = [];
    for (const row of loggedRows('sglang')) {
      const analysis = modelOf(row.model);
      const log = analysis && read(sglangLog(row));
      if (!analysis || !log) continue;
      const check = checkLog(log, analysis, { version: row.version || undefined });
      assert.ok(!('problem' in check), row.name);
      serving(row, log, check);
      checks.push(check);
    }
    report('SGLang', checks);
    assert.ok(checks.length >= 20);
  });

  it('llama.cpp and Ollama: every run that can be answered from its row is answered from its log alike, buffer by buffer', () => {
    const checks: LogCheck[] = [];
    for (const row of logRows() ?? []) {
      const outcome = answer(row);
      if ('leftOut' in outcome) continue;
      const { analysis, memory } = outcome;
      const log = read(llamaLog(row, memory.version, memory.pool?.maxConcurrency ?? 1));
      assert.ok(log, row.cells['model']);
      const check = checkLog(log, analysis, { version: memory.version });
      assert.ok(!('problem' in check), row.cells['model']);
      assert.deepEqual(check.memory.buffers, memory.buffers, row.cells['model']);
      checks.push(check);
    }
    report('llama.cpp and Ollama', checks, ({ name }) => name.split(' ')[1] ?? name);
    assert.ok(checks.length >= 120);
    assert.equal(tally(checks, ({ name }) => name.split(' ')[1] ?? name).get('kv')?.outside, 0);
  });
});
