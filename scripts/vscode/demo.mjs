// npm start [-- --folder=samples --file=samples/x.json --port=8080 --locale=zh-cn --browser --web --no-open]
//
// Opens VS Code with this extension and the samples: desktop VS Code where there is one, else (or with --browser) VS Code
// in the browser; with --web its extension host is a web worker, as on vscode.dev.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { flag, option } from '../support/options.mjs';
import { root, workDir } from '../support/paths.mjs';
import { findDesktop, hasDisplay, quietArguments } from './desktop.mjs';
import { startVSCode } from './start.mjs';

const folder = path.resolve(option('folder', path.join(root, 'samples')));
const file = path.resolve(option('file', firstConfig(folder)));
const dataDir = path.join(workDir, 'demo');

/** What a person sees, not what a test needs: notifications and the tips of the editor stay. */
const demoSettings = { 'workbench.reduceMotion': 'auto', 'editor.cursorBlinking': 'blink' };

const desktop = flag('browser') || flag('web') || !hasDisplay() ? undefined : findDesktop();
if (desktop) openDesktop(desktop);
else await serve();

function openDesktop(program) {
  const args = [folder, file, `--extensionDevelopmentPath=${root}`, ...quietArguments(path.join(dataDir, 'desktop'))];
  spawn(program, args, { detached: true, stdio: 'ignore' }).unref();
  console.log(`Opening ${path.basename(folder)} in ${program}`);
}

async function serve() {
  const host = flag('web') ? 'web' : 'node';
  const extension = host === 'web' ? { extension: root } : { dataDir, extensionsDir: installedExtension() };
  const common = { host, folder, settings: demoSettings, testMode: false, port: Number(option('port', '0')), locale: option('locale') };
  const code = await startVSCode({ ...common, ...extension });
  const url = code.url({ file });
  console.log(`VS Code ${code.version} with VRAM Lens:\n\n  ${url}\n\nCtrl+C stops it.`);
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.once(signal, () => void code.close().then(() => process.exit(0)));
  }
  if (!flag('no-open') && !process.env.CI && hasDisplay()) openInBrowser(url);
}

/** An extensions folder in which this repository is installed like any extension, not under development. */
function installedExtension() {
  const { publisher, name, version } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'));
  const dir = path.join(dataDir, 'extensions');
  fs.rmSync(dir, { recursive: true, force: true });
  fs.mkdirSync(dir, { recursive: true });
  fs.symlinkSync(root, path.join(dir, `${publisher}.${name}-${version}`), 'junction');
  return dir;
}

/** The config that a person sees first: a well-known model where there is one, else the first of all. */
function firstConfig(dir) {
  const wellKnown = path.join(dir, 'Llama-3.1-8B', 'config.json');
  if (fs.existsSync(wellKnown)) return wellKnown;
  const found = fs.readdirSync(dir, { recursive: true }).filter((name) => name.endsWith('.json'));
  return path.join(dir, found.sort()[0] ?? '');
}

function openInBrowser(url) {
  const [command, args] =
    process.platform === 'darwin'
      ? ['open', [url]]
      : process.platform === 'win32'
        ? ['cmd', ['/c', 'start', '""', url.replace(/&/g, '^&')]]
        : ['xdg-open', [url]];
  const child = spawn(command, args, { stdio: 'ignore', detached: true });
  child.on('error', () => undefined); // the address is printed anyway
  child.unref();
}
