import * as files from 'node:fs/promises';
import { folderOnDisk } from './diskFolder';
import type { CheckpointFolder } from './folder';

/** A folder on disk, for programs that run in Node.js. */
export const nodeFolder = (path: string): CheckpointFolder =>
  folderOnDisk(files, path, () => new Promise((resolve) => setImmediate(resolve)));
