import {
  compareGguf,
  compareTensors,
  gatherFiles,
  maxShards,
  noProof,
  readGgufHeader,
  readSafetensorsHeader,
  readShardIndex,
  type Analysis,
  type GgufHeader,
  type LookedFile,
  type Problem,
  type Proof,
  type ShardIndex,
} from '../engine/index';
import type { FoundCheckpoint } from './find';
import type { CheckpointFolder } from './folder';
import { inSlices, look, readHeader } from './readHeader';
import { textPieces } from './textPieces';

/** Holds one checkpoint of a folder against what a config says. Never rejects: what cannot be read is the proof's problem. */
export async function prove(analysis: Analysis, folder: CheckpointFolder, found: FoundCheckpoint): Promise<Proof> {
  return found.container === 'gguf' ? proveGguf(analysis, folder, found) : proveTensors(analysis, folder, found);
}

async function proveTensors(analysis: Analysis, folder: CheckpointFolder, found: FoundCheckpoint): Promise<Proof> {
  const { container } = found;
  const give = (files: readonly string[], problem: Problem): Proof => noProof(analysis, container, files, problem);
  let index: ShardIndex | undefined;
  if (found.index !== undefined) {
    const looked = await look(folder, found.index);
    if (looked.kind === 'unreadable') return give([found.index], looked.problem);
    if (looked.kind !== 'file')
      return give([found.index], standIn({ name: found.index, state: looked.kind, bytes: looked.kind === 'pointer' ? looked.bytes : 0 }));
    const read = await readHeader(folder, found.index, readShardIndex(looked.bytes, textPieces()));
    if (read.kind === 'unreadable') return give([found.index], inFile(read.problem, found.index));
    index = read;
  }
  const names = index?.files ?? found.files;
  if (names.length > maxShards) return give(names.slice(0, 1), { code: 'too-many-files', values: { limit: maxShards } });
  const files: LookedFile[] = [];
  for (const name of names) {
    const file = container === 'pytorch' ? await lookAtPickle(folder, name) : await lookInto(folder, name, files.length);
    if ('problem' in file) return give([...(found.index === undefined ? [] : [found.index]), name], file.problem);
    files.push(file);
  }
  if (index === undefined && files.every(({ state }) => state !== 'read')) {
    if (container === 'pytorch') return give(names, { code: 'pickled', values: { file: names[0] ?? '' } });
    return give(names, standIn(files[0]));
  }
  const gathered = await inSlices(folder, gatherFiles(index, files));
  const proof = await inSlices(folder, compareTensors(analysis, gathered, container));
  return found.index === undefined ? proof : { ...proof, files: [found.index, ...proof.files] };
}

/** The header of a safetensors file. */
async function lookInto(folder: CheckpointFolder, name: string, number: number): Promise<LookedFile | { readonly problem: Problem }> {
  const looked = await look(folder, name);
  if (looked.kind === 'unreadable') return { problem: looked.problem };
  if (looked.kind === 'absent') return { name, state: 'absent', bytes: 0, problems: [], tensors: new Map() };
  if (looked.kind === 'pointer') return { name, state: 'pointer', bytes: looked.bytes, problems: [], tensors: new Map() };
  const header = await readHeader(folder, name, readSafetensorsHeader(looked.bytes, textPieces(), number));
  if (header.kind === 'unreadable') return { problem: inFile(header.problem, name) };
  return { name, state: 'read', bytes: looked.bytes, problems: header.problems, tensors: header.tensors };
}

/** Pickles are never opened: to read one is to run it. */
async function lookAtPickle(folder: CheckpointFolder, name: string): Promise<LookedFile | { readonly problem: Problem }> {
  const looked = await look(folder, name);
  if (looked.kind === 'unreadable') return { problem: looked.problem };
  const state = looked.kind === 'file' ? 'closed' : looked.kind;
  return { name, state, bytes: looked.kind === 'absent' ? 0 : looked.bytes, problems: [], tensors: new Map() };
}

async function proveGguf(analysis: Analysis, folder: CheckpointFolder, { files: names }: FoundCheckpoint): Promise<Proof> {
  const files: LookedFile[] = [];
  let first: GgufHeader | undefined;
  for (const name of names) {
    const looked = await look(folder, name);
    if (looked.kind === 'unreadable') return noProof(analysis, 'gguf', names, looked.problem);
    if (looked.kind === 'file') {
      const header = await readHeader(folder, name, readGgufHeader(looked.bytes, files.length));
      if (header.kind === 'unreadable') return noProof(analysis, 'gguf', names, inFile(header.problem, name));
      first ??= header;
      files.push({ name, state: 'read', bytes: looked.bytes, problems: header.problems, tensors: header.tensors });
    } else files.push({ name, state: looked.kind, bytes: looked.kind === 'pointer' ? looked.bytes : 0, problems: [], tensors: new Map() });
  }
  if (!first) return noProof(analysis, 'gguf', names, standIn(files[0]));
  const gathered = await inSlices(folder, gatherFiles(undefined, files));
  return inSlices(folder, compareGguf(analysis, gathered, first.metadata));
}

/** What stands where a file should be. */
const standIn = (file: Pick<LookedFile, 'name' | 'state' | 'bytes'> | undefined): Problem =>
  file?.state === 'pointer'
    ? { code: 'lfs-pointer', values: { file: file.name, bytes: file.bytes } }
    : { code: 'missing-file', values: { file: file?.name ?? '' } };

const inFile = ({ code, values }: Problem, file: string): Problem => ({ code, values: { ...values, file } });
