import { exact, type Basis } from '../../basis';
import type { InventoryEntry } from '../../weights/inventory';
import type { SavedForm, Scheme, StoreContext } from '../scheme';
import { bytesPerStoredElement, type StoredDtype, type StoredTensor } from '../storage';
import { moduleRules, modulesOf } from '../transformersModules';

export type HqqBits = 1 | 2 | 3 | 4 | 8;

export interface HqqLayout {
  readonly name: string;
  readonly bits: HqqBits;
  /** Values that share a scale; null: a whole row, or a whole column along axis 0. */
  readonly groupSize: number | null;
  /** 1: groups are rows of the packed matrix; 0: its columns. */
  readonly axis?: 0 | 1;
  /** Ternary weights (1.58): their width is stored as a float. */
  readonly ternary?: boolean;
  /**
   * Scales, zero points, and what linear modules hold beside packed weights in F32: transformers up to version 4, which never tells
   * its quantizer the type of the model (huggingface/transformers 4.44 to 4.57: quantizers/quantizer_hqq.py, modeling_utils.py).
   */
  readonly float32?: boolean;
  /** Packed values are stored as if they were floats of the scales' type (`view_as_float`). */
  readonly asFloats?: boolean;
  readonly basis?: Basis;
  readonly takes?: Scheme['takes'];
}

/** Values in an element of the packed matrix, and its type: 3 bits lie ten to a word, the others fill bytes. */
const packing: Readonly<Record<HqqBits, { readonly values: number; readonly dtype: StoredDtype; readonly text: string }>> = {
  8: { values: 1, dtype: 'U8', text: '8bit_u8' },
  4: { values: 2, dtype: 'U8', text: '4bit_u8' },
  3: { values: 10, dtype: 'I32', text: '3bit_32' },
  2: { values: 4, dtype: 'U8', text: '2bit_u8' },
  1: { values: 8, dtype: 'U8', text: '1bit_u8' },
};

const computeDtypes: Readonly<Record<StoreContext['kept'], string>> = {
  F64: 'torch.float64',
  F32: 'torch.float32',
  F16: 'torch.float16',
  BF16: 'torch.bfloat16',
};

/** Settings that a layer's state holds as tensors of one element each. */
const words = ['group_size', 'axis'] as const;
const flags = [
  ...['view_as_float', 'quant_scale', 'quant_zero', 'offload_meta', 'encoded_state_dict'],
  ...['stores_quant_config', 'channel_wise', 'optimize', 'round_zero'],
] as const;

/**
 * HQQ: along axis 1 groups of the flattened matrix lie one below the other, packed across groups, along axis 0 one beside the
 * other, packed within; a scale and a zero point per group at the model's type; and the layer's settings, each a tensor of its
 * own. Layout: mobiusml/hqq hqq/core/quantize.py HQQLinear.state_dict, bitpack.py, utils.py encode_safetensor_type; every width
 * on both axes held against what hqq 0.2.8 saves, and transformers 4.57 with it.
 */
export const hqq = ({
  name,
  bits,
  groupSize,
  axis = 1,
  ternary,
  float32 = false,
  asFloats = false,
  basis = exact,
  takes = modulesOf(moduleRules.hqq),
}: HqqLayout): Scheme => ({
  name,
  bits,
  groupSize,
  basis,
  takes,
  ...(float32 && { saves: savedInFloat32 }),
  store({ rows, columns }, context) {
    const kept = float32 ? 'F32' : context.kept;
    const { values, dtype, text } = packing[bits];
    const size = groupSize ?? (axis === 1 ? columns : rows);
    const groups = (rows * columns) / size;
    const packedAcross = axis === 1 ? groups : size;
    // Ten values to a word are padded; halves, quarters and eighths have to be whole.
    if (!Number.isInteger(groups) || (bits !== 3 && packedAcross % values !== 0)) return 'width';
    const one = (suffix: string, type: StoredDtype, shape: readonly number[] = []): StoredTensor => ({
      suffix,
      dtype: type,
      shape,
      copies: 1,
    });
    const along = (length: number, other: number): readonly number[] => (axis === 1 ? [length, other] : [other, length]);
    const packed = Math.ceil(packedAcross / values);
    const across = axis === 1 ? size : groups;
    const seen = (across * bytesPerStoredElement[dtype]) / bytesPerStoredElement[kept];
    const view = asFloats && Number.isInteger(seen) ? { dtype: kept, shape: [packed, seen] } : { dtype, shape: [packed, across] };
    return [
      { suffix: 'W_q', ...view, copies: 1, packed: true },
      one('scale', kept, along(groups, 1)),
      one('zero', kept, along(groups, 1)),
      one('shape', 'I64', [2]),
      one('packing', 'U8', [text.length]),
      one('unpack_view_dtype', 'U8', [`torch.${dtype === 'I32' ? 'int32' : 'uint8'}`.length]),
      one('compute_dtype', 'U8', [computeDtypes[kept].length]),
      one('nbits', ternary ? 'F32' : 'I32'),
      ...words.map((word) => one(word, 'I32')),
      ...flags.map((flag) => one(flag, 'U8')),
    ];
  },
});

/** Linear modules that are not quantized, and biases of all of them. */
function savedInFloat32({ name, shape, elements, role }: InventoryEntry, { shapeOf }: StoreContext): readonly SavedForm[] | undefined {
  const isLinear = role === 'linear' || role === 'head' || role === 'router';
  const ofLinear = role === 'bias' && shapeOf(name.replace(/bias$/, 'weight'))?.length === 2;
  return isLinear || ofLinear ? [{ name, dtype: 'F32', shape, elements }] : undefined;
}
