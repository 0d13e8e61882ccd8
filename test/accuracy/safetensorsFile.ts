import { expectedTensors, type Analysis, type FileTensor as Tensor } from '../../src/engine/index';
import type { Writer } from '../../src/engine/quantization/writers';
import { bytesPerStoredElement, type StoredDtype } from '../../src/engine/quantization/storage';
import { headerBytes, headerText } from '../support/safetensors';

export type FileTensor = Pick<Tensor, 'name' | 'dtype' | 'shape'>;

/** Every tensor of a checkpoint under its own name. */
export const tensorsOf = (analysis: Analysis, writer?: Writer): FileTensor[] => [...expectedTensors(analysis, writer ? { writer } : {})];

/** Bytes of one safetensors file that holds these tensors and no metadata. */
export function fileSize(tensors: readonly FileTensor[]): number {
  const sized = tensors.map((tensor) => ({
    ...tensor,
    bytes: tensor.shape.reduce((product, side) => product * side, bytesPerStoredElement[tensor.dtype as StoredDtype]),
  }));
  return headerBytes(headerText(sized)).length + sized.reduce((sum, { bytes }) => sum + bytes, 0);
}
