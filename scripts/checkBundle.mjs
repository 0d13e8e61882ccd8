// What each bundle may weigh and hold, checked against esbuild's account of it.
import { builtinModules } from 'node:module';

const kib = 1024;

/** Upper limits in bytes of minified bundles and of the package. */
export const budgets = {
  activation: 30 * kib,
  main: 700 * kib,
  /** Holds the parts of the engine that it asks a second time. */
  runs: 600 * kib,
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
  for (const bundle of built) {
    const { bytes } = outputOf(bundle);
    const budget = budgets[bundle.name];
    lines.push(`${bundle.outfile} ${kibibytes(bytes)}${budget ? ` of ${kibibytes(budget)}` : ''}`);
    if (production && budget && bytes > budget) {
      violations.push(`${bundle.outfile} is ${bytes} bytes, its budget is ${budget}`);
    }
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
  if (bundle.name === 'panel' || bundle.name === 'cli' || bundle.name === 'runs') {
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
  // What is about runs stands for a bundle beside.
  const allowed = /^(?:src\/engine\/|node_modules\/jsonc-parser\/|\.\/runs\.js$)/;
  found.push(...wrong('the engine stands on jsonc-parser alone', described(engine.filter(({ to }) => !allowed.test(to)))));
  return found;
}

export function kibibytes(bytes) {
  return `${(bytes / kib).toFixed(1)} KiB`;
}
