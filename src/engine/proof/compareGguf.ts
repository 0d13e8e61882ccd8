import type { Analysis } from '../analysis';
import { fileTypes } from '../quantization/gguf/fileTypes';
import { wideEmbeddings } from '../quantization/gguf/publishers';
import { isPresetName } from '../quantization/presets';
import { censusOf, expectedGgufTensors, rulesOf, type ExpectedGgufTensor } from './expectedGguf';
import type { FoundFiles } from './found';
import { ggufFileType } from './ggufFileTypes';
import type { GgufMetadata } from './ggufMetadata';
import { ledger, type Ledger } from './ledger';
import { tensorsPerSlice } from './limits';
import { foundIn, sameShape } from './compare';
import type { Proof } from './proof';
import type { PlacedTensor } from './tensors';

/**
 * Holds the tensors of a GGUF file (or of its parts) against what llama.cpp makes of the model that a config describes: names,
 * shapes, and for each tensor of a layer how many layers have it at which type. The rules are those of the file type that the
 * file names, of the day that fits best. Yields as `compareTensors` does.
 */
export function* compareGguf(analysis: Analysis, files: FoundFiles, metadata: GgufMetadata): Generator<void, Proof, undefined> {
  const book = ledger(files);
  const census = yield* censusOf(files.tensors);
  const rules = yield* rulesOf(analysis, census, candidates(metadata, files.files[0]?.name ?? ''), imatrixOf(metadata));
  book.notes.push({ code: 'gguf-rules', ...rules });
  const used = new Set<string>();
  let expected = 0;
  for (const each of expectedGgufTensors(analysis, rules)) {
    for (const name of namesOf(each)) {
      if (++expected % tensorsPerSlice === 0) yield;
      used.add(name);
    }
    compareStack(book, files, each);
  }
  let seen = 0;
  for (const name of files.tensors.names()) {
    if (++seen % tensorsPerSlice === 0) yield;
    const found = used.has(name) ? undefined : files.tensors.get(name);
    if (found && found.dtype !== undefined) book.add({ kind: 'extra', name, ...foundIn(files, found), bytes: found.bytes });
  }
  const { basis } = analysis;
  return book.close({
    container: 'gguf',
    expected,
    notes: basis.kind === 'approximate' ? [{ code: 'approximate', reasons: basis.reasons }] : [],
  });
}

/** Whether the file says that an importance matrix was used; files from before 2024 never do. */
const imatrixOf = (metadata: GgufMetadata): boolean | undefined =>
  metadata.has('quantize.imatrix.file') || metadata.has('quantize.imatrix.entries_count') ? true : undefined;

/** File types that a file could be of: as its metadata says, as its name says, and variants with wide embeddings. */
function candidates(metadata: GgufMetadata, file: string): readonly string[] {
  const number = metadata.get('general.file_type');
  const written = typeof number === 'number' ? ggufFileType(number) : undefined;
  const named = /(?:^|[-._])((?:I?Q\d|TQ\d|BF16|F16|F32|MXFP4)[A-Z0-9_]*?)(?=[-.]|$)/i.exec(file)?.[1]?.toUpperCase();
  const likely = [written, named].filter((name): name is string => name !== undefined && isPresetName(name));
  const wide = Object.entries(wideEmbeddings).flatMap(([name, base]) => (likely.includes(base) ? [name] : []));
  const found = [...new Set([...likely, ...wide])];
  return found.length > 0 ? found : fileTypes.map(({ name }) => name);
}

/** Names of one tensor over its layers. */
function* namesOf({ tensor: { name, layers } }: ExpectedGgufTensor): Generator<string, void, undefined> {
  if (layers === undefined) yield name;
  else {
    const numbers = typeof layers === 'number' ? Array.from({ length: layers }, (_, at) => at) : layers;
    for (const number of numbers) yield name.replace('{n}', String(number));
  }
}

function compareStack(book: Ledger, files: FoundFiles, expected: ExpectedGgufTensor): void {
  const { tensor, types } = expected;
  const left = new Map([...types].map(([dtype, { copies }]) => [dtype, copies]));
  const others: PlacedTensor[] = [];
  const missing: string[] = [];
  const facts = (dtype: string) =>
    ({ name: tensor.name, dtype, shape: tensor.shape, bytes: types.get(dtype)?.bytes ?? 0, role: 'other', text: false }) as const;
  for (const name of namesOf(expected)) {
    const found = files.tensors.get(name);
    if (!found || found.dtype === undefined) {
      missing.push(name);
      continue;
    }
    book.compared++;
    const copies = left.get(found.dtype) ?? 0;
    if (copies === 0) {
      others.push(found);
      continue;
    }
    left.set(found.dtype, copies - 1);
    book.expect(facts(found.dtype));
    if (!sameShape(found.shape, tensor.shape)) book.add(differing(book, 'shape', found, facts(found.dtype)));
  }
  const next = (): string => {
    for (const [dtype, copies] of left)
      if (copies > 0) {
        left.set(dtype, copies - 1);
        return dtype;
      }
    return [...types.keys()][0] ?? '';
  };
  for (const found of others) {
    const own = facts(next());
    book.expect(own);
    book.add(differing(book, 'dtype', found, own));
  }
  for (const name of missing) book.lack(facts(next()), name, undefined);
}

const differing = (
  book: Ledger,
  kind: 'shape' | 'dtype',
  { name, file, dtype, shape, bytes }: PlacedTensor,
  expected: { readonly dtype: string; readonly shape: readonly number[]; readonly bytes: number },
) =>
  ({
    kind,
    name,
    file: book.fileName(file),
    expected: { dtype: expected.dtype, shape: expected.shape, bytes: expected.bytes },
    found: { dtype, shape, bytes },
    bytes: bytes - expected.bytes,
  }) as const;
