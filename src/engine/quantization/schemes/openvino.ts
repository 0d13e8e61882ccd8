import type { Scheme } from '../scheme';
import { allMatrices } from '../selection';
import type { StoredTensor } from '../storage';
import { weightsOfGraph } from './basis';

export interface OpenVino {
  readonly name: string;
  /** Of linear layers; embeddings and the head have 8 in either case. */
  readonly bits: 4 | 8;
  /** Columns per group at 4 bits; at 8 bits a scale covers the row. */
  readonly groupSize: number | null;
  /** At 4 bits without zero points of their own. */
  readonly symmetric?: boolean;
}

/** Bytes of packed values are whole only over the tensor. */
const packedBytes = (values: number, bits: number): number => Math.ceil((values * bits) / 8);

const byRow = (rows: number, columns: number, copies: number): readonly StoredTensor[] => [
  { suffix: 'weight', dtype: 'U8', shape: [rows, columns], copies, packed: true },
  { suffix: 'weight/scale', dtype: 'F16', shape: [rows, 1], copies },
  { suffix: 'weight/zero_point', dtype: 'U8', shape: [rows, 1], copies },
];

/**
 * Weights of OpenVINO's intermediate representation as NNCF compresses them for text generation: linear layers at 4 bits by
 * group with F16 scales and packed zero points, embeddings and the head at 8 bits by row (openvinotoolkit/nncf
 * src/nncf/quantization/algorithms/weight_compression, defaults of huggingface/optimum-intel optimum/intel/openvino/configuration.py).
 */
export const openVino = ({ name, bits, groupSize, symmetric = false }: OpenVino): Scheme => ({
  name,
  bits,
  groupSize,
  basis: weightsOfGraph,
  takes: allMatrices,
  store({ matrices: copies, rows, columns }, _context, { role }) {
    if (bits === 8 || groupSize === null || (role !== 'linear' && role !== 'router')) return byRow(rows, columns, copies);
    if (columns % groupSize !== 0) return 'width';
    const groups = columns / groupSize;
    const tensors: StoredTensor[] = [
      { suffix: 'weight', dtype: 'U8', shape: [packedBytes(rows * columns, bits)], copies, packed: true },
      { suffix: 'weight/scale', dtype: 'F16', shape: [rows, groups, 1], copies },
    ];
    if (!symmetric) tensors.push({ suffix: 'weight/zero_point', dtype: 'U8', shape: [packedBytes(rows * groups, bits)], copies });
    return tensors;
  },
});
