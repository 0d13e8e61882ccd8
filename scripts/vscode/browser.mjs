import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { copyManifest, installOnce, manifestKey } from '../support/installOnce.mjs';
import { npm } from '../support/npm.mjs';
import { root, workDir } from '../support/paths.mjs';

const manifestDir = path.join(root, 'scripts', 'vscode', 'chromium');
const variables = ['CHROMIUM_PATH', 'CHROME_PATH', 'PUPPETEER_EXECUTABLE_PATH'];
const commands = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome', 'microsoft-edge', 'brave-browser'];

const flags = [
  // root in a container, small /dev/shm
  ...(process.platform === 'linux' ? ['--no-sandbox', '--disable-dev-shm-usage'] : []),
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--no-first-run',
  // VS Code slows itself down when its window looks hidden
  '--disable-renderer-backgrounding',
  '--disable-background-timer-throttling',
  '--disable-backgrounding-occluded-windows',
];

/** Starts a headless Chromium: the one named in the environment, the system's, Playwright's, or one from npm. */
export async function launchBrowser() {
  return chromium.launch({ executablePath: await ensureChromium(), headless: true, args: flags });
}

async function ensureChromium() {
  const found = fromEnvironment() ?? [...onPath(), ...wellKnown(), chromium.executablePath()].find((file) => fs.existsSync(file));
  if (found) return found;
  if (process.platform === 'linux' && process.arch === 'x64') return fromNpm();
  throw new Error('No Chromium or Chrome found. Install one, or name it in CHROMIUM_PATH.');
}

function fromEnvironment() {
  for (const name of variables) {
    const file = process.env[name];
    if (!file) continue;
    if (!fs.existsSync(file)) throw new Error(`${name}=${file} does not exist`);
    return file;
  }
  return undefined;
}

function onPath() {
  const suffix = process.platform === 'win32' ? '.exe' : '';
  return (process.env.PATH ?? '').split(path.delimiter).flatMap((dir) => commands.map((name) => path.join(dir, name + suffix)));
}

function wellKnown() {
  if (process.platform === 'linux') return ['/usr/bin/chromium', '/snap/bin/chromium', '/opt/google/chrome/chrome'];
  if (process.platform === 'darwin') {
    const apps = ['Google Chrome', 'Chromium', 'Microsoft Edge', 'Brave Browser'].map(
      (app) => `Applications/${app}.app/Contents/MacOS/${app}`,
    );
    return apps.flatMap((app) => [path.join('/', app), path.join(os.homedir(), app)]);
  }
  const bases = [process.env.PROGRAMFILES, process.env['PROGRAMFILES(X86)'], process.env.LOCALAPPDATA].filter(Boolean);
  return bases.flatMap((base) => [
    path.join(base, 'Google/Chrome/Application/chrome.exe'),
    path.join(base, 'Microsoft/Edge/Application/msedge.exe'),
  ]);
}

async function fromNpm() {
  const dir = installOnce({
    dir: path.join(workDir, 'chromium'),
    key: manifestKey(manifestDir),
    title: 'Chromium',
    fill: (target) => {
      copyManifest(manifestDir, target);
      npm(['ci', '--ignore-scripts'], target);
    },
  });
  const entry = path.join(dir, 'node_modules', '@sparticuz', 'chromium', 'build', 'esm', 'index.js');
  const { default: packed } = await import(pathToFileURL(entry).href);
  return packed.executablePath(); // unpacks it into the system's temporary folder
}
