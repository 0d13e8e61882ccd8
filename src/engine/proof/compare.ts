import type { Analysis } from '../analysis';
import type { CheckpointHints } from '../quantization/checkpoint';
import { keptDtype } from '../quantization/storage';
import type { CacheDtype } from '../units/dtypes';
import { expectedTensors, tiedNames, unloadedNames, writersOf, type ExpectedTensor, type Form } from './expected';
import { formsIn } from './forms';
import type { FoundFiles, FoundTensor } from './found';
import { tensorsPerSlice } from './limits';
import { isRecomputed, legacyName, namingOf, type Naming } from './names';
import { ledger, type Ledger } from './ledger';
import { differencesIn, type Container, type Proof, type ProofNote, type TensorFacts } from './proof';
import type { FileTensor } from './tensors';

/** Expected names that decide how the files name theirs: the first of each kind, and no more than this. */
const sampleSize = 400;

/**
 * Holds the tensors that a config describes against those of the files, one by one: names, types, shapes, bytes, and what is
 * tied. Yields every few thousand tensors, so that a caller can let others run; the result comes at the end.
 *
 * Where several writers store what the config says, and the files are not as expected, they are held against the others in
 * turn: the one that leaves the fewest differences is their writer, the expected one where none leaves fewer. Every difference
 * from that writer's files is in the proof. An attempt ends as soon as it has as many differences as the best so far. A config
 * that names no dtype is held against them at the dtype that they have.
 */
export function* compareTensors(
  config: Analysis,
  files: FoundFiles,
  container: Container,
  given: CheckpointHints = {},
): Generator<void, Proof, undefined> {
  const dtype = dtypeIn(config, files, given);
  const analysis = dtype === undefined ? config : { ...config, dtype: { value: dtype, assumed: true } };
  const told = given.writer ?? analysis.sidecars.told?.writer;
  let best = (yield* compareAs(analysis, files, container, given)) as Proof; // without a limit, there is one
  const [assumed, ...others] = told !== undefined || differencesIn(best) > 0 ? writersOf(analysis, given) : [];
  let writer = assumed === told ? told : undefined;
  for (const other of others) {
    const least = differencesIn(best);
    if (least === 0) break;
    const found = yield* compareAs(analysis, files, container, { ...given, writer: other }, least);
    if (found) [best, writer] = [found, other];
  }
  return {
    ...best,
    ...(writer !== undefined && { writer }),
    ...(dtype !== undefined && { dtype }),
    notes: [
      ...(dtype === undefined ? [] : [{ code: 'dtype', dtype } as const]),
      ...(writer === undefined ? [] : [{ code: 'writer', writer } as const]),
      ...best.notes.filter(({ code }) => dtype === undefined || code !== 'approximate'),
    ],
  };
}

/** Types that plain weights may have, by their names in the files. */
const plainTypes: Readonly<Record<string, CacheDtype>> = { F64: 'fp64', F32: 'fp32', F16: 'fp16', BF16: 'bf16' };

/** The type of what is not quantized in the files, where the config names none: that of the most kinds of tensors. */
function dtypeIn(analysis: Analysis, files: FoundFiles, given: CheckpointHints): CacheDtype | undefined {
  if (!analysis.dtype.assumed) return undefined;
  const kept = keptDtype(analysis.dtype.value);
  const naming = namingOf(sampleOf(analysis, given), (name) => files.tensors.get(name) !== undefined);
  const votes = new Map<CacheDtype, number>();
  const seen = new Set<string>();
  let left = 50 * sampleSize;
  for (const { name, dtype } of expectedTensors(analysis, given, formIn(files, naming))) {
    if (--left <= 0) break;
    const kind = name.replace(/\.\d+(?=\.|$)/g, '.#');
    if (dtype !== kept || seen.has(kind)) continue;
    seen.add(kind);
    const found = plainTypes[files.tensors.get(naming.toFile(name))?.dtype ?? ''];
    if (found) votes.set(found, (votes.get(found) ?? 0) + 1);
  }
  return [...votes].sort((a, b) => b[1] - a[1])[0]?.[0];
}

