import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import readline from 'node:readline';
import { downloadAndUnzipVSCode } from '@vscode/test-electron';
import { workDir } from '../support/paths.mjs';
import { findDesktop, quietArguments, withDisplay } from './desktop.mjs';
import { reportedLine } from './reportedLine.mjs';
import { quietSettings } from './settings.mjs';

const downloadLimitMs = 30_000;

/**
 * The integration suite in desktop VS Code: the machine's own, else a download. Where neither can be had, or there is no
 * display for its window, one line says so and the result is 0.
 *
 * @returns {Promise<number>} exit code
 */
export async function runInDesktop({ extension, tests, folder, settings }) {
  const program = findDesktop() ?? (await download());
  if (!program) return skip('not installed, and it cannot be downloaded here');
  if (!withDisplay(program, [])) return skip('no display and no xvfb-run');

  const userData = fs.mkdtempSync(path.join(os.tmpdir(), 'vscode-')); // short: paths of Unix sockets are limited to 103 characters
  fs.mkdirSync(path.join(userData, 'User'));
  fs.writeFileSync(path.join(userData, 'User', 'settings.json'), JSON.stringify({ ...quietSettings, ...settings }));
  const args = [
    folder,
    `--extensionDevelopmentPath=${extension}`,
    `--extensionTestsPath=${tests}`,
    '--disable-extensions',
    '--disable-gpu',
  ];
  try {
    return await run(...withDisplay(program, [...args, ...quietArguments(userData)]));
  } finally {
    fs.rmSync(userData, { recursive: true, force: true, maxRetries: 5 });
  }
}

function run(program, args) {
  const env = { ...process.env };
  delete env.ELECTRON_RUN_AS_NODE;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
    readline.createInterface({ input: child.stdout }).on('line', (text) => {
      const line = reportedLine(text);
      if (line !== undefined) console.log(line);
    });
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });
}

async function download() {
  try {
    return await downloadAndUnzipVSCode({
      version: process.env.VSCODE_VERSION ?? 'stable',
      cachePath: workDir,
      timeout: downloadLimitMs,
      reporter: { report: () => undefined, error: () => undefined },
    });
  } catch {
    return undefined;
  }
}

function skip(reason) {
  console.log(`desktop VS Code: skipped (${reason})`);
  return 0;
}
