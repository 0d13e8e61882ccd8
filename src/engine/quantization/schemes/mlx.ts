import { exact, type Basis } from '../../basis';
import type { Scheme } from '../scheme';
import { allMatrices } from '../selection';
import type { StoredTensor } from '../storage';

export interface MlxLayout {
  readonly name: string;
  readonly bits: number;
  readonly groupSize: number;
  /** `affine`: a scale and a bias per group in the tensor's type; the others: a scale of one byte. */
  readonly mode?: 'affine' | 'mxfp4' | 'mxfp8' | 'nvfp4';
  readonly basis?: Basis;
  readonly takes?: Scheme['takes'];
}

/**
 * MLX: values packed in U32 along the row, with scales (and biases) per group. Everything with rows that the group divides is
 * quantized, embeddings, head and router too; experts stay together. ml-explore/mlx python/mlx/nn/layers/quantized.py,
 * mlx-lm mlx_lm/utils.py quantize_model.
 */
export const mlx = ({ name, bits, groupSize, mode = 'affine', basis = exact, takes = allMatrices }: MlxLayout): Scheme => ({
  name,
  bits,
  groupSize,
  basis,
  takes,
  store({ matrices, rows, columns }, { typeOf }, entry) {
    const { shape } = entry;
    if (columns % groupSize !== 0 || (columns * bits) % 32 !== 0) return 'width';
    const lead = shape.length === 3 ? [matrices, rows] : [rows];
    const groups = [...lead, columns / groupSize];
    const tensors: StoredTensor[] = [{ suffix: 'weight', dtype: 'U32', shape: [...lead, (columns * bits) / 32], copies: 1, packed: true }];
    const scaled = typeOf(entry);
    if (mode === 'affine')
      tensors.push(
        { suffix: 'scales', dtype: scaled, shape: groups, copies: 1 },
        { suffix: 'biases', dtype: scaled, shape: groups, copies: 1 },
      );
    else tensors.push({ suffix: 'scales', dtype: 'U8', shape: groups, copies: 1 });
    return tensors;
  },
});