/** A comparison with the files of one writer; `undefined`, and no longer than needed, where there are `limit` differences. */
function* compareAs(
  analysis: Analysis,
  files: FoundFiles,
  container: Container,
  given: CheckpointHints,
  limit = Infinity,
): Generator<void, Proof | undefined, undefined> {
  const book = ledger(files);
  const naming = namingOf(sampleOf(analysis, given), (name) => files.tensors.get(name) !== undefined);
  const hints = withUnloaded(analysis, files, naming, given, book);
  let reformed = false;
  const form = formIn(files, naming, () => (reformed = true));
  const tied = aliases(analysis, naming);
  // Names that are used otherwise than as expected; the others are their own proof, and there may be half a million.
  const used = new Set<string>();
  let direct = 0;
  let seen = 0;
  let count = 0;
  for (const expected of expectedTensors(analysis, hints, form)) {
    count++;
    if (++seen % tensorsPerSlice === 0) yield;
    if (book.differences >= limit) return undefined;
    const name = naming.toFile(expected.name);
    const others = tied.get(name) ?? [];
    const own = files.tensors.get(name);
    const legacy = own ? undefined : legacyName(name);
    const found = own ?? (legacy === undefined ? undefined : files.tensors.get(legacy));
    if (found) {
      if (own) direct++;
      else if (legacy !== undefined) {
        used.add(legacy);
        book.legacy++;
      }
      compareOne(book, expected, name, found);
      for (const other of others) {
        const twin = used.has(other) ? undefined : files.tensors.get(other);
        if (!twin) continue;
        used.add(other);
        book.add({ kind: 'tied-stored', name: other, tiedTo: name, ...foundIn(files, twin), bytes: bytesOf(twin) });
      }
      continue;
    }
    const alias = others.find((other) => files.tensors.get(other));
    const twin = alias === undefined ? undefined : files.tensors.get(alias);
    if (alias !== undefined && twin) {
      used.add(alias);
      book.notes.push({ code: 'tied-alias', name, found: alias });
      compareOne(book, expected, alias, twin);
    } else book.lack(expected, name, twinOf(analysis, expected, naming, files));
  }
  const extra = files.tensors.size - direct - used.size;
  if (book.differences + extra >= limit) return undefined;
  if (extra > 0) {
    for (const { name } of expectedTensors(analysis, hints, form)) {
      if (++seen % tensorsPerSlice === 0) yield;
      used.add(naming.toFile(name));
    }
    const unloaded = new Set<string>();
    for (const name of unloadedNames(analysis)) unloaded.add(naming.toFile(name));
    for (const name of files.tensors.names()) {
      if (++seen % tensorsPerSlice === 0) yield;
      const found = used.has(name) ? undefined : files.tensors.get(name);
      if (!found) continue;
      const why = isRecomputed(name) ? 'recomputed' : unloaded.has(name) ? 'unloaded' : undefined;
      book.add({ kind: 'extra', name, ...foundIn(files, found), bytes: bytesOf(found), ...(why && { why }) });
    }
  }
  const proof = book.close({ container, expected: count, notes: notesOf(analysis, naming, reformed) });
  return differencesIn(proof) < limit ? proof : undefined;
}

/**
 * Publishers' files hold layers that predict further tokens; those that transformers saved do not, since its classes never
 * load them. Which of the two these are, only the files can tell.
 */
function withUnloaded(analysis: Analysis, files: FoundFiles, naming: Naming, hints: CheckpointHints, book: Ledger): CheckpointHints {
  const { unloadedBytes } = analysis.checkpoint.extras;
  if (unloadedBytes === 0) return hints;
  for (const name of unloadedNames(analysis)) {
    const stem = naming.toFile(name).replace(/weight$/, '');
    if (files.tensors.get(naming.toFile(name)) ?? files.tensors.get(`${stem}qweight`) ?? files.tensors.get(`${stem}weight_packed`))
      return hints;
  }
  book.notes.push({ code: 'unloaded-absent', bytes: unloadedBytes });
  return { ...hints, unloaded: { entries: [], states: [] } };
}

