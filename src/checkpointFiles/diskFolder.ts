import type { CheckpointFolder } from './folder';

interface OpenFile {
  read(bytes: Uint8Array, at: number, length: number, position: number): Promise<{ readonly bytesRead: number }>;
  close(): Promise<void>;
}

/** What is used of `node:fs/promises`: given from outside, since bundles for the browser must not name it. */
export interface NodeFiles {
  readdir(path: string): Promise<string[]>;
  stat(path: string): Promise<{ isFile(): boolean; readonly size: number }>;
  open(path: string, mode: 'r'): Promise<OpenFile>;
}

/** A folder on disk. Links are followed, as in the cache of the Hub, whose snapshots point to blobs. */
export function folderOnDisk(files: NodeFiles, path: string, pause: CheckpointFolder['pause']): CheckpointFolder {
  const pathOf = (name: string): string => `${path}/${name}`;
  return {
    list: async () => (await files.readdir(path)).sort(),
    async size(name) {
      try {
        const found = await files.stat(pathOf(name));
        return found.isFile() ? found.size : 'not-a-file';
      } catch (error) {
        const { code } = error as { readonly code?: unknown };
        if (code === 'ENOENT' || code === 'ENOTDIR') return 'absent';
        throw error;
      }
    },
    async read(name, offset, length) {
      const file = await files.open(pathOf(name), 'r');
      try {
        const bytes = new Uint8Array(length);
        let got = 0;
        while (got < length) {
          const { bytesRead } = await file.read(bytes, got, length - got, offset + got);
          if (bytesRead === 0) break;
          got += bytesRead;
        }
        return bytes.subarray(0, got);
      } finally {
        await file.close();
      }
    },
    pause,
  };
}
