/**
 * Layouts of vllm-project/compressed-tensors (src/compressed_tensors/compressors and quantization/lifecycle/initialize.py):
 * scales take the type of the model.
 */
import { exact, type Basis } from '../../basis';
import { isKept, linearsOf, type Scheme } from '../scheme';
import { linearLayers } from '../selection';
import { groupsIn, type StoredDtype, type StoredTensor } from '../storage';

/** What a module holds beside its weight for the values that go in or come out. */
export interface ActivationLayout {
  readonly side: 'input' | 'output';
  readonly strategy: 'tensor' | 'group' | 'tensor_group';
  /** Columns, or rows on the side of the output, that share a scale. */
  readonly groupSize: number;
  /** Type of the zero points; left out where there are none. */
  readonly zeroPoint?: StoredDtype;
  /** `local`: scales of groups are found while running, that of the tensor was measured beforehand. */
  readonly local: boolean;
}

/** A scheme whose modules hold these, too (quantization/lifecycle/initialize.py, initialize_qparams). */
export function withActivations(scheme: Scheme, activations: readonly ActivationLayout[]): Scheme {
  if (activations.length === 0) return scheme;
  return {
    ...scheme,
    store(matrix, context, entry) {
      const stored = scheme.store(matrix, context, entry);
      if (isKept(stored)) return stored;
      const { matrices: copies, rows, columns } = linearsOf(matrix, entry);
      return [
        ...stored,
        ...activations.flatMap(({ side, strategy, groupSize, zeroPoint, local }): readonly StoredTensor[] => {
          const whole: StoredTensor = { suffix: `${side}_global_scale`, dtype: 'F32', shape: [1], copies };
          const shape = strategy === 'tensor' ? [1] : [groupsIn(side === 'input' ? columns : rows, groupSize)];
          return [
            ...(strategy === 'tensor_group' ? [whole] : []),
            ...(local ? [] : [{ suffix: `${side}_scale`, dtype: context.kept, shape, copies }]),
            ...(local || !zeroPoint ? [] : [{ suffix: `${side}_zero_point`, dtype: zeroPoint, shape, copies }]),
          ];
        }),
      ];
    },
  };
}

/**
 * Widths that do not divide 32: values may lie across words since May 2026 (pull request 715); before, the rest of each word was
 * left unused.
 */
export type PackingWriter = (typeof packingWriters)[number];

export const packingWriters = ['compressed-tensors-padded', 'compressed-tensors-dense'] as const;

export interface PackedLayout {
  readonly name: string;
  readonly bits: number;
  /** Columns per group; null: one scale per row, or for all. */
  readonly groupSize: number | null;
  /** One scale for the whole matrix, whose zero point is not packed (pack_quantized/base.py, PACK_ZP_STRATS). */
  readonly perTensor?: boolean;
  readonly symmetric?: boolean;
  /** Activation order that needs the group of each column (actorder "group"). */
  readonly groupIndex?: boolean;
  /** Values may lie across words. */
  readonly dense?: boolean;
  readonly basis?: Basis;
  readonly takes?: Scheme['takes'];
}

/** 32-bit words for so many values. */
const words = (values: number, bits: number, dense: boolean): number =>
  Math.ceil(dense ? (values * bits) / 32 : values / Math.floor(32 / bits));

/** `pack-quantized`: integers packed along the row, for weight-only kernels. */
export const packed = ({
  name,
  bits,
  groupSize,
  perTensor = false,
  symmetric = true,
  groupIndex = false,
  dense = false,
  basis = exact,
  takes = linearLayers,
}: PackedLayout): Scheme => ({
  name,
  bits,
  groupSize,
  basis,
  takes,
  store(matrix, { kept }, entry) {
    const { matrices: copies, rows, columns } = linearsOf(matrix, entry);
    const groups = groupsIn(columns, groupSize);
    const tensors: StoredTensor[] = [
      { suffix: 'weight_packed', dtype: 'I32', shape: [rows, words(columns, bits, dense)], copies, packed: true },
      { suffix: 'weight_scale', dtype: kept, shape: perTensor ? [1] : [rows, groups], copies },
      { suffix: 'weight_shape', dtype: 'I64', shape: [2], copies },
    ];
    const zeroPoint = { suffix: 'weight_zero_point', copies };
    if (!symmetric && perTensor) tensors.push({ ...zeroPoint, dtype: 'I8', shape: [1] });
    else if (!symmetric) tensors.push({ ...zeroPoint, dtype: 'I32', shape: [words(rows, bits, dense), groups] });
    if (groupIndex) tensors.push({ suffix: 'weight_g_idx', dtype: 'I32', shape: [columns], copies });
    return tensors;
  },
});

