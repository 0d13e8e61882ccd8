import { typeSums, type FoundFile, type FoundFiles, type FoundTensor, type FoundTensors, type UnseenTensor } from './found';
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
  // One value for all tensors of a file that was not read: there may be hundreds of thousands.
  const unread = files.map((_, file): UnseenTensor => ({ file }));
  const totalSize = index?.totalSize;
  const twice: PlacedTensor[] = [];
  const { sums: types, add } = typeSums();
  const rest = { files, totalSize, notInIndex, notInFile, twice, types };
  if (index && files.every(({ state }) => state !== 'read')) return { ...rest, tensors: indexed(index, unread) };
  const tensors = new Map<string, FoundTensor>();
  let seen = 0;
  for (const [file, { tensors: own }] of files.entries())
    for (const [name, tensor] of own) {
      if (++seen % tensorsPerSlice === 0) yield;
      add(tensor.dtype, tensor.bytes);
      if (tensors.has(name)) twice.push(tensor);
      else if (index && index.fileOf.get(name) !== file) notInIndex.push(tensor);
      tensors.set(name, tensor);
    }
  for (const [name, file] of index?.fileOf ?? []) {
    if (++seen % tensorsPerSlice === 0) yield;
    if (files[file]?.state === 'read') {
      if (!tensors.has(name)) notInFile.push(name);
    } else if (!tensors.has(name)) tensors.set(name, unread[file] as UnseenTensor);
  }
  const found: FoundTensors = { size: tensors.size, get: (name) => tensors.get(name), names: () => tensors.keys() };
  return { ...rest, tensors: found };
}

/** What an index alone says. */
const indexed = ({ fileOf }: ShardIndex, unread: readonly UnseenTensor[]): FoundTensors => ({
  size: fileOf.size,
  get(name) {
    const file = fileOf.get(name);
    return file === undefined ? undefined : unread[file];
  },
  names: () => fileOf.keys(),
});
