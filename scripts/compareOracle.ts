/**
 * Compares model types with the reference's numbers and prints every difference:
 *   npx tsx scripts/compareOracle.ts llama qwen2 …      (no types: every type that the engine knows)
 *   --max N       differences shown per type (default 12)
 *   --rows FILE   rows to compare with instead: what `oracle.py dump FILE` wrote
 */
import { readFileSync } from 'node:fs';
import { knownModelTypes } from '../src/engine/index';
import { compare } from '../test/accuracy/compare';
import { oracleRows, parseRows } from '../test/accuracy/oracle';

const args = process.argv.slice(2);
function option(name: string): string | undefined {
  const at = args.indexOf(name);
  return at >= 0 ? args.splice(at, 2)[1] : undefined;
}
const max = Number(option('--max') ?? 12);
const file = option('--rows');
const wanted = new Set(args.length > 0 ? args : knownModelTypes());

const models = file === undefined ? oracleRows('models') : parseRows(readFileSync(file, 'utf8'));
const variants = file === undefined ? oracleRows('variants') : [];
if (!models || !variants) {
  console.error('The oracle is not beside this project (../shared/oracle).');
  process.exit(2);
}
let exact = 0;
let rows = 0;
for (const type of wanted) {
  const found = [...models, ...variants].filter((row) => row.model_type === type && row.params !== undefined);
  const lines: string[] = [];
  let right = 0;
  for (const row of found) {
    let wrong: string[];
    try {
      wrong = compare(row);
    } catch (error) {
      wrong = [error instanceof Error ? (error.stack ?? error.message) : String(error)];
    }
    if (wrong.length === 0) right++;
    else lines.push(...wrong.map((line) => `  ${row.variant === undefined ? 'default' : `variant ${row.variant}`}: ${line}`));
  }
  rows += found.length;
  exact += right;
  console.log(`${type}: ${right}/${found.length} exact`);
  for (const line of lines.slice(0, max)) console.log(line);
  if (lines.length > max) console.log(`  … ${lines.length - max} more`);
}
console.log(`${exact}/${rows} rows exact`);
