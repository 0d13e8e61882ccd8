import { exact, type Basis } from '../../basis';
import type { Matrix } from '../../weights/inventory';
import { linearsOf, type Scheme } from '../scheme';
import { linearLayers } from '../selection';
import type { StoredDtype, StoredTensor } from '../storage';

/** The two formats of 8 bits: more digits, or more range (Micikevicius et al. 2022, arXiv 2209.05433). */
export type Fp8Dtype = 'F8_E4M3' | 'F8_E5M2';

interface Fp8 {
  readonly name: string;
  readonly dtype?: Fp8Dtype;
  readonly basis: Basis;
  readonly takes: Scheme['takes'];
  scales(matrix: Matrix, kept: StoredDtype): readonly StoredTensor[];
}

/** One byte per weight, with scales that `scales` adds. */
const fp8 = ({ name, dtype = 'F8_E4M3', basis, takes, scales }: Fp8): Scheme => ({
  name,
  bits: 8,
  groupSize: null,
  basis,
  takes,
  store(matrix, { kept }, entry) {
    const linears = linearsOf(matrix, entry);
    const { matrices: copies, rows, columns } = linears;
    return [{ suffix: 'weight', dtype, shape: [rows, columns], copies, packed: true }, ...scales(linears, kept)];
  },
});

export interface BlockScales {
  readonly name: string;
  readonly block?: readonly [rows: number, columns: number];
  readonly scale?: StoredDtype;
  readonly suffix?: string;
  /** Scales have four dimensions, one for the sides of a block each (NVIDIA ModelOpt 0.47). */
  readonly keepsSides?: boolean;
  readonly basis?: Basis;
  readonly takes?: Scheme['takes'];
}

/** A scale per block of the matrix, short blocks at the edges included: DeepSeek-V3 (arXiv 2412.19437, 3.3.2). */
export const fp8Block = ({
  name,
  block: [blockRows, blockColumns] = [128, 128],
  scale = 'F32',
  suffix = 'weight_scale_inv',
  keepsSides = false,
  basis = exact,
  takes = linearLayers,
}: BlockScales): Scheme =>
  fp8({
    name,
    basis,
    takes,
    scales({ matrices: copies, rows, columns }) {
      const [down, across] = [Math.ceil(rows / blockRows), Math.ceil(columns / blockColumns)];
      return [{ suffix, dtype: scale, shape: keepsSides ? [down, 1, across, 1] : [down, across], copies }];
    },
  });

/** A scale per row, activations scaled as they come. `scale` left out: the type of the tensors that are kept (llm-compressor). */
export const fp8Channel = (name: string, scale?: StoredDtype, takes: Scheme['takes'] = linearLayers, basis: Basis = exact): Scheme =>
  fp8({
    name,
    basis,
    takes,
    scales: ({ matrices: copies, rows }, kept) => [{ suffix: 'weight_scale', dtype: scale ?? kept, shape: [rows, 1], copies }],
  });

/** The same with the scales in a vector, as AMD Quark 0.13 and NVIDIA ModelOpt 0.47 save them. */
export const fp8Vector = (name: string, scale: StoredDtype | undefined, takes: Scheme['takes'] = linearLayers): Scheme =>
  fp8({
    name,
    basis: exact,
    takes,
    scales: ({ matrices: copies, rows }, kept) => [{ suffix: 'weight_scale', dtype: scale ?? kept, shape: [rows], copies }],
  });

export interface RowScales {
  readonly name: string;
  readonly dtype: Fp8Dtype;
  readonly suffix: string;
  readonly basis: Basis;
  readonly takes: Scheme['takes'];
}

/** An F32 scale per row in a vector: ModelCloud/GPTQModel gptqmodel/nn_modules/qlinear/fp8.py. */
export const fp8Rows = ({ suffix, ...layout }: RowScales): Scheme =>
  fp8({ ...layout, scales: ({ matrices: copies, rows }) => [{ suffix, dtype: 'F32', shape: [rows], copies }] });

export interface TensorScales {
  readonly name: string;
  /** Suffixes of the scalars beside the weight: its own scale and, with static activations, theirs. */
  readonly scalars: readonly string[];
  /** Left out: the type of the tensors that are kept. */
  readonly scale?: StoredDtype;
  /** Shape of one value as the writer saves it; left out: a scalar. */
  readonly shape?: readonly 1[];
  readonly dtype?: Fp8Dtype;
  readonly basis: Basis;
  readonly takes?: Scheme['takes'];
}

/** A scale per matrix. */
export const fp8Tensor = ({ scalars, scale, shape = [], takes = linearLayers, ...layout }: TensorScales): Scheme =>
  fp8({
    ...layout,
    takes,
    scales: ({ matrices: copies }, kept) => scalars.map((suffix) => ({ suffix, dtype: scale ?? kept, shape, copies })),
  });
