import * as vscode from 'vscode';
import type { CheckpointFolder } from '../checkpointFiles/folder';
import { folderOnDisk, type NodeFiles } from '../checkpointFiles/diskFolder';
import type { Companions } from '../hub/fetchModel';

/** Set by the bundler: whether this is the bundle for the web worker host. */
declare const WEB_HOST: boolean;

declare function require(id: string): unknown;

/** Files that an editor's file system hands over whole are read up to this size; larger ones count as not there. */
const mostBytesWhole = 64 * 1024 * 1024;

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

/** The folder of a config: on disk in ranges, elsewhere through VS Code, which reads whole files only. */
export function folderOf(config: vscode.Uri): CheckpointFolder {
  const folder = vscode.Uri.joinPath(config, '..');
  if (!WEB_HOST && folder.scheme === 'file') return folderOnDisk(require('node:fs/promises') as NodeFiles, folder.fsPath, pause);
  return editorFolder(folder);
}

function editorFolder(folder: vscode.Uri): CheckpointFolder {
  const { fs } = vscode.workspace;
  const texts = new Map<string, Uint8Array>();
  const sizeOf = async (name: string): Promise<number | 'absent' | 'not-a-file'> => {
    try {
      const { type, size } = await fs.stat(vscode.Uri.joinPath(folder, name));
      if (!(type & vscode.FileType.File)) return 'not-a-file';
      return size > mostBytesWhole ? 'absent' : size;
    } catch (error) {
      if (error instanceof vscode.FileSystemError && error.code === 'FileNotFound') return 'absent';
      throw error;
    }
  };
  return {
    list: async () => (await fs.readDirectory(folder)).map(([name]) => name).sort(),
    size: sizeOf,
    async read(name, offset, length) {
      const bytes = texts.get(name) ?? (await fs.readFile(vscode.Uri.joinPath(folder, name)));
      texts.clear(); // the next range is of the same file, most often
      texts.set(name, bytes);
      return bytes.subarray(offset, offset + length);
    },
    pause,
  };
}

/** What was fetched of a repository: its index stands for the files. */
export function fetchedFolder(companions: Companions): CheckpointFolder {
  const bytes = new Map<string, Uint8Array>();
  for (const [name, companion] of Object.entries(companions))
    if (companion.kind === 'text') bytes.set(name, new TextEncoder().encode(companion.text));
  return {
    list: () => Promise.resolve([...bytes.keys()].sort()),
    size: (name) => Promise.resolve(bytes.get(name)?.length ?? 'absent'),
    read: (name, offset, length) => Promise.resolve((bytes.get(name) ?? new Uint8Array()).subarray(offset, offset + length)),
    pause,
  };
}
