import { typeSums, type FoundFile, type FoundFiles, type FoundTensors, type UnseenTensor } from './found';
import { tensorsPerSlice } from './limits';
import type { PlacedTensor } from './tensors';
import type { ShardIndex } from './shardIndex';

/** A file that was looked for: what its header says, where it could be read. */
export interface LookedFile extends FoundFile {
  /** By name; `file` is the position of this file among all. */
  readonly tensors: ReadonlyMap<string, PlacedTensor>;
}

/**
 * Puts together what the files of one checkpoint say, and the index where there is one: tensors of files that were read are
 * what stands in them, those of the others are what the index says. Yields as `compareTensors` does.
 *
 * @param files in the order of the index's own
 */
export function* gatherFiles(index: ShardIndex | undefined, files: readonly LookedFile[]): Generator<void, FoundFiles, undefined> {
  const notInIndex: PlacedTensor[] = [];
  const notInFile: string[] = [];
  const twice: PlacedTensor[] = [];
  const { sums: types, add } = typeSums();
  const merged = index || files.length === 1 ? undefined : new Map<string, PlacedTensor>();
  let seen = 0;
  for (const [file, { tensors: own }] of files.entries())
    for (const [name, tensor] of own) {
      if (++seen % tensorsPerSlice === 0) yield;
      add(tensor.dtype, tensor.bytes);
      if (merged) {
        if (merged.has(name)) twice.push(tensor);
        merged.set(name, tensor);
      } else if (index) {
        const placed = index.fileOf.get(name);
        if (placed === file) continue;
        if (placed !== undefined && files[placed]?.tensors.has(name)) twice.push(tensor);
        else notInIndex.push(tensor);
      }
    }
  const anyRead = files.some(({ state }) => state === 'read');
  const elsewhere = new Map(notInIndex.map((tensor) => [tensor.name, tensor]));
  for (const [name, file] of anyRead && index ? index.fileOf : []) {
    if (++seen % tensorsPerSlice === 0) yield;
    if (files[file]?.state === 'read' && !files[file].tensors.has(name) && !elsewhere.has(name)) notInFile.push(name);
  }
  const tensors = index ? indexed(index, files, elsewhere, notInFile) : byName(merged ?? files[0]?.tensors ?? new Map());
  return { files, tensors, totalSize: index?.totalSize, notInIndex, notInFile, twice, types };
}

const byName = (tensors: ReadonlyMap<string, PlacedTensor>): FoundTensors => ({
  size: tensors.size,
  get: (name) => tensors.get(name),
  names: () => tensors.keys(),
});

/**
 * What an index says, and the files that it names where they were read. Nothing is copied: there may be half a million names.
 * @param elsewhere tensors that stand in another file than the index says, or that it does not name
 * @param nowhere names of the index that no file holds
 */
function indexed(
  { fileOf }: ShardIndex,
  files: readonly LookedFile[],
  elsewhere: ReadonlyMap<string, PlacedTensor>,
  nowhere: readonly string[],
): FoundTensors {
  const unread = files.map((_, file): UnseenTensor => ({ file }));
  const added = [...elsewhere.keys()].filter((name) => !fileOf.has(name));
  return {
    size: fileOf.size - nowhere.length + added.length,
    get(name) {
      const file = fileOf.get(name);
      if (file === undefined) return elsewhere.get(name);
      return files[file]?.state === 'read' ? (files[file].tensors.get(name) ?? elsewhere.get(name)) : unread[file];
    },
    *names() {
      yield* fileOf.keys();
      yield* added;
    },
  };
}
