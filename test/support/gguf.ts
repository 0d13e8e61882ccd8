/** Writes headers of GGUF files, well-formed or not. Layout: ggml docs/gguf.md. */

export type GgufEntry =
  | { readonly key: string; readonly type: 'u32' | 'u64' | 'i32' | 'f32' | 'bool'; readonly value: number }
  /** An array of so many u32 zeros. */
  | { readonly key: string; readonly type: 'zeros'; readonly value: number }
  | { readonly key: string; readonly type: 'text'; readonly value: string }
  | { readonly key: string; readonly type: 'texts'; readonly value: readonly string[] }
  | { readonly key: string; readonly type: 'u32s'; readonly value: readonly number[] };

/** Numbers of the types in a file. */
const types = { u32: 4, i32: 5, f32: 6, bool: 7, text: 8, texts: 9, u32s: 9, zeros: 9, u64: 10 } as const;

export interface GgufTensorEntry {
  readonly name: string;
  /** As in the file: the innermost dimension first. */
  readonly dimensions: readonly number[];
  readonly type: number;
  readonly offset: number;
}

export interface GgufFile {
  readonly version?: number;
  readonly bigEndian?: boolean;
  readonly metadata?: readonly GgufEntry[];
  readonly tensors?: readonly GgufTensorEntry[];
  /** Counts that the file claims; those that it has when left out. */
  readonly tensorCount?: number;
  readonly entryCount?: number;
}

/** The bytes of a header, without padding behind it. */
export function ggufBytes({ version = 3, bigEndian = false, metadata = [], tensors = [], tensorCount, entryCount }: GgufFile): Uint8Array {
  const parts: Uint8Array[] = [];
  const little = !bigEndian;
  const number = (bytes: number, set: (view: DataView) => void): void => {
    const part = new Uint8Array(bytes);
    set(new DataView(part.buffer));
    parts.push(part);
  };
  const u32 = (value: number): void => number(4, (view) => view.setUint32(0, value, little));
  const u64 = (value: number): void => number(8, (view) => view.setBigUint64(0, BigInt(value), little));
  const length = version === 1 ? u32 : u64;
  const text = (value: string): void => {
    const bytes = new TextEncoder().encode(value);
    length(bytes.length);
    parts.push(bytes);
  };
  const array = (type: keyof typeof types, count: number): void => {
    u32(types[type]);
    length(count);
  };
  const writers: { readonly [T in GgufEntry['type']]: (value: Extract<GgufEntry, { type: T }>['value']) => void } = {
    u32,
    u64,
    text,
    i32: (value) => number(4, (view) => view.setInt32(0, value, little)),
    f32: (value) => number(4, (view) => view.setFloat32(0, value, little)),
    bool: (value) => number(1, (view) => view.setUint8(0, value)),
    texts(value) {
      array('text', value.length);
      value.forEach(text);
    },
    u32s(value) {
      array('u32', value.length);
      value.forEach(u32);
    },
    zeros(count) {
      array('u32', count);
      parts.push(new Uint8Array(count * 4));
    },
  };
  parts.push(new TextEncoder().encode('GGUF'));
  u32(version);
  length(tensorCount ?? tensors.length);
  length(entryCount ?? metadata.length);
  for (const entry of metadata) {
    text(entry.key);
    u32(types[entry.type]);
    writers[entry.type](entry.value as never);
  }
  for (const { name, dimensions, type, offset } of tensors) {
    text(name);
    u32(dimensions.length);
    dimensions.forEach(length);
    u32(type);
    u64(offset);
  }
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
