/** Bytes of synthetic safetensors files, in any host. */
import type { FileTensor } from '../../src/engine/index';

export type Written = Pick<FileTensor, 'name' | 'dtype' | 'shape' | 'bytes'>;

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
  const body = new TextEncoder().encode(text.padEnd(text.length + ((8 - (new TextEncoder().encode(text).length % 8)) % 8)));
  const bytes = new Uint8Array(8 + body.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(body.length), true);
  bytes.set(body, 8);
  return bytes;
}

/** A whole file of these tensors, its data zeros. */
export function safetensorsBytes(tensors: readonly Written[]): Uint8Array {
  const header = headerBytes(headerText(tensors));
  const bytes = new Uint8Array(header.length + tensors.reduce((sum, tensor) => sum + tensor.bytes, 0));
  bytes.set(header);
  return bytes;
}
