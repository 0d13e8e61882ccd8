import { maxIndexBytes, maxNameLength, maxShards, maxTensors } from './limits';
import { memberReader } from './members';
import { attempt, cursorOver, refuse, type Reading, type Unreadable } from './reading';
import { isCount } from './tensors';
import { endText, textOf, type TextPieces } from './utf8';

/** `model.safetensors.index.json` or `pytorch_model.bin.index.json`: which file holds which tensor. */
export interface ShardIndex {
  readonly kind: 'index';
  /** Names of files, in order of appearance. */
  readonly files: readonly string[];
  /** Position in `files` by tensor. */
  readonly fileOf: ReadonlyMap<string, number>;
  /** `metadata.total_size`: bytes of all tensors as the writer counted them; undefined where it does not say. */
  readonly totalSize: number | undefined;
}

const piece = 1 << 19;

/**
 * Reads an index, whose form is that of transformers' save_pretrained (modeling_utils.py): `metadata` and `weight_map`.
 * Files must be plain names: an index leads nowhere out of its folder.
 *
 * @param size bytes of the file
 */
export const readShardIndex = (size: number, pieces: TextPieces): Reading<ShardIndex | Unreadable> => attempt(index(size, pieces));

function* index(size: number, pieces: TextPieces): Reading<ShardIndex> {
  if (size > maxIndexBytes) refuse('header-too-large', { bytes: size, limit: maxIndexBytes });
  const cursor = cursorOver(size);
  const files = new Map<string, number>();
  const fileOf = new Map<string, number>();
  let totalSize: number | undefined;
  const reader = memberReader(
    (key, within) => {
      if (within === undefined) return key === 'weight_map' || key === 'metadata' ? 'enter' : 'skip';
      return within === 'weight_map' || key === 'total_size' ? 'keep' : 'skip';
    },
    (key, value, within) => {
      if (within === 'metadata') {
        // A number with a fraction of zero, as some writers leave, is the same value.
        if (isCount(value)) totalSize = value;
        return;
      }
      if (typeof value !== 'string') return refuse('bad-tensor', { name: key });
      if (fileOf.has(key)) refuse('duplicate-tensor', { name: key });
      if (fileOf.size >= maxTensors) refuse('too-many-tensors', { limit: maxTensors });
      fileOf.set(key, place(files, value));
    },
  );
  for (let left = size; left > 0;) {
    const next = Math.min(left, piece);
    if (!cursor.has(next)) yield* cursor.fill(next);
    const text = textOf(pieces, cursor.bytes(next));
    reader.push(left === size && text.startsWith('\ufeff') ? text.slice(1) : text);
    left -= next;
  }
  endText(pieces);
  reader.end();
  if (fileOf.size === 0) refuse('no-weight-map');
  return { kind: 'index', files: [...files.keys()], fileOf, totalSize };
}

function place(files: Map<string, number>, name: string): number {
  const known = files.get(name);
  if (known !== undefined) return known;
  if (name.length > maxNameLength || name === '' || name.startsWith('.') || unsafe.test(name))
    refuse('bad-file-name', { name: name.slice(0, 200) });
  if (files.size >= maxShards) refuse('too-many-files', { limit: maxShards });
  const next = files.size;
  files.set(name, next);
  return next;
}

/** What no name of a file in the same folder has: separators of paths and of drives or streams, control characters. */
const unsafe = /[/\\:\u0000-\u001f\u007f]/;