export interface PlainLayout {
  readonly name: string;
  readonly dtype: 'I16' | 'I8' | 'F8_E4M3';
  readonly strategy: 'tensor' | 'channel' | 'group' | 'block';
  readonly groupSize?: number | null;
  readonly block?: readonly [rows: number, columns: number];
  /** Type of the scales; left out: the type of the tensors that are kept. */
  readonly scale?: StoredDtype;
  readonly symmetric?: boolean;
  /** Activation order that needs the group of each column (actorder "group"). */
  readonly groupIndex?: boolean;
  readonly basis?: Basis;
  readonly takes?: Scheme['takes'];
}

/**
 * `int-quantized`, `float-quantized`, `naive-quantized`: one byte per weight (two for integers of more than 8 bits) and scales by
 * tensor, row, group or block. Zero points are of the values' own type (QuantizationArgs.pytorch_dtype, zp_dtype).
 */
export const plain = ({
  name,
  dtype,
  strategy,
  groupSize = null,
  block: [blockRows, blockColumns] = [128, 128],
  scale,
  symmetric = true,
  groupIndex = false,
  basis = exact,
  takes = linearLayers,
}: PlainLayout): Scheme => ({
  name,
  bits: dtype === 'I16' ? 16 : 8,
  groupSize,
  basis,
  takes,
  store(matrix, { kept }, entry) {
    const { matrices: copies, rows, columns } = linearsOf(matrix, entry);
    const scaleShape =
      strategy === 'tensor'
        ? [1]
        : strategy === 'block'
          ? [Math.ceil(rows / blockRows), Math.ceil(columns / blockColumns)]
          : [rows, strategy === 'group' ? groupsIn(columns, groupSize) : 1];
    const tensors: StoredTensor[] = [
      { suffix: 'weight', dtype, shape: [rows, columns], copies, packed: true },
      { suffix: 'weight_scale', dtype: scale ?? kept, shape: scaleShape, copies },
    ];
    if (!symmetric) tensors.push({ suffix: 'weight_zero_point', dtype, shape: scaleShape, copies });
    if (groupIndex) tensors.push({ suffix: 'weight_g_idx', dtype: 'I32', shape: [columns], copies });
    return tensors;
  },
});

export interface Fp4Layout {
  readonly name: string;
  /** Bits of a value: 4, or 6 for MXFP6, four of which lie in three bytes. */
  readonly bits?: 4 | 6;
  /** Columns per scale: 16 for NVFP4, 32 for MXFP4. */
  readonly groupSize: number;
  readonly scale: StoredDtype;
  /** F32 scalars beside the block scales. */
  readonly scalars: readonly string[];
  readonly suffix?: string;
  readonly basis?: Basis;
  readonly takes?: Scheme['takes'];
}

/**
 * 4-bit floats, two in a byte, with a scale per block of a row: NVFP4 and MXFP4 packs. compressed-tensors holds single values
 * in vectors of one, ModelOpt, whose packed weight is called `weight`, in scalars.
 */
export const fp4 = ({
  name,
  bits = 4,
  groupSize,
  scale,
  scalars,
  suffix = 'weight_packed',
  basis = exact,
  takes = linearLayers,
}: Fp4Layout): Scheme => ({
  name,
  bits,
  groupSize,
  basis,
  takes,
  store(matrix, _context, entry) {
    const { matrices: copies, rows, columns } = linearsOf(matrix, entry);
    if (columns % groupSize !== 0) return 'width';
    const shape = suffix === 'weight_packed' ? [1] : [];
    return [
      { suffix, dtype: 'U8', shape: [rows, (columns * bits) / 8], copies, packed: true },
      { suffix: 'weight_scale', dtype: scale, shape: [rows, columns / groupSize], copies },
      ...scalars.map((scalar): StoredTensor => ({ suffix: scalar, dtype: 'F32', shape, copies })),
    ];
  },
});
