import fs from 'node:fs';
import path from 'node:path';
import { budgets } from '../checkBundle.mjs';
import { root, workDir } from '../support/paths.mjs';

const bundles = {
  'dist/extension.js': budgets.activation,
  'dist/web/extension.js': budgets.activation,
  'dist/main.js + dist/engine.js': budgets.main,
  'dist/web/main.js + dist/web/engine.js': budgets.main,
  'dist/later.js': budgets.later,
  'dist/web/later.js': budgets.later,
  'dist/media/panel.js': budgets.panel,
};

/** Sizes of what was built and packaged, against their budgets. */
export function measureSizes() {
  const { name, version } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'));
  const groups = Object.entries(bundles).map(([title, limit]) => [title, title.split(' + ').map((file) => path.join(root, file)), limit]);
  groups.push(['the package (.vsix)', [path.join(workDir, `${name}-${version}.vsix`)], budgets.vsix]);
  return groups.flatMap(([title, files, limit]) => {
    if (!files.every((file) => fs.existsSync(file))) return [];
    const bytes = files.reduce((sum, file) => sum + fs.statSync(file).size, 0);
    return [{ name: title, unit: 'KiB', median: bytes / 1024, limit: limit / 1024 }];
  });
}
