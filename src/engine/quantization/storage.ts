import type { CacheDtype } from '../units/dtypes';

/** Types of stored tensors, by the names of the safetensors format (huggingface/safetensors, README "Format"). */
export type StoredDtype = 'F64' | 'F32' | 'F16' | 'BF16' | 'F8_E4M3' | 'F8_E5M2' | 'F8_E8M0' | 'I64' | 'I32' | 'I16' | 'I8' | 'U32' | 'U8';

export const bytesPerStoredElement: Readonly<Record<StoredDtype, number>> = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  F8_E4M3: 1,
  F8_E5M2: 1,
  F8_E8M0: 1,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U32: 4,
  U8: 1,
};

/** One tensor that a weight becomes in a quantized checkpoint. */
export interface StoredTensor {
  /** What stands in the checkpoint in place of `weight`; one that starts with `_` follows the whole name, with `.` the module's. */
  readonly suffix: string;
  readonly dtype: StoredDtype;
  readonly shape: readonly number[];
  /** How many stand for one tensor of the model: the number of experts when each is stored by itself. */
  readonly copies: number;
  /** The packed weight itself, as against scales, zeros, indices and the like. */
  readonly packed?: true;
  /** Elements of the weight that one copy holds, where it is stored as several layers. */
  readonly elements?: number;
  /** Text whose length depends on the data: the shape is an estimate, and its bytes are counted apart. */
  readonly text?: true;
}

/** Bytes of a stored tensor over all its copies. */
export function bytesOf({ dtype, shape, copies }: StoredTensor): number {
  let elements = copies;
  for (const dimension of shape) elements *= dimension;
  return elements * bytesPerStoredElement[dtype];
}

/** The name of a stored tensor of the weight `name`; `../` stands for the module around its own. */
export function storedName(name: string, suffix: string): string {
  if (suffix.startsWith('../')) return `${name.split('.').slice(0, -2).join('.')}.${suffix.slice(3)}`;
  if (suffix.startsWith('_')) return `${name}${suffix}`;
  const module = name.endsWith('.weight') ? name.slice(0, -'.weight'.length) : name;
  return suffix.startsWith('.') ? `${module}${suffix}` : `${module}.${suffix}`;
}

/** The type of tensors that a scheme leaves alone. A config that names an 8-bit dtype says nothing of them: they are BF16 then. */
export function keptDtype(dtype: CacheDtype): 'F64' | 'F32' | 'F16' | 'BF16' {
  if (dtype === 'fp64') return 'F64';
  return dtype === 'fp32' ? 'F32' : dtype === 'fp16' ? 'F16' : 'BF16';
}

/** The type of the tensors of a checkpoint that is not quantized. */
export function plainDtype(dtype: CacheDtype): StoredDtype {
  if (dtype === 'fp8') return 'F8_E4M3';
  return dtype === 'int8' ? 'I8' : keptDtype(dtype);
}

/** Groups of `size` columns in a row; the last may be short. A size of -1, 0 or none is one group for the whole row. */
export const groupsIn = (columns: number, size: number | null): number => (size === null || size <= 0 ? 1 : Math.ceil(columns / size));
