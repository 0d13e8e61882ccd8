import { blockSize, ggmlTypeOf, rowBytes } from '../quantization/gguf/ggmlTypes';
import { readMetadata, type GgufMetadata } from './ggufMetadata';
import { length, shortText, type Numbers } from './ggufNumbers';
import { maxGgufHeader, maxTensors } from './limits';
import { attempt, cursorOver, refuse, type Cursor, type Problem, type Reading, type Unreadable } from './reading';
import { ending } from './safetensorsHeader';
import { elementsOf, type FileTensor, type PlacedTensor } from './tensors';

export interface GgufHeader {
  readonly kind: 'gguf';
  readonly version: number;
  readonly metadata: GgufMetadata;
  readonly tensors: ReadonlyMap<string, PlacedTensor>;
  /** Where the data begins: metadata, tensor infos and padding. */
  readonly headerBytes: number;
  /** Bytes of all tensors, padding between them left out. */
  readonly dataBytes: number;
  readonly problems: readonly Problem[];
}

/** Dimensions of a tensor (ggml.h, GGML_MAX_DIMS). */
const maxDimensions = 4;
/** Alignment of the data where the file names none (ggml docs/gguf.md). */
const defaultAlignment = 32;
/** Bytes of a tensor's name; llama.cpp takes fewer than 64 (GGML_MAX_NAME), other writers more. */
const maxName = 1024;

/**
 * Reads the header of a GGUF file, versions 1 to 3: metadata, of which long arrays are passed over, and the tensors.
 * As ggml does (ggml/src/gguf.cpp, gguf_init_from_reader) it demands whole blocks in each row, unique names, and data that
 * lies one behind the other, padded to the alignment.
 *
 * @param size bytes of the file
 * @param file its number, which each tensor gets
 */
export const readGgufHeader = (size: number, file = 0): Reading<GgufHeader | Unreadable> => attempt(header(size, file));

function* header(size: number, file: number): Reading<GgufHeader> {
  const cursor = cursorOver(size, maxGgufHeader);
  yield* cursor.fill(8);
  const start = cursor.view(8);
  if (start.getUint32(0, false) !== 0x47475546) refuse('not-gguf');
  const little = (start.getUint32(4, true) & 0xffff) !== 0;
  const version = start.getUint32(4, little);
  if (version < 1 || version > 3) refuse('gguf-version', { version });
  const numbers = { wide: version > 1, little };
  const tensorCount = yield* length(cursor, numbers);
  const entries = yield* length(cursor, numbers);
  if (tensorCount > maxTensors) refuse('too-many-tensors', { limit: maxTensors });
  const metadata = yield* readMetadata(cursor, numbers, entries);
  const alignment = alignmentOf(metadata);
  const tensors = new Map<string, PlacedTensor>();
  let end = 0;
  let dataBytes = 0;
  for (let at = 0; at < tensorCount; at++) {
    const { tensor, offset } = yield* readTensor(cursor, numbers);
    if (tensors.has(tensor.name)) refuse('duplicate-tensor', { name: tensor.name });
    if (offset !== padded(end, alignment)) refuse('bad-offset', { name: tensor.name });
    tensors.set(tensor.name, { ...tensor, file });
    end = offset + tensor.bytes;
    dataBytes += tensor.bytes;
  }
  const headerBytes = tensorCount > 0 ? padded(cursor.at, alignment) : cursor.at;
  const rest = size - headerBytes - end;
  // Padding behind the last tensor is there in some files and not in others.
  const problems = rest >= 0 && rest <= padded(end, alignment) - end ? [] : ending(rest);
  return { kind: 'gguf', version, metadata, tensors, headerBytes, dataBytes, problems };
}

const padded = (at: number, alignment: number): number => Math.ceil(at / alignment) * alignment;

function alignmentOf(metadata: GgufMetadata): number {
  const written = metadata.get('general.alignment');
  if (written === undefined) return defaultAlignment;
  if (typeof written !== 'number' || written < 1 || written > 2 ** 20 || (written & (written - 1)) !== 0)
    return refuse('gguf-alignment', { alignment: String(written).slice(0, 40) });
  return written;
}

function* readTensor(cursor: Cursor, numbers: Numbers): Reading<{ readonly tensor: FileTensor; readonly offset: number }> {
  const name = yield* shortText(cursor, numbers, maxName);
  if (!cursor.has(4)) yield* cursor.fill(4);
  const rank = cursor.view(4).getUint32(0, numbers.little);
  if (rank > maxDimensions) refuse('bad-tensor', { name });
  const shape: number[] = [];
  for (let at = 0; at < rank; at++) shape.unshift(yield* length(cursor, numbers));
  if (!cursor.has(12)) yield* cursor.fill(12);
  const view = cursor.view(12);
  const typeNumber = view.getUint32(0, numbers.little);
  const offset = Number(view.getBigUint64(4, numbers.little));
  const type = ggmlTypeOf(typeNumber);
  if (type === undefined) return refuse('unknown-dtype', { name, dtype: String(typeNumber) });
  const elements = elementsOf(shape);
  const columns = shape.at(-1) ?? 1;
  if (columns % blockSize(type) !== 0) refuse('bad-tensor', { name });
  const bytes = columns === 0 ? 0 : (elements / columns) * rowBytes(type, columns);
  if (!Number.isSafeInteger(bytes)) refuse('shape-too-large', { name });
  return { tensor: { name, dtype: type, shape, bytes }, offset };
}
