// What each bundle may weigh and hold, checked against esbuild's account of it.
import { builtinModules } from 'node:module';

const kib = 1024;

/** Upper limits in bytes of minified bundles and of the package. */
export const budgets = {
  activation: 30 * kib,
  /** What is loaded with the first model config: main.js and engine.js. */
  main: 700 * kib,
  later: 450 * kib,
  panel: 450 * kib,
  vsix: 1024 * kib,
};

const builtins = new Set(builtinModules);
const isBuiltin = (id) => id.startsWith('node:') || builtins.has(id);

/**
 * @param {{ name: string, outfile: string, web: boolean, metafile: import('esbuild').Metafile }[]} built
 * @param {{ production: boolean }} mode sizes are held to their budgets only in production
 * @returns {{ lines: string[], violations: string[] }} a line per bundle; what is wrong, one line each
 */
export function checkBundles(built, { production }) {
  const lines = [];
  const violations = [];
  const totals = new Map();
  for (const bundle of built) {
    const { bytes } = outputOf(bundle);
    const budget = budgets[bundle.name];
    // Files of one folder under one budget are loaded together.
    const key = `${bundle.name} in ${bundle.outfile.slice(0, bundle.outfile.lastIndexOf('/'))}`;
    const total = (totals.get(key) ?? 0) + bytes;
    totals.set(key, total);
    lines.push(`${bundle.outfile} ${kibibytes(bytes)}${budget ? `, ${kibibytes(total)} of ${kibibytes(budget)}` : ''}`);
    if (production && budget && total > budget)
      violations.push(`${bundle.outfile}: ${total} bytes with what is loaded beside it, the budget is ${budget}`);
    violations.push(...forbiddenParts(bundle));
  }
  return { lines, violations };
}

/** The account of a bundle's main output. */
function outputOf({ metafile, outfile }) {
  const output = metafile.outputs[outfile];
  if (!output) throw new Error(`no output ${outfile}`);
  return output;
}

function forbiddenParts(bundle) {
  const inputs = Object.entries(outputOf(bundle).inputs)
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    .map(([file]) => file);
  const imports = inputs.flatMap((file) => bundle.metafile.inputs[file].imports.map(({ path: to, external }) => ({ file, to, external })));
  const external = imports.filter((each) => each.external).map(({ file, to }) => ({ file, to }));
  const wrong = (reason, parts) => parts.map((part) => `${bundle.outfile}: ${reason}: ${part}`);
  const described = (parts) => parts.map(({ file, to }) => `${file} imports ${to}`);

  const found = [];
  if (bundle.web && bundle.name !== 'suite') {
    found.push(...wrong('no Node.js in a browser', described(external.filter(({ to }) => isBuiltin(to)))));
  }
  if (bundle.name === 'panel' || bundle.name === 'cli') {
    found.push(...wrong('no vscode here', described(external.filter(({ to }) => to === 'vscode'))));
  }
  if (bundle.name === 'activation') {
    const own = /^src\/(?:extension\.ts$|activation\/)/;
    found.push(
      ...wrong(
        'belongs to the second bundle',
        inputs.filter((file) => !own.test(file)),
      ),
    );
  }
  const engine = imports.filter(({ file }) => file.startsWith('src/engine/'));
  // Some of it stands for a bundle beside.
  const allowed = /^(?:(?:later:)?src\/engine\/|node_modules\/jsonc-parser\/|\.\/later\.js$)/;
  found.push(...wrong('the engine stands on jsonc-parser alone', described(engine.filter(({ to }) => !allowed.test(to)))));
  return found;
}

export function kibibytes(bytes) {
  return `${(bytes / kib).toFixed(1)} KiB`;
}
