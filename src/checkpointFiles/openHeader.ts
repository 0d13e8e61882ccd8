import {
  modelFromHeader,
  readGgufHeader,
  readSafetensorsHeader,
  type GgufHeader,
  type HeaderModel,
  type Problem,
  type SafetensorsHeader,
} from '../engine/index';
import { partsOf } from './find';
import type { CheckpointFolder } from './folder';
import { look, readHeader } from './readHeader';
import { textPieces } from './textPieces';

export interface OpenedHeader {
  readonly model: HeaderModel;
  /** Files that were read: the one that was asked for, or all its parts. */
  readonly files: readonly string[];
  /** What is wrong with them, although they could be read. */
  readonly problems: readonly Problem[];
}

/** Whether a file is one whose header can be opened, by its name. */
export const hasHeader = (name: string): boolean => /\.(gguf|safetensors)$/i.test(name);

/** Opens the header of a file as a model; of a file that is one of several parts, those of all that are there. */
export async function openHeader(folder: CheckpointFolder, name: string): Promise<OpenedHeader | { readonly problem: Problem }> {
  const headers: (GgufHeader | SafetensorsHeader)[] = [];
  const files: string[] = [];
  const problems: Problem[] = [];
  const parts = partsOf(name) ?? [name];
  for (const part of parts) {
    const looked = await look(folder, part);
    if (looked.kind === 'unreadable') return { problem: looked.problem };
    if (looked.kind === 'pointer') return { problem: { code: 'lfs-pointer', values: { file: part, bytes: looked.bytes } } };
    if (looked.kind === 'absent') {
      if (part === name) return { problem: { code: 'missing-file', values: { file: part } } };
      continue;
    }
    const header = /\.gguf$/i.test(part)
      ? await readHeader(folder, part, readGgufHeader(looked.bytes))
      : await readHeader(folder, part, readSafetensorsHeader(looked.bytes, textPieces()));
    if (header.kind === 'unreadable') return { problem: { code: header.problem.code, values: { ...header.problem.values, file: part } } };
    headers.push(header);
    files.push(part);
    problems.push(...header.problems.map(({ code, values }): Problem => ({ code, values: { ...values, file: part } })));
  }
  if (files.length < parts.length) problems.push({ code: 'parts-missing', values: { expected: parts.length, found: files.length } });
  return { model: modelFromHeader(headers, parts.length - files.length), files, problems };
}
