import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ensureVSCode } from './install.mjs';
import { installLanguage } from './locale.mjs';
import { quietSettings } from './settings.mjs';

const startLimitMs = 60_000;
const stopLimitMs = 3_000;

/**
 * Starts the VS Code server: the extension's `main` runs in a Node.js process, as in desktop VS Code.
 *
 * @param {object} options
 * @param {string} options.folder workspace to open
 * @param {string} [options.extension] extension under development; only with `testMode`
 * @param {string} [options.tests] module with `run()`, run inside the extension host; only with `testMode`
 * @param {boolean} [options.testMode] false leaves notifications visible, as a person sees them
 * @param {string} [options.dataDir] where user data stays; a temporary folder without it
 * @param {string} [options.extensionsDir] installed extensions
 * @param {object} [options.settings] user settings on top of the quiet ones
 * @param {string} [options.locale] display language, for example zh-cn
 * @param {number} [options.port] 0 takes a free one
 * @returns {Promise<{ host: 'node', version: string, url(page?: { file?: string }): string, close(): Promise<void> }>}
 */
export async function startNodeHost({ folder, extension, tests, testMode = true, dataDir, extensionsDir, settings, locale, port = 0 }) {
  const { vscode, node, version } = ensureVSCode();
  const data = dataDir ?? fs.mkdtempSync(path.join(os.tmpdir(), 'vscode-'));
  const userData = path.join(data, 'data');
  fs.mkdirSync(path.join(userData, 'User'), { recursive: true });
  fs.writeFileSync(path.join(userData, 'User', 'settings.json'), JSON.stringify({ ...quietSettings, ...settings }, null, 2));
  if (locale) installLanguage(userData, locale);

  const args = serverArguments({ vscode, data, extensionsDir: extensionsDir ?? path.join(data, 'extensions'), testMode, locale, port });
  const server = spawnServer(node, args, path.join(data, 'server.log'));
  const origin = await server.origin;
  const remote = (file) => `vscode-remote://${new URL(origin).host}${posix(file)}`;

  return {
    host: 'node',
    version,
    url: ({ file } = {}) => {
      const payload = [
        ['skipWelcome', 'true'],
        ['skipReleaseNotes', 'true'],
      ];
      if (extension) payload.push(['extensionDevelopmentPath', remote(extension)]);
      if (tests) payload.push(['extensionTestsPath', remote(tests)]);
      if (file) payload.push(['openFile', remote(file)]);
      return `${origin}/?folder=${encodeURIComponent(posix(folder))}&payload=${encodeURIComponent(JSON.stringify(payload))}`;
    },
    close: async () => {
      await server.stop();
      if (!dataDir && !process.env.KEEP) fs.rmSync(data, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

function serverArguments({ vscode, data, extensionsDir, testMode, locale, port }) {
  return [
    path.join(vscode, 'out', 'server-main.js'),
    '--accept-server-license-terms',
    // loopback only, and no token in the address
    ...['--without-connection-token', '--host', '127.0.0.1', '--port', String(port)],
    ...['--server-data-dir', data, '--extensions-dir', extensionsDir],
    ...(locale ? ['--locale', locale] : []),
    // A built workbench takes extensionDevelopmentPath and extensionTestsPath from the address with this flag alone. It
    // hides notifications.
    ...(testMode ? ['--enable-smoke-test-driver'] : []),
    '--disable-workspace-trust',
    ...['--disable-telemetry', '--telemetry-level', 'off', '--disable-experiments', '--disable-update-check'],
    '--disable-getting-started-override',
    '--disable-websocket-compression',
  ];
}

/** Starts the server in a process group of its own, so that a hanging extension host cannot outlive the run. */
function spawnServer(node, args, logFile) {
  const windows = process.platform === 'win32';
  const child = spawn(node, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: !windows,
    env: { ...process.env, NODE_OPTIONS: '', ELECTRON_RUN_AS_NODE: '', EXTENSIONS_GALLERY: '{"serviceUrl":""}' },
  });
  const log = fs.createWriteStream(logFile);
  child.stderr.pipe(log, { end: false });
  const kill = (signal) => {
    try {
      if (windows) child.kill(signal);
      else process.kill(-child.pid, signal);
    } catch {
      // it has ended
    }
  };
  const killNow = () => kill('SIGKILL');
  process.once('exit', killNow);

  const origin = new Promise((resolve, reject) => {
    let output = '';
    child.stdout.on('data', (chunk) => {
      log.write(chunk);
      output += chunk;
      const port = /Extension host agent listening on (\d+)/.exec(output)?.[1];
      if (port) resolve(`http://127.0.0.1:${port}`);
    });
    child.once('exit', (code) => reject(new Error(`The VS Code server ended with ${code}; see ${logFile}\n${output.slice(-2000)}`)));
    setTimeout(() => reject(new Error(`The VS Code server did not start in ${startLimitMs} ms; see ${logFile}`)), startLimitMs).unref();
  });

  const stop = async () => {
    process.off('exit', killNow);
    if (child.exitCode === null && child.signalCode === null) {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      kill('SIGTERM');
      const timer = setTimeout(killNow, stopLimitMs);
      await ended;
      clearTimeout(timer);
    }
    killNow(); // whatever is left of the group
    log.end();
  };
  return { origin, stop };
}

function posix(file) {
  const slashed = path.resolve(file).split(path.sep).join('/');
  return slashed.startsWith('/') ? slashed : `/${slashed}`;
}
