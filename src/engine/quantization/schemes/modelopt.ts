import { exact, weakest } from '../../basis';
import { isKept, linearsOf, type Scheme } from '../scheme';
import { linearLayers } from '../selection';
import type { StoredTensor } from '../storage';

export interface Int4Awq {
  readonly name: string;
  readonly groupSize: number;
  /** W4A8_AWQ: a second scale, and one of the activations measured beforehand. */
  readonly fp8Activations: boolean;
}

/**
 * A scheme with a factor per column by which activations are multiplied first. The export folds some of these factors into the
 * layer before, by class and shape (NVIDIA/Model-Optimizer modelopt/torch/export/unified_export_hf.py,
 * requantize_resmooth_fused_llm_layers; quant_utils.py, fuse_prequant_to_linear); all are counted here.
 */
export const withFactors = (scheme: Scheme): Scheme => ({
  ...scheme,
  basis: weakest(scheme.basis, { kind: 'approximate', reasons: ['factors-folded'] }),
  store(matrix, context, entry) {
    const stored = scheme.store(matrix, context, entry);
    if (isKept(stored)) return stored;
    const { matrices: copies, columns } = linearsOf(matrix, entry);
    return [...stored, { suffix: 'pre_quant_scale', dtype: context.kept, shape: [columns], copies }];
  },
});

/**
 * INT4_AWQ and W4A8_AWQ of NVIDIA ModelOpt: two rows in a byte, F32 scales per group, and a factor per column. Layout:
 * NVIDIA/Model-Optimizer modelopt/torch/export/quant_utils.py, pack_int4_in_uint8.
 */
export const int4Awq = (layout: Int4Awq): Scheme => withFactors(int4(layout));

/** The same without the factors. */
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
