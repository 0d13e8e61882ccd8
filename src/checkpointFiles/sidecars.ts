import { parseSidecars, sidecarFiles, type SidecarFile, type Sidecars } from '../engine/index';
import type { CheckpointFolder } from './folder';
import { readText } from './readText';

export interface FoundSidecars {
  readonly sidecars: Sidecars;
  /** Those that are there and say nothing: they cannot be read, or hold no JSON object. */
  readonly unreadable: readonly SidecarFile[];
}

/** What other files of a folder say of the quantization of its model. */
export async function readSidecars(folder: CheckpointFolder): Promise<FoundSidecars> {
  const texts: Partial<Record<SidecarFile, string>> = {};
  const failed: SidecarFile[] = [];
  for (const name of Object.values(sidecarFiles)) {
    const text = await readText(folder, name);
    if (typeof text === 'string') texts[name] = text;
    else if (text.code !== 'missing-file') failed.push(name);
  }
  const { sidecars, unreadable } = parseSidecars(texts);
  return { sidecars, unreadable: [...failed, ...unreadable] };
}
