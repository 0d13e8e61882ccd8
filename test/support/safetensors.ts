/** Writes the files of synthetic checkpoints: real headers, and data that takes no space on disk. */
import { closeSync, ftruncateSync, openSync, writeFileSync, writeSync } from 'node:fs';
import type { FileTensor } from '../../src/engine/index';

type Written = Pick<FileTensor, 'name' | 'dtype' | 'shape' | 'bytes'>;

/** Order of types in a file, the widest first (huggingface/safetensors, safetensors/src/tensor.rs, Dtype and prepare). */
const order = ['I64', 'F32', 'U32', 'I32', 'BF16', 'F16', 'I16', 'F8_E8M0', 'F8_E4M3', 'F8_E5M2', 'I8', 'U8'];

/** The text of a header whose tensors lie as the format's own writer lays them. */
export function headerText(tensors: readonly Written[], metadata?: Readonly<Record<string, string>>): string {
  const sorted = [...tensors].sort((a, b) => order.indexOf(a.dtype) - order.indexOf(b.dtype) || (a.name < b.name ? -1 : 1));
  let end = 0;
  const entries = sorted.map(({ name, dtype, shape, bytes }) => {
    const start = end;
    end += bytes;
    return `${JSON.stringify(name)}:${JSON.stringify({ dtype, shape, data_offsets: [start, end] })}`;
  });
  return `{${[...(metadata ? [`"__metadata__":${JSON.stringify(metadata)}`] : []), ...entries].join(',')}}`;
}

/** A header as it stands in a file: its length, its text, and spaces up to a multiple of 8. */
export function headerBytes(text: string): Uint8Array {
  const body = new TextEncoder().encode(text.padEnd(text.length + ((8 - (Buffer.byteLength(text) % 8)) % 8)));
  const bytes = new Uint8Array(8 + body.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(body.length), true);
  bytes.set(body, 8);
  return bytes;
}

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
