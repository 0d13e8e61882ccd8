// node esbuild.mjs [--production]
//
// Bundles the extension into dist/ and its integration suite into .vscode-test/integration/, and fails where a bundle
// breaks its budget or holds what it must not. --production minifies and leaves source maps out.
import fs from 'node:fs';
import path from 'node:path';
import esbuild from 'esbuild';
import { checkBundles } from './scripts/checkBundle.mjs';
import { buildShared } from './scripts/support/later.mjs';
import { root, workDir } from './scripts/support/paths.mjs';

const production = process.argv.includes('--production');
const integration = path.join(workDir, 'integration');
const { version } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'));

/** The one module that is all integration suites; activation comes first, it watches what is not loaded yet. */
const suites = {
  name: 'suites',
  setup(build) {
    build.onResolve({ filter: /^virtual:suites$/ }, ({ path: id }) => ({ path: id, namespace: 'suites' }));
    build.onLoad({ filter: /.*/, namespace: 'suites' }, () => {
      const resolveDir = path.join(root, 'test', 'integration', 'suite');
      const names = fs.readdirSync(resolveDir).filter((name) => name.endsWith('.test.ts'));
      const first = (name) => (name === 'activation.test.ts' ? 0 : 1);
      names.sort((a, b) => first(a) - first(b) || a.localeCompare(b));
      return { contents: names.map((name) => `import './${name}';`).join('\n'), resolveDir, loader: 'ts' };
    });
  },
};

const shared = {
  absWorkingDir: root,
  bundle: true,
  minify: production,
  sourcemap: !production,
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
  // the `main` of some packages is UMD, which no bundler can follow
  mainFields: ['module', 'main'],
};
const node = { ...shared, platform: 'node', target: 'node20', format: 'cjs', external: ['vscode'] };
const web = { ...shared, platform: 'browser', target: 'es2022', format: 'cjs', external: ['vscode'] };
const tests = { minify: false, sourcemap: 'inline', plugins: [suites] };

/** What is built, by the name of its budget; entries that are not there yet are left out. */
const bundles = [
  {
    name: 'activation',
    entry: 'src/extension.ts',
    outfile: 'dist/extension.js',
    ...withHost(node, false),
    external: ['vscode', './main.js'],
  },
  {
    name: 'activation',
    entry: 'src/extension.ts',
    outfile: 'dist/web/extension.js',
    ...withHost(web, true),
    external: ['vscode', './main.js'],
  },
  {
    name: 'panel',
    entry: 'media/panel/main.ts',
    outfile: 'dist/media/panel.js',
    ...shared,
    platform: 'browser',
    target: 'es2022',
    format: 'iife',
  },
  { name: 'styles', entry: 'media/panel/panel.css', outfile: 'dist/media/panel.css', ...shared },
  {
    name: 'cli',
    entry: 'src/cli/main.ts',
    outfile: 'dist/cli/vramLens.js',
    ...node,
    banner: { js: '#!/usr/bin/env node' },
    define: { VERSION: JSON.stringify(version) },
  },
  {
    name: 'suite',
    entry: 'test/integration/index.node.ts',
    outfile: path.join(integration, 'node', 'index.js'),
    ...node,
    ...tests,
    external: ['vscode', 'mocha'],
  },
  {
    name: 'suite',
    entry: 'test/integration/index.web.ts',
    outfile: path.join(integration, 'web', 'index.js'),
    ...web,
    ...tests,
    define: { global: 'globalThis' },
  },
].filter(({ entry }) => fs.existsSync(path.join(root, entry)));

function withHost(options, isWeb) {
  return { ...options, define: { WEB_HOST: String(isWeb) } };
}

const built = await Promise.all([
  buildShared(withHost(node, false), 'dist'),
  buildShared(withHost(web, true), 'dist/web'),
  ...bundles.map(async ({ name, entry, ...options }) => {
    const { metafile } = await esbuild.build({ entryPoints: [entry], ...options });
    const outfile = path.relative(root, path.resolve(root, options.outfile)).split(path.sep).join('/');
    return { name, outfile, metafile, web: options.platform === 'browser' };
  }),
])
  .then((groups) => groups.flat())
  .catch(() => process.exit(1)); // esbuild has said why

const cli = path.join(root, 'dist', 'cli', 'vramLens.js');
if (fs.existsSync(cli)) fs.chmodSync(cli, 0o755);
removeStale(built);

const { lines, violations } = checkBundles(built, { production });
console.log(lines.join('\n'));
for (const violation of violations) console.error(`✘ ${violation}`);
if (violations.length > 0) process.exit(1);

/** Deletes what an earlier build left in dist. */
function removeStale(outputs) {
  const current = new Set(outputs.flatMap(({ metafile }) => Object.keys(metafile.outputs)).map((file) => path.resolve(root, file)));
  for (const name of fs.readdirSync(path.join(root, 'dist'), { recursive: true })) {
    const file = path.join(root, 'dist', name);
    if (fs.statSync(file, { throwIfNoEntry: false })?.isFile() && !current.has(file)) fs.rmSync(file);
  }
}
