import { exact, type Basis } from '../../basis';
import { linearsOf, type Scheme } from '../scheme';
import { linearLayers } from '../selection';
import type { StoredDtype, StoredTensor } from '../storage';

/** One byte per weight, E4M3, with scales that `scales` adds. */
const fp8 = (
  name: string,
  basis: Basis,
  takes: Scheme['takes'],
  scales: (rows: number, columns: number, kept: StoredDtype) => readonly Omit<StoredTensor, 'copies'>[],
): Scheme => ({
  name,
  bits: 8,
  groupSize: null,
  basis,
  takes,
  store(matrix, { kept }, entry) {
    const { matrices: copies, rows, columns } = linearsOf(matrix, entry);
    return [
      { suffix: 'weight', dtype: 'F8_E4M3', shape: [rows, columns], copies, packed: true },
      ...scales(rows, columns, kept).map((tensor) => ({ ...tensor, copies })),
    ];
  },
});

export interface BlockScales {
  readonly name: string;
  readonly block?: readonly [rows: number, columns: number];
  readonly scale?: StoredDtype;
  readonly suffix?: string;
  readonly basis?: Basis;
  readonly takes?: Scheme['takes'];
}

/** A scale per block of the matrix, short blocks at the edges included: DeepSeek-V3 (arXiv 2412.19437, 3.3.2). */
export const fp8Block = ({
  name,
  block: [blockRows, blockColumns] = [128, 128],
  scale = 'F32',
  suffix = 'weight_scale_inv',
  basis = exact,
  takes = linearLayers,
}: BlockScales): Scheme =>
  fp8(name, basis, takes, (rows, columns) => [
    { suffix, dtype: scale, shape: [Math.ceil(rows / blockRows), Math.ceil(columns / blockColumns)] },
  ]);

/** A scale per row, activations scaled as they come. `scale` left out: the type of the tensors that are kept (llm-compressor). */
export const fp8Channel = (name: string, scale?: StoredDtype, takes: Scheme['takes'] = linearLayers, basis: Basis = exact): Scheme =>
  fp8(name, basis, takes, (rows, _columns, kept) => [{ suffix: 'weight_scale', dtype: scale ?? kept, shape: [rows, 1] }]);

export interface TensorScales {
  readonly name: string;
  /** Suffixes of the scalars beside the weight: its own scale and, with static activations, theirs. */
  readonly scalars: readonly string[];
  /** Left out: the type of the tensors that are kept. */
  readonly scale?: StoredDtype;
  readonly basis: Basis;
  readonly takes?: Scheme['takes'];
}

/** A scale per matrix. */
export const fp8Tensor = ({ name, scalars, scale, basis, takes = linearLayers }: TensorScales): Scheme =>
  fp8(name, basis, takes, (_rows, _columns, kept) => scalars.map((suffix) => ({ suffix, dtype: scale ?? kept, shape: [] })));
