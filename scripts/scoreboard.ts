/**
 * Writes docs/accuracy.md: how far every quantity is off the reference, published checkpoints and public logs.
 *   npm run scoreboard
 * Needs the rows beside this project (../shared); without them nothing is written.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { score as counts } from '../test/accuracy/memory/counts';
import { score as others } from '../test/accuracy/memory/otherEngines';
import { score as llamaCpp } from '../test/accuracy/memory/llamaCppScore';
import type { ScoreRow } from '../test/accuracy/memory/score';
import { score as serving } from '../test/accuracy/memory/serving';
import { score as traced } from '../test/accuracy/memory/traced';
import { score as trainingRuns } from '../test/accuracy/memory/trainingRuns';

const root = join(import.meta.dirname, '..');
const path = join(root, 'docs', 'accuracy.md');

const percent = (share: number): string => {
  const value = share * 100;
  return `${value === 0 ? '0' : Math.abs(value) < 0.005 ? value.toFixed(4) : value.toFixed(2)} %`;
};
const cell = (text: string): string => text.replaceAll('|', '\\|');

const leftOutText = ({ leftOut }: ScoreRow): string => (leftOut.count === 0 ? '' : `${leftOut.count}: ${leftOut.reasons.join('; ')}`);

function tableOf(unsorted: readonly ScoreRow[]): readonly string[] {
  const rows = [...unsorted].sort((a, b) => rangeOf(a).localeCompare(rangeOf(b)));
  const texts = new Set(rows.map(leftOutText));
  // What is left out is told once where it is the same for every quantity.
  const [shared] = texts.size === 1 ? texts : [];
  const heads = ['quantity', 'sample', 'rows', 'median', '90th percentile', 'worst', 'of', ...(shared === undefined ? ['left out'] : [])];
  return [
    `| ${heads.join(' | ')} |`,
    `| --- | --- | ---: | ---: | ---: | ---: | --- |${shared === undefined ? ' --- |' : ''}`,
    ...rows.map((row) => {
      const { quantity, sample, rows: count, median, p90, worst } = row;
      const of = [worst.row, worst.reason].filter((text) => text !== '').join(': ');
      const figures = count === 0 ? ['', '', '', ''] : [percent(median), percent(p90), percent(worst.error), of];
      return `| ${[quantity, sample, String(count), ...figures, ...(shared === undefined ? [leftOutText(row)] : [])].map(cell).join(' | ')} |`;
    }),
    ...(shared ? ['', `Left out: ${shared}.`] : []),
  ];
}

/** "0.17 to 0.19" of "KV pool, 0.17 to 0.19": quantities of one range of versions stand together. */
const rangeOf = ({ quantity }: ScoreRow): string => /, (\d.*)$/.exec(quantity)?.[1] ?? '';

async function write(rows: readonly ScoreRow[]): Promise<void> {
  const engines = [...new Set(rows.map(({ engine }) => engine))];
  const page = [
    '# Accuracy: how far each figure is off',
    '',
    '`npm run scoreboard` writes this page. Errors are ours over theirs, less one. *By code*: no constant was fitted to any log.',
    '*Fitted*: the rows had a say in a constant. *Held out*: rows of the same quantity that had none. Rows that are left out are',
    'counted with the reason; nothing is fitted to reach a figure, and a row is never tuned by itself.',
    '',
    'Where the rows come from: parameters and caches from the transformers library on the meta device; bytes from published index',
    'files; traced peaks from the library on fake tensors, tensor by tensor; engines from start-up logs in public repositories.',
    '',
    'Published training: each run is a request by the settings of its source; "live tensors" against `max_memory_allocated`, "what the',
    'device shows" against a monitor, with the caching allocator followed and 0.53 GiB of CUDA context per device, the constant that',
    'inference has. Nothing was fitted to these rows.',
    '',
    ...engines.flatMap((engine) => [`## ${engine}`, '', ...tableOf(rows.filter((row) => row.engine === engine)), '']),
  ].join('\n');
  writeFileSync(path, await format(page, { ...(await resolveConfig(path)), filepath: path }));
  console.log(`docs/accuracy.md: ${rows.length} quantities of ${engines.length} sources`);
}

if (existsSync(join(root, '..', 'shared', 'truth')))
  void write([...counts(), ...traced(), ...trainingRuns(), ...serving(), ...others(), ...llamaCpp()]);
else console.log('scoreboard: skipped (../shared is not beside this project)');
