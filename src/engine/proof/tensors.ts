/** Types of the safetensors format, and the bits of an element (huggingface/safetensors, safetensors/src/tensor.rs, Dtype). */
const bits = {
  BOOL: 8,
  F4: 4,
  F6_E2M3: 6,
  F6_E3M2: 6,
  U8: 8,
  I8: 8,
  F8_E5M2: 8,
  F8_E4M3: 8,
  F8_E8M0: 8,
  F8_E4M3FNUZ: 8,
  F8_E5M2FNUZ: 8,
  I16: 16,
  U16: 16,
  F16: 16,
  BF16: 16,
  I32: 32,
  U32: 32,
  F32: 32,
  C64: 64,
  F64: 64,
  I64: 64,
  U64: 64,
} as const;

/** By name; the name itself again, so that half a million tensors share one text. */
export const safetensorsBits: ReadonlyMap<string, { readonly name: string; readonly bits: number }> = new Map(
  Object.entries(bits).map(([name, each]) => [name, { name, bits: each }]),
);

/** A tensor as a header has it. */
export interface FileTensor {
  readonly name: string;
  /** A type of the safetensors format, or of ggml. */
  readonly dtype: string;
  /** Outermost dimension first, in GGUF files too (which write the innermost first). */
  readonly shape: readonly number[];
  /** Of its data, without padding. */
  readonly bytes: number;
}

/** A tensor and the file that holds it, as a number that whoever reads several files gives each. */
export interface PlacedTensor extends FileTensor {
  readonly file: number;
}

/** Elements of a shape; Infinity past what a number holds exactly. */
export function elementsOf(shape: readonly number[]): number {
  let elements = 1;
  for (const side of shape) elements *= side;
  return elements <= Number.MAX_SAFE_INTEGER ? elements : Infinity;
}

export const isCount = (value: unknown): value is number => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
