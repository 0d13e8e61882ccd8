/**
 * Types of tensors in a GGUF file: [number in the file, values per block, bytes per block]. Blocks run along a row and never
 * cross into the next. ggml-org/llama.cpp: ggml/include/ggml.h (enum ggml_type), ggml/src/ggml-common.h (block_*),
 * gguf-py/gguf/constants.py (GGML_QUANT_SIZES). Numbers 4, 5, 31–33 and 36–38 were types that are gone.
 */
const table = {
  F32: [0, 1, 4],
  F16: [1, 1, 2],
  Q4_0: [2, 32, 18],
  Q4_1: [3, 32, 20],
  Q5_0: [6, 32, 22],
  Q5_1: [7, 32, 24],
  Q8_0: [8, 32, 34],
  Q8_1: [9, 32, 36],
  Q2_K: [10, 256, 84],
  Q3_K: [11, 256, 110],
  Q4_K: [12, 256, 144],
  Q5_K: [13, 256, 176],
  Q6_K: [14, 256, 210],
  Q8_K: [15, 256, 292],
  IQ2_XXS: [16, 256, 66],
  IQ2_XS: [17, 256, 74],
  IQ3_XXS: [18, 256, 98],
  IQ1_S: [19, 256, 50],
  IQ4_NL: [20, 32, 18],
  IQ3_S: [21, 256, 110],
  IQ2_S: [22, 256, 82],
  IQ4_XS: [23, 256, 136],
  I8: [24, 1, 1],
  I16: [25, 1, 2],
  I32: [26, 1, 4],
  I64: [27, 1, 8],
  F64: [28, 1, 8],
  IQ1_M: [29, 256, 56],
  BF16: [30, 1, 2],
  TQ1_0: [34, 256, 54],
  TQ2_0: [35, 256, 66],
  MXFP4: [39, 32, 17],
  NVFP4: [40, 64, 36],
  Q1_0: [41, 128, 18],
  Q2_0: [42, 64, 18],
} as const satisfies Readonly<Record<string, readonly [id: number, block: number, bytes: number]>>;

export type GgmlType = keyof typeof table;

export const ggmlTypes = Object.keys(table) as readonly GgmlType[];

const byId: ReadonlyMap<number, GgmlType> = new Map(ggmlTypes.map((type) => [table[type][0], type]));

/** The type behind the number that a file's tensor table holds. */
export const ggmlTypeOf = (id: number): GgmlType | undefined => byId.get(id);

/** Values that share a block: rows are multiples of it. */
export const blockSize = (type: GgmlType): number => table[type][1];

/** Bytes of a row; `columns` is a multiple of the block. */
export const rowBytes = (type: GgmlType, columns: number): number => (columns / table[type][1]) * table[type][2];

/** Bits of a packed value, scales not counted: in its name, but for five ternary digits in a byte (TQ1_0). */
export const packedBits = (type: GgmlType): number => (type === 'TQ1_0' ? 1.6 : Number(/\d+/.exec(type)?.[0] ?? 0));

/** Values that share a scale where that is not the block: sub-blocks of the 256 (ggml-common.h, block_q2_K to block_iq4_xs, block_nvfp4). */
const scaleGroups: Partial<Readonly<Record<GgmlType, number>>> = {
  Q2_K: 16,
  Q3_K: 16,
  Q4_K: 32,
  Q5_K: 32,
  Q6_K: 16,
  IQ1_S: 32,
  IQ1_M: 16,
  IQ2_XXS: 32,
  IQ2_XS: 16,
  IQ2_S: 16,
  IQ3_XXS: 32,
  IQ3_S: 32,
  IQ4_XS: 32,
  NVFP4: 16,
};

/** @returns null for types without scales. */
export function scaleGroup(type: GgmlType): number | null {
  const block = blockSize(type);
  return block === 1 ? null : (scaleGroups[type] ?? block);
}
