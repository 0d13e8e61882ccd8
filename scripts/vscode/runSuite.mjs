// node scripts/vscode/runSuite.mjs [--host=node|web|desktop] [--floor] [--locale=zh-cn] [--verbose]
//
// Runs the integration suite inside VS Code and exits with its result. What the suite reports arrives as console lines
// with a tag: the console is the one channel that every extension host forwards to its window.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { flag, option } from '../support/options.mjs';
import { failuresDir, fixtures, root, workDir } from '../support/paths.mjs';
import { launchBrowser } from './browser.mjs';
import { startHubServer } from './hubServer.mjs';
import { floorVersion, prepareVersion } from './prepareVersion.mjs';
import { runInDesktop } from './runDesktop.mjs';
import { startVSCode } from './start.mjs';
import { reportedLine } from './reportedLine.mjs';

const limitMs = Number(process.env.VSCODE_TEST_TIMEOUT ?? 300_000);

async function main() {
  const host = option('host', 'node');
  if (flag('floor')) process.env.VSCODE_OSS_PATH = prepareVersion(floorVersion);
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130)); // 'exit' stops the server
  const extensionHost = host === 'web' ? 'web' : 'node';
  const tests = path.join(workDir, 'integration', extensionHost, 'index.js');
  const folder = host === 'web' ? fixtures : copyOf(fixtures);
  const hub = await startHubServer();
  const settings = { 'vramLens.hub.endpoint': hub.endpoint };
  try {
    if (host === 'desktop') return await runInDesktop({ extension: root, tests, folder, settings });
    return await runInBrowser({ host, tests, folder, settings });
  } finally {
    await hub.close();
    if (folder !== fixtures) fs.rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function runInBrowser({ host, tests, folder, settings }) {
  const code = await startVSCode({ host, extension: root, tests, folder, settings, locale: option('locale') });
  const browser = await launchBrowser();
  const otherLines = [];
  try {
    const permissions = ['clipboard-read', 'clipboard-write']; // VS Code 1.90 asks the browser for them
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, permissions });
    page.on('pageerror', (error) => otherLines.push(`[pageerror] ${error.message}`));
    await page.exposeFunction('codeAutomationLog', (type, parts) => {
      const text = parts.map((part) => (typeof part === 'string' ? part : JSON.stringify(part))).join(' ');
      const line = reportedLine(text);
      if (line !== undefined) console.log(line);
      else otherLines.push(`[${type}] ${text}`);
      if (line === undefined && flag('verbose')) console.log(otherLines.at(-1));
    });
    const finished = new Promise((resolve) => page.exposeFunction('codeAutomationExit', resolve));
    await page.goto(code.url());
    const exitCode = await Promise.race([finished, after(limitMs)]);
    if (exitCode !== 0) await keepEvidence(host, page, otherLines, exitCode);
    console.log(`VS Code ${code.version}, ${host} extension host: ${exitCode === 0 ? 'passed' : 'failed'}`);
    return exitCode === 0 ? 0 : 1;
  } finally {
    await browser.close();
    await code.close();
  }
}

async function keepEvidence(host, page, lines, exitCode) {
  fs.mkdirSync(failuresDir, { recursive: true });
  await page.screenshot({ path: path.join(failuresDir, `${host}.png`) });
  fs.writeFileSync(path.join(failuresDir, `${host}.log`), lines.join('\n'));
  const reason = exitCode === undefined ? `no result after ${limitMs} ms` : `exit ${exitCode}`;
  console.error(`${reason}; the window's log and a screenshot are in ${path.relative(root, failuresDir)}`);
}

function copyOf(folder) {
  const copy = fs.mkdtempSync(path.join(os.tmpdir(), 'workspace-'));
  fs.cpSync(folder, copy, { recursive: true });
  return copy;
}

function after(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}

process.exit(await main());
