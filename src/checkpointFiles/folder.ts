/**
 * The files of a checkpoint, wherever they lie: on disk, behind an editor's file system, or on a server. Whoever has them
 * serves ranges of them; nothing here asks for a whole file of weights.
 */
export interface CheckpointFolder {
  /** Names of the files directly in it. */
  list(): Promise<readonly string[]>;
  /** Bytes of a file, links followed; or why there are none. */
  size(name: string): Promise<number | 'absent' | 'not-a-file'>;
  /** Those bytes of a file; fewer only where it ends before. May reject, with a message for people. */
  read(name: string, offset: number, length: number): Promise<Uint8Array>;
  /** Lets others run; called between slices of work. */
  pause(): Promise<void>;
}
