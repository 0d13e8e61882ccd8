import fs from 'node:fs';
import path from 'node:path';
import { budgets } from '../checkBundle.mjs';
import { root, workDir } from '../support/paths.mjs';

const bundles = {
  'dist/extension.js': budgets.activation,
  'dist/web/extension.js': budgets.activation,
  'dist/main.js': budgets.main,
  'dist/web/main.js': budgets.main,
  'dist/runs.js': budgets.runs,
  'dist/web/runs.js': budgets.runs,
  'dist/media/panel.js': budgets.panel,
};

/** Sizes of what was built and packaged, against their budgets. */
export function measureSizes() {
  const { name, version } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'));
  const files = Object.entries(bundles).map(([file, limit]) => [file, path.join(root, file), limit]);
  files.push(['the package (.vsix)', path.join(workDir, `${name}-${version}.vsix`), budgets.vsix]);
  return files.flatMap(([title, file, limit]) =>
    fs.existsSync(file) ? [{ name: title, unit: 'KiB', median: fs.statSync(file).size / 1024, limit: limit / 1024 }] : [],
  );
}
