// node scripts/test.mjs                      every stage, as `npm test` does
// node scripts/test.mjs <stage> [argument…]  one stage with arguments for its command, for example ui -g hover
//
// Ends with what failed, one line `N passed, N failed`, and exit code 1 where something failed.
import { spawn } from 'node:child_process';
import path from 'node:path';
import readline from 'node:readline';
import { root } from './support/paths.mjs';

const bin = (...parts) => path.join(root, 'node_modules', ...parts);
const script = (name) => path.join(root, 'scripts', name);
const mocha = (pattern, ...options) => [bin('mocha', 'bin', 'mocha.js'), ...options, pattern];
const tsc = (project) => [bin('typescript', 'bin', 'tsc'), '-p', project];

/**
 * `commands` are run by Node.js one after the other. A stage of tests is counted by the summaries that mocha prints; any
 * other stage counts one per command, and a stage of tests that neither runs nor skips any has failed. `built`: it needs
 * dist/.
 */
const stages = [
  { name: 'build', commands: [[path.join(root, 'esbuild.mjs'), '--production']] },
  { name: 'types', commands: ['tsconfig.json', 'tsconfig.engine.json', 'tsconfig.extension.json', 'tsconfig.media.json'].map(tsc) },
  { name: 'lint', commands: [[bin('eslint', 'bin', 'eslint.js'), '.', '--max-warnings=0']] },
  { name: 'format', commands: [[bin('prettier', 'bin', 'prettier.cjs'), '--check', '.', '--log-level=warn']] },
  { name: 'unit', tests: true, commands: [mocha('test/unit/**/*.test.{ts,mjs}')] },
  { name: 'accuracy', tests: true, commands: [mocha('test/accuracy/**/*.test.ts')] },
  { name: 'cli', tests: true, built: true, commands: [mocha('test/cli/**/*.test.ts')] },
  { name: 'node', tests: true, built: true, commands: [[script('vscode/runSuite.mjs'), '--host=node']] },
  { name: 'web', tests: true, built: true, commands: [[script('vscode/runSuite.mjs'), '--host=web']] },
  { name: 'floor', tests: true, built: true, commands: [[script('vscode/runSuite.mjs'), '--host=node', '--floor']] },
  { name: 'desktop', tests: true, built: true, commands: [[script('vscode/runSuite.mjs'), '--host=desktop']] },
  { name: 'ui', tests: true, built: true, commands: [mocha('test/ui/**/*.test.mjs', '--reporter=spec', '--timeout=90000')] },
  { name: 'package', built: true, commands: [[script('package.mjs'), '--check']] },
];

/** Lines repeated at the end of each command that failed. */
const reportedLines = 80;

const [wanted, ...extraArguments] = process.argv.slice(2);
const total = { passed: 0, failed: 0 };
const reports = [];
for (const stage of chosenStages(wanted)) {
  const { passed, failed } = await runStage(stage, stage.name === wanted ? extraArguments : []);
  total.passed += passed;
  total.failed += failed;
  if (stage.name === 'build' && failed > 0) break; // the rest would test something else
}
for (const line of reports) console.log(line);
console.log(`${total.passed} passed, ${total.failed} failed`);
process.exit(total.failed === 0 ? 0 : 1);

function chosenStages(name) {
  if (name === undefined) return stages;
  const stage = stages.find((each) => each.name === name);
  if (!stage) throw new Error(`no stage ${name}; there are ${stages.map((each) => each.name).join(', ')}`);
  return stage.built ? [stages[0], stage] : [stage];
}

async function runStage({ name, tests, commands }, extra) {
  const started = Date.now();
  const sum = { passed: 0, failed: 0 };
  console.log(`▶ ${name}`);
  for (const command of commands) {
    const { code, passing, failing, pending, skipped, report } = await run([...command, ...extra]);
    const failed = Math.max(failing, code === 0 && (passing + pending > 0 || skipped || !tests) ? 0 : 1);
    sum.failed += failed;
    if (failed > 0) reports.push(`✘ ${name}`, ...report.slice(0, reportedLines));
    sum.passed += tests ? passing : failed === 0 ? 1 : 0;
  }
  console.log(`  ${sum.passed} passed, ${sum.failed} failed in ${((Date.now() - started) / 1000).toFixed(1)} s`);
  return sum;
}

/**
 * Runs one command, passes its lines on, and reads mocha's summaries among them. `report`: the lines that say what failed,
 * which are those after mocha's count of failures, else the last ones.
 */
function run(args) {
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  const result = { code: 1, passing: 0, failing: 0, pending: 0, skipped: false, report: [] };
  for (const stream of [child.stdout, child.stderr]) {
    readline.createInterface({ input: stream }).on('line', (line) => {
      if (!line.trim()) return;
      console.log(`  ${line}`);
      result.report.push(`  ${line}`);
      if (result.failing === 0 && result.report.length > reportedLines) result.report.shift();
      const [, number, outcome] = /^\s*(\d+) (passing|failing|pending)\b/.exec(line) ?? [];
      if (outcome) result[outcome] += Number(number);
      if (outcome === 'failing') result.report = [];
      if (/: skipped \(/.test(line)) result.skipped = true;
    });
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ ...result, code: code ?? 1 }));
  });
}
