import type { ExpectedTensor } from './expected';
import type { FoundFiles } from './found';
import { maxDifferences } from './limits';
import type { Container, Difference, DifferenceKind, Proof, ProofNote } from './proof';
import type { Problem } from './reading';

/** Where a comparison writes down what it sees. */
export interface Ledger {
  /** Tensors that both have. */
  compared: number;
  /** Tensors that stand under an older name. */
  legacy: number;
  /** Differences so far. */
  readonly differences: number;
  readonly notes: ProofNote[];
  expect(tensor: ExpectedTensor): void;
  /** A tensor that stands in a file which could not be looked into. */
  unseen(tensor: ExpectedTensor, file: number): void;
  /** Takes the files' own length of a text for the estimate. */
  take(tensor: ExpectedTensor, bytes: number): void;
  /** The files have not this tensor; `twin` stands there, and it would be tied to it. */
  lack(tensor: ExpectedTensor, name: string, twin: string | undefined): void;
  add(difference: Difference): void;
  fileName(file: number): string;
  close(more: { readonly container: Container; readonly expected: number; readonly notes: readonly ProofNote[] }): Proof;
}

/** Bytes by which a text of data-dependent length may differ from its estimate: two digits of a number. */
const textTolerance = 2;

export function ledger({ files, tensors, totalSize, notInFile, notInIndex, twice, types }: FoundFiles): Ledger {
  const kept = new Map<DifferenceKind, Difference[]>();
  const counts: Partial<Record<DifferenceKind, number>> = {};
  const text = { tensors: 0, estimated: 0, bytes: 0 };
  const notes: ProofNote[] = [];
  /** Bytes that files which were not looked into should hold. */
  const unseen = files.map(() => 0);
  let expectedBytes = 0;
  let differences = 0;

  const add = (difference: Difference): void => {
    const { kind } = difference;
    differences++;
    counts[kind] = (counts[kind] ?? 0) + 1;
    const known = kept.get(kind);
    if (!known) kept.set(kind, [difference]);
    else if (known.length < maxDifferences) known.push(difference);
  };

  const self: Ledger = {
    compared: 0,
    legacy: 0,
    get differences() {
      return differences;
    },
    notes,
    expect(tensor) {
      expectedBytes += tensor.bytes;
      if (!tensor.text) return;
      text.tensors++;
      text.estimated += tensor.bytes;
      text.bytes += tensor.bytes;
    },
    unseen(tensor, file) {
      unseen[file] = (unseen[file] ?? 0) + tensor.bytes;
    },
    take(tensor, bytes) {
      expectedBytes += bytes - tensor.bytes;
      text.bytes += bytes - tensor.bytes;
    },
    lack(tensor, name, twin) {
      self.expect(tensor);
      const { dtype, shape, bytes } = tensor;
      const expected = { dtype, shape, bytes };
      add({
        kind: twin === undefined ? 'missing' : 'tied-missing',
        name,
        expected,
        bytes: -bytes,
        ...(twin !== undefined && { tiedTo: twin }),
      });
    },
    add,
    fileName: (file) => files[file]?.name ?? '',
    close({ container, expected, notes: more }) {
      const basis = files.some(({ state }) => state === 'read') ? 'headers' : totalSize === undefined ? 'names' : 'index';
      const found = basis === 'headers' ? headerBytes() : (totalSize ?? null);
      if (basis === 'index' && found !== null) reconcile(found);
      if (text.tensors > 0) notes.push({ code: 'text', ...text });
      if (self.legacy > 0) notes.push({ code: 'legacy-names', tensors: self.legacy });
      const pointers = files.filter(({ state }) => state === 'pointer');
      if (pointers.length > 0)
        notes.push({ code: 'lfs-pointers', files: pointers.length, bytes: pointers.reduce((sum, file) => sum + file.bytes, 0) });
      const differs = differences > 0;
      const problem: Problem | undefined = basis === 'names' && !differs ? { code: 'no-sizes', values: {} } : undefined;
      return {
        status: problem ? 'unreadable' : differs ? 'differs' : 'verified',
        container,
        files: files.map(({ name }) => name),
        basis,
        bytesExpected: expectedBytes,
        bytesFound: found,
        off: found === null ? null : found - expectedBytes,
        tensorsExpected: expected,
        tensorsFound: tensors.size,
        tensorsCompared: self.compared,
        counts,
        differences: chosen(kept),
        notes: [...more, ...notes],
        types,
        ...(problem && { problem }),
      };
    },
  };
  return self;

  /** Bytes that the files hold by their headers; those that are not there hold none. Notes what is wrong with the files. */
  function headerBytes(): number {
    let bytes = 0;
    for (const sum of Object.values(types)) bytes += sum.bytes;
    const whole = files.every(({ state }) => state === 'read');
    if (whole && totalSize !== undefined && totalSize !== bytes) notes.push({ code: 'index-total', written: totalSize, found: bytes });
    for (const name of notInFile) add({ kind: 'not-in-file', name, bytes: 0 });
    for (const { name, file } of notInIndex) add({ kind: 'not-in-index', name, file: self.fileName(file), bytes: 0 });
    for (const tensor of twice) add({ kind: 'twice', name: tensor.name, file: self.fileName(tensor.file), bytes: tensor.bytes });
    for (const [at, { name, state, problems }] of files.entries()) {
      if (state !== 'read') add({ kind: 'missing-file', name, bytes: 0 - (unseen[at] ?? 0) });
      for (const { code, values } of problems) {
        const over = code === 'data-cut' ? -Number(values['missing']) : Number(values['extra']);
        bytes += over;
        add({ kind: code === 'data-cut' ? 'cut-file' : 'long-file', name, file: name, bytes: over });
      }
    }
    return bytes;
  }

  /** Holds the sum of an index against what is expected, give or take the lengths of texts. */
  function reconcile(total: number): void {
    const off = total - expectedBytes;
    if (off !== 0 && text.tensors > 0 && Math.abs(off) <= textTolerance * text.tensors) {
      expectedBytes = total;
      text.bytes += off;
    } else if (off !== 0) add({ kind: 'total-size', name: files[0]?.name ?? '', bytes: off });
  }
}

/** The first differences, every kind among them. */
function chosen(kept: ReadonlyMap<DifferenceKind, readonly Difference[]>): readonly Difference[] {
  const each = Math.max(1, Math.floor(maxDifferences / Math.max(1, kept.size)));
  let spare = maxDifferences - [...kept.values()].reduce((sum, list) => sum + Math.min(each, list.length), 0);
  return [...kept.values()].flatMap((list) => {
    const more = Math.max(0, Math.min(spare, list.length - each));
    spare -= more;
    return list.slice(0, each + more);
  });
}
