import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';

/**
 * Fills `dir` once by calling `fill(dir)`, and again whenever `key` changes. Safe when several processes ask at the same
 * time, and after one of them was killed half way.
 */
export function installOnce({ dir, key, title, fill }) {
  const stamp = createHash('sha256').update(key).digest('hex').slice(0, 16);
  const stampFile = path.join(dir, '.installed');
  const installed = () => fs.existsSync(stampFile) && fs.readFileSync(stampFile, 'utf8') === stamp;
  if (installed()) return dir;
  withLock(`${dir}.lock`, () => {
    if (installed()) return;
    console.error(`Installing ${title} from the npm registry (once)…`);
    fs.rmSync(dir, { recursive: true, force: true });
    fs.mkdirSync(dir, { recursive: true });
    fill(dir);
    fs.writeFileSync(stampFile, stamp);
  });
  return dir;
}

/** Copies a pinned package.json and its lock file into `dir`. */
export function copyManifest(from, dir) {
  for (const name of ['package.json', 'package-lock.json']) fs.copyFileSync(path.join(from, name), path.join(dir, name));
}

/** What decides whether an installation of the manifest in `from` is up to date. */
export function manifestKey(from) {
  return ['package.json', 'package-lock.json'].map((name) => fs.readFileSync(path.join(from, name), 'utf8')).join('\n');
}

function withLock(file, action) {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  while (!tryLock(file)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
  try {
    action();
  } finally {
    fs.rmSync(file, { force: true });
  }
}

function tryLock(file) {
  try {
    fs.writeFileSync(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
  if (!isAlive(ownerOf(file))) fs.rmSync(file, { force: true });
  return false;
}

/** The process that holds the lock; this one where the file has just gone or is not written yet, to try again later. */
function ownerOf(file) {
  try {
    return Number(fs.readFileSync(file, 'utf8')) || process.pid;
  } catch {
    return process.pid;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
