import type { Basis } from '../../basis';
import { linearsOf, type Scheme } from '../scheme';
import { stackedLinearLayers, stackedLinearLayersAndHead } from '../selection';
import type { StoredTensor } from '../storage';

export interface Exl3Layout {
  readonly name: string;
  /** Bits of a weight: whole for one layer, an average where a mix is not told apart. */
  readonly bits: number;
  /** Bits of the head's weights; left out: the head stays. */
  readonly headBits?: number | undefined;
  /** Signs of both sides of the Hadamard transform: F16 values, or single bits in words of 16 in files of the first months. */
  readonly signs?: 'values' | 'bits';
  /** The tensor that names the codebook; the first one had none. */
  readonly codebook?: 'mcg' | 'mul1' | '3inst';
  readonly basis: Basis;
  readonly takes?: Scheme['takes'];
}

/** Both sides are padded to whole blocks of the Hadamard transform (exllamav3/modules/linear.py, pad_to). */
const padded = (size: number): number => Math.ceil(size / 128) * 128;

/**
 * EXL3: the trellis of each 16×16 tile in words of 16 bits, signs of both sides, and the multiplier of the codebook. Layout:
 * turboderp-org/exllamav3 exllamav3/modules/quant/exl3.py, LinearEXL3; codebook mul1 by default since conversion/convert_model.py
 * has the option.
 */
export const exl3 = ({
  name,
  bits,
  headBits,
  signs = 'values',
  codebook = 'mul1',
  basis,
  takes = headBits === undefined ? stackedLinearLayers : stackedLinearLayersAndHead,
}: Exl3Layout): Scheme => ({
  name,
  bits,
  groupSize: null,
  basis,
  takes,
  store(matrix, _context, entry) {
    const { matrices: copies, rows, columns } = linearsOf(matrix, entry);
    const [out, inner] = [padded(rows), padded(columns)];
    const width = entry.role === 'head' && headBits !== undefined ? headBits : bits;
    const words = 16 * width;
    const shape = Number.isInteger(words) ? [inner / 16, out / 16, words] : [Math.round((inner * out * width) / 16)];
    const tensors: StoredTensor[] = [{ suffix: 'trellis', dtype: 'I16', shape, copies, packed: true }];
    if (signs === 'values')
      tensors.push({ suffix: 'suh', dtype: 'F16', shape: [inner], copies }, { suffix: 'svh', dtype: 'F16', shape: [out], copies });
    else
      tensors.push({ suffix: 'su', dtype: 'I16', shape: [inner / 16], copies }, { suffix: 'sv', dtype: 'I16', shape: [out / 16], copies });
    if (codebook !== '3inst') tensors.push({ suffix: codebook, dtype: 'I32', shape: [], copies });
    return tensors;
  },
});
