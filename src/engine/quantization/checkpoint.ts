import { exact, type Basis } from '../basis';
import type { JsonObject } from '../config/json';
import { bytesPerElement, type CacheDtype } from '../units/dtypes';
import type { Inventory } from '../weights/inventory';

/** What the files of the repository hold, as the config itself says. */
export interface Checkpoint {
  /** The dtype of plain weights ("bf16"), or the name of the quantization ("gptq-int4-g128"). */
  readonly scheme: string;
  /** Bytes of all tensors, buffers included, without the container's header. */
  readonly bytes: number;
  readonly basis: Basis;
}

export function describeCheckpoint(_root: JsonObject, { entries }: Inventory, dtype: CacheDtype): Checkpoint {
  let bytes = 0;
  for (const entry of entries) if (entry.tiedTo === undefined) bytes += entry.elements * entry.copies * (entry.dtype === 'float32' ? 4 : bytesPerElement[dtype]);
  return { scheme: dtype, bytes, basis: exact };
}
