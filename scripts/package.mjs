// node scripts/package.mjs [--check]
//
// Writes the built extension as one .vsix into the repository, and fails where the package lacks something, holds more
// than is needed at run time, or breaks its budget. --check writes it into .vscode-test/ instead.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { createRequire } from 'node:module';
import { budgets, kibibytes } from './checkBundle.mjs';
import { copyManifest, installOnce, manifestKey } from './support/installOnce.mjs';
import { npm } from './support/npm.mjs';
import { flag } from './support/options.mjs';
import { root, workDir } from './support/paths.mjs';

const vsceManifest = path.join(root, 'scripts', 'vsce');
const manifest = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'));

/** Everything that may be inside, by its path in the extension. */
const allowed = [
  /^package(?:\.nls(?:\.[a-z-]+)?)?\.json$/,
  /^(?:readme|changelog)\.md$/i,
  /^license(?:\.txt|\.md)?$/i,
  /^l10n\/bundle\.l10n(?:\.[a-z-]+)?\.json$/,
  /^dist\/(?:web\/|media\/)?[^/]+\.(?:js|css)$/,
  /^media\/icons\/[^/]+\.(?:svg|png)$/,
  /^samples\/.+\.json$/,
];

const vsce = ensureVsce();
const target = path.join(flag('check') ? workDir : root, `${manifest.name}-${manifest.version}.vsix`);
const packed = spawnSync(
  process.execPath,
  [
    path.join(vsce, 'node_modules', '@vscode', 'vsce', 'vsce'),
    'package',
    '--no-dependencies',
    '--allow-missing-repository',
    '--no-rewrite-relative-links',
    '--readme-path',
    packagedReadme(),
    '--out',
    target,
  ],
  { cwd: root, encoding: 'utf8' },
);
if (packed.status !== 0) {
  console.error(packed.stdout, packed.stderr);
  process.exit(1);
}

const { size } = fs.statSync(target);
const contents = await filesIn(target);
const problems = [
  ...contents.filter((file) => !allowed.some((pattern) => pattern.test(file))).map((file) => `not needed at run time: ${file}`),
  ...neededFiles()
    .filter((file) => !contents.includes(file))
    .map((file) => `missing: ${file}`),
  ...(size > budgets.vsix ? [`${size} bytes, the budget is ${budgets.vsix}`] : []),
];
console.log(`${path.relative(root, target)} ${kibibytes(size)} of ${kibibytes(budgets.vsix)}, ${contents.length} files`);
if (!flag('check')) console.log(contents.map((file) => `  ${file}`).join('\n'));
for (const problem of problems) console.error(`✘ ${problem}`);
process.exit(problems.length === 0 ? 0 : 1);

/**
 * The README as an installed extension shows it: links and pictures lead into a repository whose address is not known here,
 * so that links stay as their text and pictures are left out.
 */
function packagedReadme() {
  const text = fs.readFileSync(path.join(root, 'README.md'), 'utf8');
  const readme = path.join('dist', 'README.md');
  fs.writeFileSync(
    path.join(root, readme),
    text.replace(/!\[[^\]]*\]\((?!https?:)[^)]*\)\n*/g, '').replace(/(?<!!)\[([^\]]*)\]\((?!https?:|#)[^)]*\)/g, '$1'),
  );
  return readme;
}

function ensureVsce() {
  return installOnce({
    dir: path.join(workDir, 'vsce'),
    key: manifestKey(vsceManifest),
    title: 'vsce',
    // its scripts build a keychain and fetch a signing tool, for publishing
    fill: (dir) => {
      copyManifest(vsceManifest, dir);
      npm(['ci', '--ignore-scripts', '--omit=optional'], dir);
    },
  });
}

/** What the manifest names, and what the bundles load. */
function neededFiles() {
  const named = [manifest.main, manifest.browser, manifest.icon].map((file) => file.replace(/^\.\//, ''));
  const containers = Object.values(manifest.contributes.viewsContainers ?? {}).flat();
  const icons = containers.map(({ icon }) => icon).filter((icon) => icon && !icon.startsWith('$('));
  const translated = fs.readdirSync(path.join(root, 'l10n')).map((name) => `l10n/${name}`);
  const built = [
    ...['main.js', 'engine.js', 'later.js'].flatMap((name) => [`dist/${name}`, `dist/web/${name}`]),
    ...['panel.js', 'panel.css'].map((name) => `dist/media/${name}`).filter(exists),
  ];
  return [...named, ...icons, ...translated, ...built, 'package.nls.json', 'package.nls.zh-cn.json'];
}

function exists(file) {
  return fs.existsSync(path.join(root, file));
}

/** The paths inside the extension folder of a .vsix, which is a zip archive; the reader is the packager's own. */
function filesIn(vsix) {
  const yauzl = createRequire(path.join(vsce, 'node_modules', '@vscode', 'vsce', 'package.json'))('yauzl');
  return new Promise((resolve, reject) => {
    const files = [];
    yauzl.open(vsix, (openError, archive) => {
      if (openError) return reject(openError);
      archive.on('error', reject);
      archive.on('end', () => resolve(files.sort()));
      archive.on('entry', ({ fileName }) => {
        if (fileName.startsWith('extension/')) files.push(fileName.slice('extension/'.length));
      });
    });
  });
}
