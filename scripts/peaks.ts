/**
 * Writes test/fixtures/peaks.json: peaks of small models of every type that has a program, as the oracle beside this project traces them.
 *   VRAM_LENS_ORACLE_PYTHON=~/.venvs/oracle/bin/python npx tsx scripts/peaks.ts [NAME …]
 * With names, only those models are traced anew. The oracle (../shared/oracle/memory.py) says what it needs.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { parseCsv } from '../test/accuracy/memory/csv';
import { peakJobs, smallModels, type PeakFixture } from '../test/support/peaks';

const oracle = join(import.meta.dirname, '..', '..', 'shared', 'oracle', 'memory.py');
const path = join(import.meta.dirname, '..', 'test', 'fixtures', 'peaks.json');

type Row = readonly [model: string, job: string, figures: PeakFixture[string][string]];

function trace(names: readonly string[]): readonly Row[] {
  const python = process.env['VRAM_LENS_ORACLE_PYTHON'];
  if (python === undefined || !existsSync(oracle)) throw new Error('VRAM_LENS_ORACLE_PYTHON or ../shared/oracle is missing.');
  const folder = mkdtempSync(join(tmpdir(), 'peaks-'));
  const [jobs, out] = [join(folder, 'jobs.jsonl'), join(folder, 'out.csv')];
  const asked = names.flatMap((model) => Object.keys(peakJobs).map((name) => ({ model, name })));
  writeFileSync(jobs, asked.map(({ model, name }) => JSON.stringify(jobOf(model, name))).join('\n'));
  execFileSync(python, [oracle, 'grid', out, jobs], { stdio: 'inherit' });
  const rows = parseCsv(readFileSync(out, 'utf8').replaceAll('\r\n', '\n'));
  rmSync(folder, { recursive: true });
  return rows.flatMap((row, index): readonly Row[] => {
    const { model, name } = asked[index] as (typeof asked)[number];
    if (row['peak_bytes']) return [[model, name, [Number(row['peak_bytes']), Number(row['activation_bytes']), row['peak_phase'] ?? '']]];
    console.log(`${model}, ${name}: ${row['notes'] ?? ''}`);
    return [];
  });
}

/** A job in the oracle's words. */
function jobOf(model: string, name: string): Record<string, unknown> {
  const job = peakJobs[name];
  if (!job) throw new Error(name);
  const { lora, attention, ...rest } = job;
  const adapters = lora && { lora: lora.rank, targets: lora.targets === 'all-linear' ? lora.targets : lora.targets.join(',') };
  return { model_id: model, config: smallModels[model], ...(attention !== 'sdpa' && { attn: attention }), ...rest, ...adapters };
}

async function main(): Promise<void> {
  const names = process.argv.slice(2);
  const known: PeakFixture = names.length > 0 ? (JSON.parse(readFileSync(path, 'utf8')) as PeakFixture) : {};
  const traced = trace(names.length > 0 ? names : Object.keys(smallModels));
  const fixture = Object.fromEntries(
    Object.keys(smallModels).map((model) => {
      const own = traced.filter(([of]) => of === model).map(([, job, figures]) => [job, figures] as const);
      return [model, own.length > 0 ? Object.fromEntries(own) : (known[model] ?? {})];
    }),
  );
  writeFileSync(path, await format(JSON.stringify(fixture), { ...(await resolveConfig(path)), filepath: path }));
  console.log(`${traced.length} rows`);
}

void main();
