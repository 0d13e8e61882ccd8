// Bundles that share what both need, and of which one is run later.
import fs from 'node:fs';
import path from 'node:path';
import esbuild from 'esbuild';
import { root } from './paths.mjs';

/** Modules that src/later.ts brings; whoever else imports one gets names that stand for its own. */
const later = new Set(
  ['engine/memory/runs.ts', 'features/panel/model/model.ts', 'features/commands/asked.ts', 'features/hub/asked.ts'].map((file) =>
    path.join(root, 'src', file),
  ),
);
const entry = path.join(root, 'src', 'later.ts');

/** In the place of such a module: names that stand for those of the later bundle, which is required when the first of them is used. */
const standIns = {
  name: 'later',
  setup(build) {
    build.onResolve({ filter: /(?:^|\/)(?:runs|model|asked)$/ }, async ({ path: id, importer, kind, resolveDir, pluginData }) => {
      if (pluginData === 'later' || importer === entry) return undefined;
      const found = await build.resolve(id, { importer, kind, resolveDir, pluginData: 'later' });
      return later.has(found.path) ? { path: found.path, namespace: 'later' } : found;
    });
    build.onLoad({ filter: /.*/, namespace: 'later' }, ({ path: file }) => {
      return { contents: standInText(namesIn(fs.readFileSync(file, 'utf8'))), loader: 'js' };
    });
  },
};

/**
 * The text of a module that stands for another: functions are called, objects and lists read and spread there. What it stands for
 * cannot be told from a function by its type, nor is it a class that is made anew.
 */
export const standInText = (names) =>
  [
    "const load = () => require('./later.js');",
    // An arrow function can be called and has no property that a proxy would have to show.
    'const late = (name) => new Proxy(() => {}, {',
    '  apply: (_target, _self, args) => load()[name](...args),',
    '  has: (_target, key) => key in load()[name],',
    '  ownKeys: () => Reflect.ownKeys(load()[name]),',
    '  getOwnPropertyDescriptor(_target, key) {',
    '    const own = Reflect.getOwnPropertyDescriptor(load()[name], key);',
    '    return own && { ...own, configurable: true };',
    '  },',
    '  get(_target, key) {',
    '    const it = load()[name];',
    '    const value = it[key];',
    "    return typeof value === 'function' ? value.bind(it) : value;",
    '  },',
    '});',
    ...names.map((name) => `export const ${name} = /* @__PURE__ */ late('${name}');`),
  ].join('\n');

/** Values that a module exports, types left out. */
function namesIn(text) {
  const lists = [...text.matchAll(/^export \{([^}]*)\}/gm)].flatMap(([, list]) => list.split(','));
  const listed = lists.map((name) => name.trim()).filter((name) => name !== '' && !name.startsWith('type '));
  return [...listed, ...[...text.matchAll(/^export (?:function|const) (\w+)/gm)].map(([, name]) => name)];
}

/**
 * Builds main.js, later.js and engine.js, which holds what both of these need. esbuild shares modules between bundles of ES modules
 * only, and extension hosts load CommonJS: each is translated once it is made.
 *
 * @returns one account for each file
 */
export async function buildShared(options, dir) {
  const { platform, target, minify, sourcemap } = options;
  const { metafile, outputFiles } = await esbuild.build({
    ...options,
    entryPoints: { main: 'src/main.ts', later: 'src/later.ts' },
    format: 'esm',
    splitting: true,
    chunkNames: 'engine',
    outdir: dir,
    sourcemap: sourcemap && 'inline',
    plugins: [standIns],
    external: ['vscode', './later.js'],
    write: false,
  });
  if (outputFiles.length !== 3) throw new Error(`${outputFiles.length} bundles in ${dir}: two and what they share were expected`);
  fs.mkdirSync(path.join(root, dir), { recursive: true });
  return Promise.all(
    outputFiles.map(async ({ path: file, text }) => {
      const name = path.basename(file, '.js');
      const { code } = await esbuild.transform(text, {
        format: 'cjs',
        platform,
        target,
        minify,
        sourcemap: sourcemap && 'inline',
        sourcefile: file,
      });
      fs.writeFileSync(file, code);
      const bundle = name === 'later' ? 'later' : 'main';
      return { name: bundle, outfile: path.relative(root, file).split(path.sep).join('/'), metafile, web: platform === 'browser' };
    }),
  );
}
