import { spawnSync } from 'node:child_process';
import path from 'node:path';

const quiet = ['--no-audit', '--no-fund', '--loglevel=error'];

/**
 * Runs npm and throws when it fails. Its output goes to standard error, so that a script's own output stays usable.
 * Under `npm run` the npm that is running is taken; on Windows `npm` is a batch file and needs a shell.
 */
export function npm(args, cwd) {
  const cli = process.env.npm_execpath;
  const options = { cwd, stdio: ['ignore', 2, 2] };
  const result =
    cli && path.basename(cli) === 'npm-cli.js'
      ? spawnSync(process.execPath, [cli, ...args, ...quiet], options)
      : spawnSync('npm', [...args, ...quiet], { ...options, shell: process.platform === 'win32' });
  if (result.status !== 0) throw new Error(`npm ${args[0]} failed in ${path.relative(process.cwd(), cwd)}; is the npm registry reachable?`);
}
