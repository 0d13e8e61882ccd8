import type { Analysis } from '../analysis';
import { typeSums } from './found';
import type { GgufHeader } from './ggufHeader';
import { tensorsPerSlice } from './limits';
import { isTable } from './ggufNames';
import type { Proof } from './proof';
import { elementsOf } from './tensors';

/**
 * Holds the headers of a GGUF file (or of its parts) against a config: the elements of its tensors against the model's
 * parameters and buffers. Tables that the converter computes are not among them. Yields as `compareTensors` does.
 */
export function* compareGguf(
  analysis: Analysis,
  headers: readonly GgufHeader[],
  files: readonly string[],
): Generator<void, Proof, undefined> {
  const { sums: types, add } = typeSums();
  let elements = 0;
  let bytes = 0;
  let tensors = 0;
  for (const header of headers) {
    for (const tensor of header.tensors) {
      if (++tensors % tensorsPerSlice === 0) yield;
      add(tensor.dtype, tensor.bytes);
      bytes += tensor.bytes;
      if (!isTable(tensor.name)) elements += elementsOf(tensor.shape);
    }
  }
  const expected = analysis.parameters.stored;
  return {
    status: elements === expected ? 'verified' : 'differs',
    container: 'gguf',
    files,
    basis: 'elements',
    bytesExpected: null,
    bytesFound: bytes,
    off: null,
    elements: { expected, found: elements },
    tensorsExpected: 0,
    tensorsFound: tensors,
    tensorsCompared: 0,
    counts: {},
    differences: [],
    notes: [],
    types,
  };
}
