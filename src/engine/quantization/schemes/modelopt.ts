import { exact } from '../../basis';
import { isKept, linearsOf, type Scheme } from '../scheme';
import { linearLayers } from '../selection';
import type { StoredTensor } from '../storage';
import { smoothed, type Smoothing } from './smoothing';

export interface Int4Awq {
  readonly name: string;
  readonly groupSize: number;
  /** W4A8_AWQ: a second scale, and one of the activations measured beforehand. */
  readonly fp8Activations: boolean;
}

/**
 * INT4_AWQ and W4A8_AWQ of NVIDIA ModelOpt: two rows in a byte, F32 scales per group, and factors per column. Layout:
 * NVIDIA/Model-Optimizer modelopt/torch/export/quant_utils.py, pack_int4_in_uint8. Held against ModelOpt 0.47.
 */
export const int4Awq = (layout: Int4Awq, smoothing: Smoothing = { intoLinear: false }): Scheme => smoothed(int4(layout), smoothing);

const int4 = ({ name, groupSize, fp8Activations }: Int4Awq): Scheme => ({
  name,
  bits: 4,
  groupSize,
  basis: exact,
  takes: linearLayers,
  store(matrix, _context, entry) {
    const { matrices: copies, rows, columns } = linearsOf(matrix, entry);
    if (columns % groupSize !== 0 || rows % 2 !== 0) return 'width';
    const scalars = fp8Activations ? ['weight_scale_2', 'input_scale'] : [];
    return [
      { suffix: 'weight', dtype: 'U8', shape: [rows / 2, columns], copies, packed: true },
      { suffix: 'weight_scale', dtype: 'F32', shape: [rows, columns / groupSize], copies },
      ...scalars.map((suffix): StoredTensor => ({ suffix, dtype: 'F32', shape: [], copies })),
    ];
  },
});

/**
 * SVDQuant: beside a layer the two factors of a low rank that hold its outliers, at the model's type. Layout:
 * NVIDIA/Model-Optimizer modelopt/torch/quantization/config.py, SVDQuantConfig (rank 32 by default, which no block tells);
 * names and shapes held against ModelOpt 0.47, its CUDA kernel for activations replaced.
 */
export const withLowRank = (scheme: Scheme, rank: number): Scheme => ({
  ...scheme,
  store(matrix, context, entry) {
    const stored = scheme.store(matrix, context, entry);
    if (isKept(stored)) return stored;
    const { matrices: copies, rows, columns } = linearsOf(matrix, entry);
    const shared = Math.min(rank, rows, columns);
    const factor = (name: string, shape: readonly number[]): StoredTensor => ({
      suffix: `weight_quantizer._svdquant_lora_${name}`,
      dtype: context.kept,
      shape,
      copies,
    });
    return [...stored, factor('a', [shared, columns]), factor('b', [rows, shared])];
  },
});

/**
 * INT8 of NVIDIA ModelOpt: a byte per weight and an F32 scale per row in a vector; W8A8 has a scale of the activations beside
 * (quant_utils.py, to_quantized_weight). Held against ModelOpt 0.47.
 */
export const int8Rows = (name: string, scalars: readonly string[], takes: Scheme['takes']): Scheme => ({
  name,
  bits: 8,
  groupSize: null,
  basis: exact,
  takes,
  store(matrix, _context, entry) {
    const { matrices: copies, rows, columns } = linearsOf(matrix, entry);
    return [
      { suffix: 'weight', dtype: 'I8', shape: [rows, columns], copies, packed: true },
      { suffix: 'weight_scale', dtype: 'F32', shape: [rows], copies },
      ...scalars.map((suffix): StoredTensor => ({ suffix, dtype: 'F32', shape: [], copies })),
    ];
  },
});
