import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { root } from '../support/paths.mjs';
import { launchBrowser } from '../vscode/browser.mjs';
import { startVSCode } from '../vscode/start.mjs';
import { bundleProbe } from './bundle.mjs';
import { spread } from './timing.mjs';

/** What is measured, in the order of the report; limits in milliseconds, from the budgets of DESIGN. */
const measures = {
  activation: { title: 'activation: first bundle run and activate() called', limit: 20 },
  load: { title: 'second bundle read, run and its providers registered' },
  firstSilentLenses: { title: 'for comparison: the first CodeLens asked for, of a JSON file that gets none' },
  firstSilentHints: { title: 'for comparison: the first inlay hints asked for, of a JSON file that gets none' },
  firstLenses: { title: 'CodeLens of the first config', limit: 25 },
  engineLenses: { title: 'of it the engine: analysis and estimate, its code run for the first time' },
  firstHints: { title: 'inlay hints of the first config, after its CodeLens', limit: 25 },
  engineHints: { title: 'of it the engine: insights, its code run for the first time' },
  nextLenses: { title: 'CodeLens of the other samples, each for the first time' },
  nextHints: { title: 'inlay hints of the other samples, each for the first time' },
  editedLenses: { title: 'CodeLens after an edit' },
  editedHints: { title: 'inlay hints after an edit' },
  repeatedLenses: { title: 'CodeLens again, nothing changed' },
  repeatedHints: { title: 'inlay hints again, nothing changed' },
  silentLenses: { title: 'for comparison: CodeLens of a JSON file that gets none' },
  silentHints: { title: 'for comparison: inlay hints of a JSON file that gets none' },
};

const tag = '[bench] ';
const limitMs = 120_000;

/** Times the built extension in a real VS Code whose extension host is 'node' or 'web', in some windows one after another. */
export async function timeInEditor(host, windows) {
  const probe = await bundleProbe(host);
  const times = Object.fromEntries(Object.keys(measures).map((name) => [name, []]));
  let version;
  for (let window = 0; window < windows; window++) {
    const result = await measureOnce(host, probe);
    version = result.version;
    for (const [name, some] of Object.entries(result.times)) times[name].push(...some);
  }
  const rows = Object.entries(measures).map(([name, { title, limit }]) => ({
    name: `${host} host: ${title}`,
    unit: 'ms',
    ...spread(times[name]),
    ...(limit && { limit }),
  }));
  return { version, rows };
}

async function measureOnce(host, tests) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'samples-')); // the editor saves what the probe edits
  fs.cpSync(path.join(root, 'samples'), folder, { recursive: true });
  const code = await startVSCode({ host, extension: root, tests, folder });
  const browser = await launchBrowser();
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    const times = {};
    const lines = [];
    await page.exposeFunction('codeAutomationLog', (_type, parts) => {
      const text = parts.map(String).join(' ');
      const start = text.indexOf(tag);
      if (start < 0) lines.push(text);
      else Object.assign(times, JSON.parse(text.slice(start + tag.length)));
    });
    const finished = new Promise((resolve) => page.exposeFunction('codeAutomationExit', resolve));
    await page.goto(code.url());
    const exitCode = await Promise.race([finished, new Promise((resolve) => setTimeout(resolve, limitMs, 'timeout').unref())]);
    if (exitCode !== 0) throw new Error(`the measurement in the ${host} host ended with ${exitCode}\n${lines.slice(-20).join('\n')}`);
    return { version: code.version, times };
  } finally {
    await browser.close();
    await code.close();
    fs.rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
