import { refuse, type Cursor, type Reading } from './reading';
import { decodeUtf8 } from './utf8';

/** The layout of one file's numbers: lengths take 4 bytes in version 1 and 8 since; version 3 may be big-endian (ggml docs/gguf.md). */
export interface Numbers {
  readonly wide: boolean;
  readonly little: boolean;
}

/** A length or count; past 2^53 no file can hold what it counts. */
export function* length(cursor: Cursor, { wide, little }: Numbers): Reading<number> {
  const bytes = wide ? 8 : 4;
  if (!cursor.has(bytes)) yield* cursor.fill(bytes);
  const view = cursor.view(bytes);
  return wide ? Number(view.getBigUint64(0, little)) : view.getUint32(0, little);
}

/** A string that is a name: refused when it is longer than any. */
export function* shortText(cursor: Cursor, numbers: Numbers, limit: number): Reading<string> {
  const bytes = yield* length(cursor, numbers);
  if (bytes > limit) refuse('gguf-name', { bytes, limit });
  if (!cursor.has(bytes)) yield* cursor.fill(bytes);
  return decodeUtf8(cursor.bytes(bytes));
}