/** The forms in which the files hold tensors, under their way of naming. */
const formIn =
  (files: FoundFiles, naming: Naming, note?: () => void): Form =>
  (entries, mlx) => {
    const formed = formsIn(entries, (name) => files.tensors.get(naming.toFile(name)), mlx);
    if (formed.some(({ entry, own }) => entry !== own[0])) note?.();
    return formed;
  };

function sampleOf(analysis: Analysis, hints: CheckpointHints): readonly string[] {
  const kinds = new Map<string, string>();
  let left = 50 * sampleSize;
  for (const { name } of expectedTensors(analysis, hints)) {
    const kind = name.replace(/\.\d+(?=\.|$)/g, '.#');
    if (!kinds.has(kind)) kinds.set(kind, name);
    if (kinds.size >= sampleSize || --left <= 0) break;
  }
  return [...kinds.values()];
}

/** By the name under which a tied tensor is expected: its other names, all as in the files. */
function aliases(analysis: Analysis, naming: Naming): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const { name, tiedTo } of tiedNames(analysis)) {
    const key = naming.toFile(tiedTo);
    const known = found.get(key);
    if (known) known.push(naming.toFile(name));
    else found.set(key, [naming.toFile(name)]);
  }
  return found;
}

/** The embedding that a head which the files lack would be tied to: of the same shape, and there. */
function twinOf(
  { inventory }: Analysis,
  { name: head, role, shape }: ExpectedTensor,
  naming: Naming,
  files: FoundFiles,
): string | undefined {
  if (role !== 'head' || !inventory.entries.some(({ name }) => name === head)) return undefined;
  const embedding = inventory.entries.find((entry) => entry.role === 'embedding' && sameShape(entry.shape, shape));
  const name = embedding && naming.toFile(embedding.name);
  return name !== undefined && files.tensors.get(name) ? name : undefined;
}

/** Holds a tensor of the files, which stands there as `name`, against the expected one. */
export function compareOne(book: Ledger, expected: ExpectedTensor, name: string, found: FoundTensor): void {
  book.compared++;
  book.expect(expected);
  if (found.dtype === undefined) return book.unseen(expected, found.file);
  if (expected.text && found.dtype === expected.dtype && found.shape.length === 1) return book.take(expected, found.bytes);
  const kind = found.dtype !== expected.dtype ? 'dtype' : sameShape(found.shape, expected.shape) ? undefined : 'shape';
  if (kind === undefined) return;
  const bytes = found.bytes - expected.bytes;
  book.add({ kind, name, file: book.fileName(found.file), expected: factsOf(expected), found: factsOf(found), bytes });
}

const bytesOf = (found: FoundTensor): number => (found.dtype === undefined ? 0 : found.bytes);

export function foundIn(files: FoundFiles, found: FoundTensor): { file?: string; found?: TensorFacts } {
  const name = files.files[found.file]?.name;
  return { ...(name !== undefined && { file: name }), ...(found.dtype !== undefined && { found: factsOf(found) }) };
}

const factsOf = ({ dtype, shape, bytes }: FileTensor): TensorFacts => ({ dtype, shape, bytes });

const sameShape = (a: readonly number[], b: readonly number[]): boolean => a.length === b.length && a.every((side, at) => side === b[at]);

function notesOf({ basis, checkpoint }: Analysis, naming: Naming, reformed: boolean): readonly ProofNote[] {
  const notes: ProofNote[] = [];
  if (naming.prefix) notes.push({ code: 'prefix', ...naming.prefix });
  if (naming.renamed) notes.push({ code: 'renamed-parts' });
  if (reformed) notes.push({ code: 'other-forms' });
  if (checkpoint.basis.kind === 'approximate')
    notes.push({ code: 'approximate', reasons: [...new Set([...basis.reasons, ...checkpoint.basis.reasons])] });
  return notes;
}
