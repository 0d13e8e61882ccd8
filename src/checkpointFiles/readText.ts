import type { Problem } from '../engine/index';
import { maxTextLength } from '../engine/limits';
import type { CheckpointFolder } from './folder';
import { failed, look } from './readHeader';

/** Bytes that are read of one text at most: no longer one has fewer characters than the engine's limit. */
const maxBytes = maxTextLength * 3;

/** A text file of a folder, UTF-8 or by its byte-order mark UTF-16; or why there is none. */
export async function readText(folder: CheckpointFolder, name: string): Promise<string | Problem> {
  const looked = await look(folder, name);
  if (looked.kind === 'absent') return { code: 'missing-file', values: { file: name } };
  if (looked.kind === 'pointer') return { code: 'lfs-pointer', values: { file: name, bytes: looked.bytes } };
  if (looked.kind === 'unreadable') return looked.problem;
  if (looked.bytes > maxBytes) return { code: 'header-too-large', values: { file: name, bytes: looked.bytes, limit: maxBytes } };
  try {
    const bytes = await folder.read(name, 0, looked.bytes);
    return new TextDecoder(bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : 'utf-8').decode(bytes);
  } catch (error) {
    return failed(name, error).problem;
  }
}
