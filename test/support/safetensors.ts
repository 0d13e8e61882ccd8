/** Writes the files of synthetic checkpoints: real headers, and data that takes no space on disk. */
import { closeSync, ftruncateSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { headerBytes, headerText, type Written } from './safetensorsBytes';

export { headerBytes, headerText };

/** A safetensors file of these tensors; returns its bytes. */
export function writeSafetensors(path: string, tensors: readonly Written[], metadata?: Readonly<Record<string, string>>): number {
  const header = headerBytes(headerText(tensors, metadata));
  const size = header.length + tensors.reduce((sum, { bytes }) => sum + bytes, 0);
  writeSparse(path, header, size);
  return size;
}

/** A file that begins with some bytes and is as long as it is told, the rest of it a hole. */
export function writeSparse(path: string, start: Uint8Array, size: number): void {
  const file = openSync(path, 'w');
  writeSync(file, start);
  ftruncateSync(file, size);
  closeSync(file);
}

/** `model.safetensors.index.json` for shards of tensors by the name of their file. */
export function writeIndex(path: string, shards: Readonly<Record<string, readonly Written[]>>, totalSize?: number): void {
  const all = Object.values(shards).flat();
  const weight_map = Object.fromEntries(Object.entries(shards).flatMap(([file, tensors]) => tensors.map(({ name }) => [name, file])));
  const total_size = totalSize ?? all.reduce((sum, { bytes }) => sum + bytes, 0);
  writeFileSync(path, `${JSON.stringify({ metadata: { total_size }, weight_map }, null, 2)}\n`);
}
