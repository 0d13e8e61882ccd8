/** How headers are read: the reader says which bytes of the file it wants next, whoever drives it brings them. */

/** Bytes of a file, from `offset` on. */
export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

/** A reader that asks for ranges of its file; the answer to each is exactly that many bytes. Between two ranges others may run. */
export type Reading<T> = Generator<ByteRange, T, Uint8Array>;

/** Bytes that are asked for at first, and at most, at a time. */
const firstChunk = 1 << 18;
const largestChunk = 1 << 21;

/** What is wrong with a file, as data; `values` fill the sentence. */
export interface Problem {
  readonly code: ProblemCode;
  readonly values: Readonly<Record<string, string | number>>;
}

export type ProblemCode =
  /** values: file. */
  | 'missing-file'
  | 'not-a-file'
  /** values: file, message. */
  | 'read-failed'
  /** values: file, bytes (of the real file). A Git LFS pointer stands in its place. */
  | 'lfs-pointer'
  /** values: bytes (of the file). It ends before its header does. */
  | 'header-cut'
  /** values: bytes, limit. */
  | 'header-too-large'
  | 'not-utf8'
  /** values: at (characters from the start). */
  | 'not-json'
  /** values: at (characters from the start), limit. A name or an entry that is longer than any, whatever it holds. */
  | 'text-too-long'
  /** values: limit. */
  | 'too-many-tensors'
  /** values: name. */
  | 'duplicate-tensor'
  /** values: name. Its entry has not the dtype, shape and offsets that it should. */
  | 'bad-tensor'
  /** values: name, rank, limit. */
  | 'too-many-dimensions'
  /** values: name, dtype, elements, bits (of an element). They fill no whole bytes. */
  | 'part-of-a-byte'
  /** values: name, dtype. */
  | 'unknown-dtype'
  /** values: name. Its shape has more elements than a number counts exactly. */
  | 'shape-too-large'
  /** values: name, expected, found (bytes): dtype × shape against offsets. */
  | 'size-mismatch'
  /** values: name. Its data does not follow the tensor before. */
  | 'bad-offset'
  /** values: missing (bytes). The file ends before its data does. */
  | 'data-cut'
  /** values: extra (bytes). */
  | 'data-beyond'
  | 'not-gguf'
  /** values: version. */
  | 'gguf-version'
  /** values: bytes, limit. A name or key that is longer than any. */
  | 'gguf-name'
  /** values: found, limit. */
  | 'gguf-entries'
  /** values: key, length. */
  | 'gguf-array'
  /** values: key. */
  | 'gguf-metadata'
  /** values: alignment. */
  | 'gguf-alignment'
  /** values: name. A file of the index that is no plain name in the same folder. */
  | 'bad-file-name'
  /** values: limit. */
  | 'too-many-files'
  | 'no-weight-map'
  /** values: file. Weights in a pickle without an index: to read one is to run it. */
  | 'pickled'
  /** values: expected (parts), found. */
  | 'parts-missing'
  /** values: message: what the config itself lacks. */
  | 'no-model'
  | 'no-config'
  | 'no-checkpoint'
  /** Names can be compared, but nothing tells how many bytes there are. */
  | 'no-sizes';

/** Ends a reading; `attempt` turns it into a value. */
class Refusal extends Error {
  constructor(readonly problem: Problem) {
    super(problem.code);
  }
}

export function refuse(code: ProblemCode, values: Problem['values'] = {}): never {
  throw new Refusal({ code, values });
}

export interface Unreadable {
  readonly kind: 'unreadable';
  readonly problem: Problem;
}

/** Runs a reading to its end; a refusal becomes its result. */
export function* attempt<T>(reading: Reading<T>): Reading<T | Unreadable> {
  try {
    return yield* reading;
  } catch (error) {
    if (error instanceof Refusal) return { kind: 'unreadable', problem: error.problem };
    throw error;
  }
}

export interface Cursor {
  /** Where in the file it stands. */
  readonly at: number;
  /** Whether that many bytes can be read without asking for more. */
  has(length: number): boolean;
  /** Makes that many bytes readable, or refuses a file that ends before them. */
  fill(length: number): Reading<void>;
  /** Moves on, within the file; what lies between need not be read. */
  skip(length: number): void;
  bytes(length: number): Uint8Array;
  view(length: number): DataView;
}

/** A place in a file of `size` bytes, and the bytes around it that are there; ranges grow as it goes on, up to `limit`. */
export function cursorOver(size: number, limit = Infinity): Cursor {
  let start = 0;
  let held = new Uint8Array(0);
  let at = 0;
  let chunk = firstChunk;
  const has = (length: number): boolean => at >= start && at + length <= start + held.length;
  const within = (end: number): void => {
    if (end > size) refuse('header-cut', { bytes: size });
    if (end > limit) refuse('header-too-large', { bytes: end, limit });
  };
  const take = (length: number): number => {
    const from = at - start;
    at += length;
    return from;
  };
  return {
    get at() {
      return at;
    },
    has,
    *fill(length) {
      if (has(length)) return;
      within(at + length);
      const kept = at >= start && at < start + held.length ? held.subarray(at - start) : new Uint8Array(0);
      const offset = at + kept.length;
      const wanted = Math.min(size - offset, Math.max(chunk, length - kept.length));
      chunk = Math.min(largestChunk, chunk * 2);
      const more = yield { offset, length: wanted };
      const joined = new Uint8Array(kept.length + more.length);
      joined.set(kept);
      joined.set(more, kept.length);
      start = at;
      held = joined;
      if (!has(length)) refuse('header-cut', { bytes: offset + more.length });
    },
    skip(length) {
      within(at + length);
      at += length;
    },
    bytes: (length) => {
      const from = take(length);
      return held.subarray(from, from + length);
    },
    view: (length) => new DataView(held.buffer, held.byteOffset + take(length), length),
  };
}
