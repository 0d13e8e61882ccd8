import type { Analysis } from '../analysis';
import { fileTypes } from '../quantization/gguf/fileTypes';
import { mixOf } from '../quantization/gguf/mixes';
import { wideEmbeddings } from '../quantization/gguf/publishers';
import { compareOne, foundIn } from './compare';
import type { FoundFiles } from './found';
import { ggufFileType } from './ggufFileTypes';
import type { GgufMetadata } from './ggufMetadata';
import { fittingRules } from './ggufRules';
import { ledger } from './ledger';
import { tensorsPerSlice } from './limits';
import type { Proof } from './proof';

/**
 * Holds the tensors of a GGUF file (or of its parts) against what llama.cpp makes of the model that a config describes, one by
 * one: names, types, shapes, bytes. The rules are those of the file type that the file names, of the day that fits best. Yields
 * as `compareTensors` does.
 */
export function* compareGguf(analysis: Analysis, files: FoundFiles, metadata: GgufMetadata): Generator<void, Proof, undefined> {
  const book = ledger(files);
  const likely = candidates(metadata, files.files[0]?.name ?? '');
  const { rules, tensors } = yield* fittingRules(analysis, files.tensors, likely, imatrixOf(metadata));
  book.notes.push({ code: 'gguf-rules', ...rules });
  const used = new Set<string>();
  let seen = 0;
  for (const tensor of tensors) {
    if (++seen % tensorsPerSlice === 0) yield;
    const expected = { ...tensor, role: 'other', text: false } as const;
    const found = files.tensors.get(tensor.name);
    used.add(tensor.name);
    if (found) compareOne(book, expected, tensor.name, found);
    else book.lack(expected, tensor.name, undefined);
  }
  for (const name of files.tensors.names()) {
    if (++seen % tensorsPerSlice === 0) yield;
    const found = used.has(name) ? undefined : files.tensors.get(name);
    if (found && found.dtype !== undefined) book.add({ kind: 'extra', name, ...foundIn(files, found), bytes: found.bytes });
  }
  const { basis } = analysis;
  return book.close({
    container: 'gguf',
    expected: tensors.length,
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
  const likely = [written, named].filter((name): name is string => name !== undefined && mixOf(name) !== undefined);
  const wide = Object.entries(wideEmbeddings).flatMap(([name, base]) => (likely.includes(base) ? [name] : []));
  const found = [...new Set([...likely, ...wide])];
  return found.length > 0 ? found : fileTypes.map(({ name }) => name);
}
