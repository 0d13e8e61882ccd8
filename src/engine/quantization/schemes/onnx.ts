import type { Scheme } from '../scheme';
import { linearLayers } from '../selection';
import { weightsOfGraph } from './basis';

export interface MatMulNBits {
  readonly name: string;
  readonly bits: 4 | 8;
  readonly blockSize: number;
}

/**
 * MatMulNBits of ONNX Runtime: each output's row cut into blocks, the last one padded; a scale per block at the weight's type
 * and packed zero points. Every MatMul with a constant is taken, the head's too; towers are graphs of their own. Layout: microsoft/onnxruntime
 * onnxruntime/python/tools/quantization/matmul_nbits_quantizer.py, qbits_block_quant.
 */
export const matMulNBits = ({ name, bits, blockSize }: MatMulNBits): Scheme => ({
  name,
  bits,
  groupSize: blockSize,
  basis: weightsOfGraph,
  takes: (entry) => (entry.role === 'head' ? undefined : linearLayers(entry)),
  store({ matrices: copies, rows, columns }, { kept }) {
    const blocks = Math.ceil(columns / blockSize);
    return [
      { suffix: `weight_Q${bits}`, dtype: 'U8', shape: [rows, blocks, (blockSize * bits) / 8], copies, packed: true },
      { suffix: 'weight_scales', dtype: kept, shape: [rows, blocks], copies },
      { suffix: 'weight_zero_points', dtype: 'U8', shape: [rows, Math.ceil((blocks * bits) / 8)], copies },
    ];
  },
});
