import { linearsOf, type Scheme } from '../scheme';
import { linearLayers } from '../selection';
import type { StoredTensor } from '../storage';

export interface Int4Awq {
  readonly name: string;
  readonly groupSize: number;
  /** W4A8_AWQ: a second scale, and one of the activations measured beforehand. */
  readonly fp8Activations: boolean;
}

/**
 * INT4_AWQ and W4A8_AWQ of NVIDIA ModelOpt: two rows in a byte, F32 scales per group, and a factor per column by which
 * activations are multiplied first. The export folds some of these factors into the layer before, by class and shape;
 * all are counted here. Layout: NVIDIA/Model-Optimizer modelopt/torch/export/quant_utils.py, pack_int4_in_uint8.
 */
export const int4Awq = ({ name, groupSize, fp8Activations }: Int4Awq): Scheme => ({
  name,
  bits: 4,
  groupSize,
  basis: { kind: 'approximate', reasons: ['factors-folded'] },
  takes: linearLayers,
  store(matrix, { kept }, entry) {
    const { matrices: copies, rows, columns } = linearsOf(matrix, entry);
    if (columns % groupSize !== 0 || rows % 2 !== 0) return 'width';
    const scalars = fp8Activations ? ['weight_scale_2', 'input_scale'] : [];
    return [
      { suffix: 'weight', dtype: 'U8', shape: [rows / 2, columns], copies, packed: true },
      { suffix: 'weight_scale', dtype: 'F32', shape: [rows, columns / groupSize], copies },
      { suffix: 'pre_quant_scale', dtype: kept, shape: [columns], copies },
      ...scalars.map((suffix): StoredTensor => ({ suffix, dtype: 'F32', shape: [], copies })),
    ];
  },
});
