import { maxPointerBytes, pointedBytes, type Problem, type Reading, type Unreadable } from '../engine/index';
import type { CheckpointFolder } from './folder';

/** A file's size, or what stands in its place. */
export type Looked =
  | { readonly kind: 'file'; readonly bytes: number }
  | { readonly kind: 'absent' }
  | { readonly kind: 'pointer'; readonly bytes: number }
  | Unreadable;

/** Looks at a file without reading it, but for the few hundred bytes that could be a pointer of Git LFS. */
export async function look(folder: CheckpointFolder, name: string): Promise<Looked> {
  try {
    const bytes = await folder.size(name);
    if (bytes === 'absent') return { kind: 'absent' };
    if (bytes === 'not-a-file') return unreadable({ code: 'not-a-file', values: { file: name } });
    const pointed = bytes < maxPointerBytes ? pointedBytes(await folder.read(name, 0, bytes)) : undefined;
    return pointed === undefined ? { kind: 'file', bytes } : { kind: 'pointer', bytes: pointed };
  } catch (error) {
    return failed(name, error);
  }
}

/** Brings a reader the ranges that it asks for. */
export async function readHeader<T>(folder: CheckpointFolder, name: string, reading: Reading<T | Unreadable>): Promise<T | Unreadable> {
  try {
    let step = reading.next();
    while (!step.done) {
      const { offset, length } = step.value;
      const bytes = await folder.read(name, offset, length);
      await folder.pause();
      step = reading.next(bytes);
    }
    return step.value;
  } catch (error) {
    return failed(name, error);
  }
}

/** Runs slices of work to their end, and lets others run between them. */
export async function inSlices<T>(folder: CheckpointFolder, work: Generator<void, T, undefined>): Promise<T> {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
    await folder.pause();
  }
}

export const unreadable = (problem: Problem): Unreadable => ({ kind: 'unreadable', problem });

/** What a file system or a server said of a file that it should have read. */
export const failed = (file: string, error: unknown): Unreadable =>
  unreadable({ code: 'read-failed', values: { file, message: error instanceof Error ? error.message : String(error) } });
