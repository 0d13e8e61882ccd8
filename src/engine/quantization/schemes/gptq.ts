import { exact, type Basis } from '../../basis';
import type { Scheme } from '../scheme';
import { linearsOf } from '../scheme';
import { stackedLinearLayers, stackedLinearLayersAndHead } from '../selection';
import { groupsIn, type StoredTensor } from '../storage';
import { bySource } from './basis';

/**
 * Who wrote the files. `gptqmodel`: a bias where the model has one (AutoGPTQ too since its pull request 602 of March 2024).
 * `autogptq`: before that, an all-zero F16 bias for every layer without one. `gptq-for-llama`: the repository before
 * 2023-03-28 (quant.py, and forks that stayed there), with scales and bias in F32 and no g_idx; since the end of that month it
 * writes what GPTQModel does.
 */
export type GptqWriter = (typeof gptqWriters)[number];

export const gptqWriters = ['gptqmodel', 'autogptq', 'gptq-for-llama'] as const;

export interface GptqLayout {
  readonly name: string;
  readonly bits: number;
  /** Columns per group; null for the whole row. */
  readonly groupSize: number | null;
  readonly writer?: GptqWriter;
  /** Whether the head is quantized too. */
  readonly head?: boolean;
  /** Whether each layer stores its permutation; the packing of auto-round has none. */
  readonly groupIndex?: boolean;
  readonly basis?: Basis;
}

/**
 * GPTQ: qweight I32 [in·b/32, out], qzeros I32 [groups, out·b/32], scales [groups, out], g_idx I32 [in]. 3 bits are packed
 * densely (32 values in three words). Order of columns and symmetry do not change the size.
 * Layout: ModelCloud/GPTQModel gptqmodel/nn_modules/qlinear; AutoGPTQ qlinear_cuda_old for the zero bias.
 */
export const gptq = ({
  name,
  bits,
  groupSize,
  writer = 'gptqmodel',
  head = false,
  groupIndex = true,
  basis = exact,
}: GptqLayout): Scheme => ({
  name,
  bits,
  groupSize,
  basis,
  takes: head ? stackedLinearLayersAndHead : stackedLinearLayers,
  store(matrix, context, entry) {
    const { matrices: copies, rows: out, columns } = linearsOf(matrix, entry);
    const groups = groupsIn(columns, groupSize);
    const old = writer === 'gptq-for-llama';
    const tensors: StoredTensor[] = [
      { suffix: 'qweight', dtype: 'I32', shape: [Math.ceil((columns * bits) / 32), out], copies, packed: true },
      { suffix: 'qzeros', dtype: 'I32', shape: [groups, Math.ceil((out * bits) / 32)], copies },
      { suffix: 'scales', dtype: old ? 'F32' : 'F16', shape: [groups, out], copies },
    ];
    if (groupIndex && !old) tensors.push({ suffix: 'g_idx', dtype: 'I32', shape: [columns], copies });
    if (writer !== 'gptqmodel' && !context.hasBias(entry))
      tensors.push({ suffix: 'bias', dtype: old ? 'F32' : 'F16', shape: [out], copies });
    return tensors;
  },
});

/**
 * The packing of BitBLAS: values in bytes along the row, scales per row and group in the model's type, zero points in bytes where
 * they are not symmetric, else an empty tensor, and no order of columns. Bytes are packed in tiles, which changes shapes and not
 * sizes (ModelCloud/GPTQModel 7.7 gptqmodel/nn_modules/qlinear/bitblas.py, _initialize_buffers; read, not run).
 */
export const bitblas = ({ name, bits, groupSize, zeros, head }: Omit<GptqLayout, 'writer'> & { readonly zeros: boolean }): Scheme => ({
  name,
  bits,
  groupSize,
  basis: bySource,
  takes: head ? stackedLinearLayersAndHead : stackedLinearLayers,
  store(matrix, { kept }, entry) {
    const { matrices: copies, rows: out, columns } = linearsOf(matrix, entry);
    if (columns % 16 !== 0 || out % 16 !== 0 || (groupSize !== null && columns % groupSize !== 0)) return 'width';
    const groups = groupsIn(columns, groupSize);
    return [
      { suffix: 'qweight', dtype: 'I8', shape: [out, Math.ceil((columns * bits) / 8)], copies, packed: true },
      { suffix: 'scales', dtype: kept, shape: [out, groups], copies },
      { suffix: 'qzeros', dtype: 'I8', shape: zeros ? [groups, Math.ceil((out * bits) / 8)] : [0], copies },
    ];
  },
});
