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
  type ProofNote,
  type ShardIndex,
} from '../engine/index';
import type { FoundCheckpoint } from './find';
import type { CheckpointFolder } from './folder';
import { inSlices, look, readHeader } from './readHeader';
import { textPieces } from './textPieces';

/** A file that says of itself that it holds no model. */
export interface OtherFile {
  readonly file: string;
  /** In its own word: `imatrix`, `adapter`, `mmproj`. */
  readonly holds: string;
}

export interface Proofs {
  /** One per checkpoint. */
  readonly proofs: readonly Proof[];
  readonly others: readonly OtherFile[];
}

/** Holds checkpoints of a folder against what a config says. Never rejects: what cannot be read is a proof's problem. */
export async function proveAll(analysis: Analysis, folder: CheckpointFolder, found: readonly FoundCheckpoint[]): Promise<Proofs> {
  const proofs: Proof[] = [];
  const others: OtherFile[] = [];
  for (const each of found) {
    const proof = each.container === 'gguf' ? await proveGguf(analysis, folder, each) : await proveTensors(analysis, folder, each);
    if ('holds' in proof) others.push(proof);
    else proofs.push(proof);
  }
  return { proofs, others };
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
  const whole = found.files[0];
  const beside = index && whole !== undefined && index.files.some((file) => file !== whole) ? noteOf(index, found.index, whole) : undefined;
  if (beside) index = undefined;
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
  if (beside) return { ...proof, notes: [beside, ...proof.notes] };
  return found.index === undefined ? proof : { ...proof, files: [found.index, ...proof.files] };
}

/** An index that leads away from the one file that transformers reads. */
function noteOf({ files }: ShardIndex, index = '', whole: string): ProofNote {
  const others = files.filter((file) => file !== whole);
  return { code: 'index-beside', index, files: others.length, first: others[0] ?? '' };
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

async function proveGguf(analysis: Analysis, folder: CheckpointFolder, { files: names }: FoundCheckpoint): Promise<Proof | OtherFile> {
  const files: LookedFile[] = [];
  let first: GgufHeader | undefined;
  for (const name of names) {
    const looked = await look(folder, name);
    if (looked.kind === 'unreadable') return noProof(analysis, 'gguf', names, looked.problem);
    if (looked.kind === 'file') {
      const header = await readHeader(folder, name, readGgufHeader(looked.bytes, files.length));
      if (header.kind === 'unreadable') return noProof(analysis, 'gguf', names, inFile(header.problem, name));
      const holds = otherThanModel(header);
      if (holds !== undefined) return { file: name, holds };
      first ??= header;
      files.push({ name, state: 'read', bytes: looked.bytes, problems: header.problems, tensors: header.tensors });
    } else files.push({ name, state: looked.kind, bytes: looked.kind === 'pointer' ? looked.bytes : 0, problems: [], tensors: new Map() });
  }
  if (!first) return noProof(analysis, 'gguf', names, standIn(files[0]));
  const gathered = await inSlices(folder, gatherFiles(undefined, files));
  return inSlices(folder, compareGguf(analysis, gathered, first.metadata));
}

/** What a GGUF file holds by its own word, where that is no model (gguf-py/gguf/constants.py, GGUFType; `clip` before it had a type). */
function otherThanModel({ metadata }: GgufHeader): string | undefined {
  const type = metadata.get('general.type');
  if (typeof type === 'string' && type !== '' && type !== 'model') return type;
  return metadata.get('general.architecture') === 'clip' ? 'mmproj' : undefined;
}

/** What stands where a file should be. */
const standIn = (file: Pick<LookedFile, 'name' | 'state' | 'bytes'> | undefined): Problem =>
  file?.state === 'pointer'
    ? { code: 'lfs-pointer', values: { file: file.name, bytes: file.bytes } }
    : { code: 'missing-file', values: { file: file?.name ?? '' } };

const inFile = ({ code, values }: Problem, file: string): Problem => ({ code, values: { ...values, file } });
