// The VS Code that tests run in: the server and the web workbench inside the npm package `code-server`, with the few
// JavaScript modules they load at run time. It is installed with --ignore-scripts, so no native module is compiled: the
// integrated terminal is not there, nothing that this extension uses is missing.
import fs from 'node:fs';
import Module from 'node:module';
import path from 'node:path';
import { copyManifest, installOnce, manifestKey } from '../support/installOnce.mjs';
import { npm } from '../support/npm.mjs';
import { root, workDir } from '../support/paths.mjs';
import { stubSpdlog } from './spdlogStub.mjs';

const manifestDir = path.join(root, 'scripts', 'vscode', 'oss');

// VS Code 1.139 imports module.registerHooks, which came with Node 22.15; an older Node needs the one from npm beside it.
const ownNodeIsEnough = typeof Module.registerHooks === 'function' || Boolean(process.env.VSCODE_OSS_NODE);

/** Extensions of VS Code that only cost time and space here. */
const unusedExtensions = [
  'copilot',
  'mermaid-markdown-features',
  'microsoft-authentication',
  'tunnel-forwarding',
  'ms-vscode.js-debug',
  'ms-vscode.vscode-js-profile-table',
  'ms-vscode.js-debug-companion',
];

/**
 * Installs VS Code where it is missing.
 *
 * Environment: VSCODE_OSS_PATH names another code-server's `lib/vscode` (see prepareVersion.mjs), VSCODE_OSS_DIR a folder
 * shared by several checkouts, VSCODE_OSS_NODE the Node.js to run it with.
 *
 * @returns {{ vscode: string, node: string, version: string }} folder of the server, Node.js to run it, version of VS Code
 */
export function ensureVSCode() {
  const given = process.env.VSCODE_OSS_PATH;
  if (given) return describe(path.resolve(given), process.env.VSCODE_OSS_NODE ?? process.execPath);
  const dir = installOnce({
    dir: process.env.VSCODE_OSS_DIR ?? path.join(workDir, 'oss'),
    key: `${ownNodeIsEnough} ${manifestKey(manifestDir)}`,
    title: 'VS Code',
    fill: installNewest,
  });
  const modules = path.join(dir, 'node_modules');
  return describe(serverIn(dir), ownNodeIsEnough ? (process.env.VSCODE_OSS_NODE ?? process.execPath) : nodeFromNpm(modules));
}

export function serverIn(dir) {
  return path.join(dir, 'node_modules', 'code-server', 'lib', 'vscode');
}

function describe(vscode, node) {
  return { vscode, node, version: JSON.parse(fs.readFileSync(path.join(vscode, 'package.json'), 'utf8')).version };
}

function installNewest(dir) {
  copyManifest(manifestDir, dir);
  npm(['ci', '--ignore-scripts', '--omit=dev', ...(ownNodeIsEnough ? ['--omit=optional'] : [])], dir);
  const modules = path.join(dir, 'node_modules');
  const vscode = serverIn(dir);
  prune(modules, vscode);
  // The workbench fetches onig.wasm, textmate and others from <vscode>/node_modules.
  fs.rmSync(path.join(vscode, 'node_modules'), { recursive: true, force: true });
  fs.symlinkSync(modules, path.join(vscode, 'node_modules'), 'junction');
  stubSpdlog(modules);
}

function prune(modules, vscode) {
  const remove = (...parts) => fs.rmSync(path.join(...parts), { recursive: true, force: true });
  for (const name of unusedExtensions) remove(vscode, 'extensions', name);
  const ripgrep = path.join(modules, '@vscode', 'ripgrep-universal', 'bin');
  for (const name of fs.readdirSync(ripgrep)) if (name !== `${process.platform}-${process.arch}`) remove(ripgrep, name);
  for (const name of fs.readdirSync(modules).filter((entry) => /^node-(linux|darwin|win)-/.test(entry))) {
    for (const part of ['include', 'share', 'CHANGELOG.md']) remove(modules, name, part);
  }
}

function nodeFromNpm(modules) {
  const windows = process.platform === 'win32';
  const name = `node-${windows ? 'win' : process.platform}-${process.arch}`;
  const node = path.join(modules, name, 'bin', windows ? 'node.exe' : 'node');
  if (!fs.existsSync(node)) {
    throw new Error(
      `The newest VS Code needs Node 22.15 or later, this is ${process.version}, and npm has no package ${name}. ` +
        'Use a newer Node, or name one in VSCODE_OSS_NODE.',
    );
  }
  if (!windows) fs.chmodSync(node, 0o755);
  return node;
}
