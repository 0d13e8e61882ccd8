/**
 * Writes test/fixtures/parallelPeaks.json: peaks of one rank of small models that ranks share, as the oracle beside this project traces them.
 *   VRAM_LENS_ORACLE_PYTHON=~/.venvs/oracle/bin/python npx tsx scripts/parallelPeaks.ts
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { degreesTraced, parallelJobs, parallelModels } from '../test/support/parallelPeaks';
import { smallModels } from '../test/support/peaks';

const path = join(import.meta.dirname, '..', 'test', 'fixtures', 'parallelPeaks.json');

async function main(): Promise<void> {
  const python = process.env['VRAM_LENS_ORACLE_PYTHON'];
  if (python === undefined) throw new Error('VRAM_LENS_ORACLE_PYTHON is missing.');
  const asked = Object.entries(parallelModels).flatMap(([model, degrees]) =>
    degrees.flatMap((degree) => Object.entries(parallelJobs).map(([name, job]) => ({ model, degree, name, job }))),
  );
  const folder = mkdtempSync(join(tmpdir(), 'parallel-'));
  const file = join(folder, 'jobs.jsonl');
  const lines = asked.map(({ model, degree, job }) => {
    const { tensor, expert } = degreesTraced[degree] as (typeof degreesTraced)[string];
    const { attention, lora, ...rest } = job;
    if (lora) throw new Error('adapters are not traced here');
    return JSON.stringify({ config: smallModels[model], tensor, expert, ...(attention !== 'sdpa' && { attn: attention }), ...rest });
  });
  writeFileSync(file, lines.join('\n'));
  const printed = execFileSync(python, [join(import.meta.dirname, 'parallelPeaks.py'), file], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  rmSync(folder, { recursive: true });
  const fixture: Record<string, Record<string, Record<string, unknown>>> = {};
  printed
    .trim()
    .split('\n')
    .forEach((line, index) => {
      const { model, degree, name } = asked[index] as (typeof asked)[number];
      const { peak, parameters, phase } = JSON.parse(line) as Record<string, unknown>;
      ((fixture[model] ??= {})[degree] ??= {})[name] = [peak, parameters, phase];
    });
  writeFileSync(path, await format(JSON.stringify(fixture), { ...(await resolveConfig(path)), filepath: path }));
  console.log(`${asked.length} rows`);
}

void main();
