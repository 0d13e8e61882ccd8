// npm run bench [-- --only=analysis,reference,depth,presets,engines,proof,editor,sizes] [--json] [--quick]
//
// Measures speed and size, and prints one table (or JSON) of them against the reference library and the budgets. Sections
// that need what this machine has not are skipped with one line. Nothing here is a test: times depend on the machine.
import { spawnSync } from 'node:child_process';
import os from 'node:os';
import path from 'node:path';
import { flag, option } from '../support/options.mjs';
import { root } from '../support/paths.mjs';
import { timeAnalyses, timePresets } from './analysis.mjs';
import { loadEngine } from './bundle.mjs';
import { timeDepths } from './depth.mjs';
import { timeInEditor } from './editor.mjs';
import { timeEngines } from './engines.mjs';
import { timeProofs } from './proof.mjs';
import { findPython, startReference } from './reference.mjs';
import { table } from './report.mjs';
import { measureSizes } from './sizes.mjs';

const all = ['analysis', 'reference', 'depth', 'presets', 'engines', 'proof', 'editor', 'sizes'];
const wanted = new Set(option('only', all.join(',')).split(','));
const unknown = [...wanted].filter((name) => !all.includes(name));
if (unknown.length > 0) throw new Error(`no section ${unknown.join(', ')}; there are ${all.join(', ')}`);
const counts = flag('quick')
  ? { analysis: { warm: 300, rounds: 300, builds: 2 }, few: { warm: 200, rounds: 200 }, windows: 1 }
  : { analysis: { warm: 1500, rounds: 2000, builds: 10 }, few: { warm: 1000, rounds: 1500 }, windows: 3 };

const sections = [];
const machine = {
  processor: os.cpus()[0]?.model ?? 'unknown',
  cores: os.cpus().length,
  node: process.version,
  platform: `${process.platform} ${process.arch}`,
  loadBefore: Number(os.loadavg()[0].toFixed(2)),
};
progress(`${machine.processor}, ${machine.cores} cores, Node.js ${machine.node}, load ${machine.loadBefore}`);
if (machine.loadBefore > machine.cores / 2) progress('This machine is busy: times will be longer than they need be.');

const engine = await loadEngine();
if (wanted.has('analysis') || wanted.has('reference')) await analysisSections();
if (wanted.has('depth')) sections.push({ id: 'depth', title: 'Depth, text to estimate', rows: timeDepths(engine, counts.few) });
if (wanted.has('presets')) sections.push({ id: 'presets', title: 'Weights at every preset', rows: timePresets(engine, counts.few) });
if (wanted.has('engines')) sections.push({ id: 'engines', title: 'One start of every engine', rows: timeEngines(engine, counts.few) });
if (wanted.has('proof'))
  sections.push({ id: 'proof', title: 'Comparison with the files', rows: timeProofs(engine, { rounds: flag('quick') ? 3 : 10 }) });
if (wanted.has('editor') || wanted.has('sizes')) build();
if (wanted.has('editor')) await editorSection();
if (wanted.has('sizes')) sections.push({ id: 'sizes', title: 'Sizes', rows: measureSizes() });

machine.loadAfter = Number(os.loadavg()[0].toFixed(2));
if (flag('json')) console.log(JSON.stringify({ machine, sections }, undefined, 2));
else console.log(table(sections).join('\n'));

async function analysisSections() {
  const python = wanted.has('reference') ? findPython() : undefined;
  const reference = python && (await startReference(python));
  progress(reference ? 'Analyses, in turn with the reference…' : 'Analyses…');
  const { analyses, peers } = await timeAnalyses(engine, reference, counts.analysis);
  reference?.stop();
  if (wanted.has('analysis')) sections.push({ id: 'analysis', title: 'Analysis, warm', rows: analyses });
  if (!wanted.has('reference')) return;
  const versions = reference && Object.entries(reference.versions).map(([name, version]) => `${name} ${version}`);
  const title = `The reference library${versions ? `, ${versions.join(', ')}` : ''}`;
  const skipped =
    'no Python with torch and transformers: name one in VRAM_LENS_ORACLE_PYTHON, or make .vscode-test/oracle as in docs/speed.md';
  sections.push({ id: 'reference', title, ...(reference ? { rows: peers } : { skipped }) });
}

async function editorSection() {
  const rows = [];
  let version;
  for (const host of ['node', 'web']) {
    progress(`VS Code with the ${host} extension host…`);
    const result = await timeInEditor(host, counts.windows);
    version = result.version;
    rows.push(...result.rows);
  }
  sections.push({ id: 'editor', title: `VS Code ${version}, the way to its window and back included`, rows });
}

/** What is shipped is what is measured. */
function build() {
  progress('Building and packaging…');
  for (const args of [
    ['esbuild.mjs', '--production'],
    [path.join('scripts', 'package.mjs'), '--check'],
  ]) {
    const { status, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'ignore', 'pipe'] });
    if (status !== 0) throw new Error(`node ${args.join(' ')} failed\n${stderr}`);
  }
}

function progress(text) {
  console.error(text);
}
