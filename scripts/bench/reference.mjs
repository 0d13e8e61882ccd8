import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import readline from 'node:readline';
import { root, workDir } from '../support/paths.mjs';

const script = path.join(root, 'scripts', 'bench', 'reference.py');

/** A Python with torch and transformers: the one that the environment names, else the one in .vscode-test/oracle. */
export function findPython() {
  const given = process.env.VRAM_LENS_ORACLE_PYTHON;
  if (given) {
    if (!fs.existsSync(given)) throw new Error(`VRAM_LENS_ORACLE_PYTHON=${given} does not exist`);
    return given;
  }
  const own = path.join(workDir, 'oracle', ...(process.platform === 'win32' ? ['Scripts', 'python.exe'] : ['bin', 'python']));
  return fs.existsSync(own) ? own : undefined;
}

/**
 * Starts the reference library in a process of its own, which builds one model at a time and waits in between.
 *
 * @returns {Promise<{ versions: Record<string, string>, build(file: string): Promise<{ seconds: number, parameters: number }>, stop(): void }>}
 */
export async function startReference(python) {
  const child = spawn(python, ['-B', script], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = readline.createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error('the reference ended; is this a Python with torch and transformers?');
    return JSON.parse(value);
  };
  const versions = await next();
  return {
    versions,
    build(file) {
      child.stdin.write(`${file}\n`);
      return next();
    },
    stop: () => child.stdin.end(),
  };
}
