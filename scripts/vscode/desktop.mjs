import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

/**
 * The desktop VS Code of this machine: VSCODE_EXECUTABLE, else what the `code` on PATH belongs to, else undefined. The
 * returned path is the program itself, not the command line script.
 */
export function findDesktop() {
  const given = process.env.VSCODE_EXECUTABLE;
  if (given) {
    if (!fs.existsSync(given)) throw new Error(`VSCODE_EXECUTABLE=${given} does not exist`);
    return given;
  }
  for (const dir of (process.env.PATH ?? '').split(path.delimiter)) {
    const command = path.join(dir, process.platform === 'win32' ? 'code.cmd' : 'code');
    const program = fs.existsSync(command) && programOf(fs.realpathSync(command));
    if (program && fs.existsSync(program)) return program;
  }
  return undefined;
}

/** VS Code's script lies in <installation>/bin, on macOS in <app>/Contents/Resources/app/bin. */
function programOf(script) {
  const installation = path.dirname(path.dirname(script));
  if (process.platform === 'win32') return path.join(installation, 'Code.exe');
  if (process.platform === 'darwin') return path.resolve(installation, '..', '..', 'MacOS', 'Electron');
  return path.join(installation, 'code');
}

/** Arguments that keep a desktop window apart from the person's own VS Code, quiet and offline. */
export function quietArguments(userDataDir) {
  return [
    `--user-data-dir=${userDataDir}`,
    `--extensions-dir=${path.join(userDataDir, 'extensions')}`,
    ...['--disable-workspace-trust', '--disable-telemetry', '--disable-updates', '--disable-crash-reporter'],
    ...['--skip-welcome', '--skip-release-notes'],
    ...(process.platform === 'linux' ? ['--no-sandbox'] : []),
  ];
}

/** Whether this machine has a screen to open a window on. */
export function hasDisplay() {
  return process.platform !== 'linux' || Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY);
}

/** Turns a command into one that can open a window nobody sees; undefined where no window can be opened at all. */
export function withDisplay(program, args) {
  if (hasDisplay()) return [program, args];
  return spawnSync('xvfb-run', ['--help']).error === undefined ? ['xvfb-run', ['-a', program, ...args]] : undefined;
}
