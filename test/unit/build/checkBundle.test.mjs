import assert from 'node:assert/strict';
import { budgets, checkBundles } from '../../../scripts/checkBundle.mjs';

/** A bundle as the bundler describes it: `inputs` maps each file to what it imports. */
function bundle(name, { inputs, bytes = 1, web = false }) {
  const outfile = `dist/${name}.js`;
  const files = Object.keys(inputs);
  const imports = (ids) => ids.map((id) => ({ path: id, kind: 'import-statement', external: !(id in inputs) }));
  return {
    name,
    outfile,
    web,
    metafile: {
      inputs: Object.fromEntries(files.map((file) => [file, { bytes: 1, imports: imports(inputs[file]) }])),
      outputs: { [outfile]: { bytes, inputs: Object.fromEntries(files.map((file) => [file, { bytesInOutput: 1 }])) } },
    },
  };
}

const violations = (built, production = true) => checkBundles([built], { production }).violations;

describe('checkBundles', () => {
  const clean = { 'src/main.ts': ['vscode', 'src/engine/index.ts'], 'src/engine/index.ts': ['node_modules/jsonc-parser/a.js'] };
  const main = { ...clean, 'node_modules/jsonc-parser/a.js': [] };

  it('accepts a bundle that keeps the rules', () => {
    assert.deepEqual(violations(bundle('main', { inputs: main, bytes: budgets.main, web: true })), []);
  });

  it('holds minified bundles to their budgets', () => {
    const fat = bundle('main', { inputs: main, bytes: budgets.main + 1 });
    assert.equal(violations(fat).length, 1);
    assert.deepEqual(violations(fat, false), []);
  });

  it('finds Node.js in a bundle for the browser', () => {
    for (const id of ['fs', 'node:path']) {
      const inputs = { 'src/main.ts': [id] };
      assert.match(violations(bundle('main', { inputs, web: true }))[0], new RegExp(`src/main.ts imports ${id}`));
      assert.deepEqual(violations(bundle('main', { inputs })), []);
    }
  });

  it('finds vscode in the webview client and in the command line', () => {
    for (const name of ['panel', 'cli']) assert.equal(violations(bundle(name, { inputs: { 'src/shared/a.ts': ['vscode'] } })).length, 1);
  });

  it('finds anything of the second bundle in the first', () => {
    const inputs = { 'src/extension.ts': ['src/engine/index.ts'], 'src/engine/index.ts': [] };
    assert.match(violations(bundle('activation', { inputs }))[0], /src\/engine\/index\.ts/);
  });

  it('finds an engine that reaches outside itself', () => {
    const inputs = { 'src/engine/a.ts': ['src/host/b.ts'], 'src/host/b.ts': [] };
    assert.match(violations(bundle('main', { inputs }))[0], /src\/engine\/a\.ts imports src\/host\/b\.ts/);
  });
});
