import path from 'node:path';
import { pathToFileURL } from 'node:url';
import esbuild from 'esbuild';
import { root, workDir } from '../support/paths.mjs';

const here = path.join(root, 'scripts', 'bench');
const outputs = path.join(workDir, 'bench');

/** As esbuild.mjs bundles what is shipped. */
const shipped = {
  absWorkingDir: root,
  bundle: true,
  minify: true,
  legalComments: 'none',
  logLevel: 'warning',
  mainFields: ['module', 'main'],
};

/** The engine as it is shipped: bundled and minified. Run from its sources it would be slower, for helpers of the loader. */
export async function loadEngine() {
  const outfile = path.join(outputs, 'engine.mjs');
  await esbuild.build({
    ...shipped,
    entryPoints: [path.join(here, 'engine.ts')],
    outfile,
    platform: 'node',
    target: 'node20',
    format: 'esm',
  });
  return import(pathToFileURL(outfile).href);
}

/** The module that measures inside an extension host, 'node' or 'web'. */
export async function bundleProbe(host) {
  const outfile = path.join(outputs, host, 'probe.js');
  const platform = host === 'web' ? 'browser' : 'node';
  const entryPoints = [path.join(here, 'editorProbe.ts')];
  await esbuild.build({ ...shipped, entryPoints, outfile, platform, target: 'es2022', format: 'cjs', external: ['vscode'] });
  return outfile;
}
