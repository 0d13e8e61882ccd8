import { exact } from '../../basis';
import type { InventoryEntry } from '../../weights/inventory';
import type { Scheme } from '../scheme';
import { bytesPerStoredElement, type StoredTensor } from '../storage';

/** LLM.int8: weight I8, one F32 scale per row, one byte for the format. bitsandbytes/nn/modules.py, Linear8bitLt. */
export const int8 = (name: string, takes: Scheme['takes']): Scheme => ({
  name,
  bits: 8,
  groupSize: null,
  basis: exact,
  takes,
  store: ({ rows, columns }) => [
    { suffix: 'weight', dtype: 'I8', shape: [rows, columns], copies: 1, packed: true },
    { suffix: 'SCB', dtype: 'F32', shape: [rows], copies: 1 },
    { suffix: 'weight_format', dtype: 'U8', shape: [], copies: 1 },
  ],
});

/** Type that packed values lie in; any of them holds the same bytes (FSDP shards tensors of floats alone). */
export type PackedType = 'U8' | 'I8' | 'F16' | 'BF16' | 'F32' | 'F64';

export interface FourBit {
  readonly name: string;
  readonly type: 'nf4' | 'fp4';
  readonly doubleQuant: boolean;
  /** Elements of the flattened matrix that share a scale. */
  readonly blockSize?: number;
  /** `bnb_4bit_quant_storage`. */
  readonly packedType?: PackedType;
  readonly takes: Scheme['takes'];
}

/** Scales of scales share one scale by 256 (bitsandbytes functional.py, quantize_4bit). */
const nestedBlockSize = 256;

/**
 * 4-bit blocks over the flattened matrix: half a byte per element, absmax F32 per block, or U8 with a second level of scales
 * (double quantization, Dettmers et al. 2023), a table of 16 values, and the state of the quantizer as JSON text.
 * Layout: bitsandbytes functional.py, QuantState.as_dict; _ops.py, quantize_4bit, for the packed tensor.
 */
export const fourBit = ({ name, type, doubleQuant, blockSize = 64, packedType = 'U8', takes }: FourBit): Scheme => ({
  name,
  bits: 4,
  groupSize: blockSize,
  basis: exact,
  takes,
  store({ rows, columns }, { kept }, entry) {
    const elements = rows * columns;
    const blocks = Math.ceil(elements / blockSize);
    const packedElements = Math.floor((elements + 1) / (2 * bytesPerStoredElement[packedType]));
    const tensors: StoredTensor[] = [
      { suffix: 'weight', dtype: packedType, shape: [packedElements, 1], copies: 1, packed: true },
      { suffix: 'weight.absmax', dtype: doubleQuant ? 'U8' : 'F32', shape: [blocks], copies: 1 },
      { suffix: 'weight.quant_map', dtype: 'F32', shape: [16], copies: 1 },
    ];
    if (doubleQuant)
      tensors.push(
        { suffix: 'weight.nested_absmax', dtype: 'F32', shape: [Math.ceil(blocks / nestedBlockSize)], copies: 1 },
        { suffix: 'weight.nested_quant_map', dtype: 'F32', shape: [256], copies: 1 },
      );
    const length = stateText(type, blockSize, kept, entry, doubleQuant).length;
    tensors.push({ suffix: `weight.quant_state.bitsandbytes__${type}`, dtype: 'U8', shape: [length], copies: 1, text: true });
    return tensors;
  },
});

/**
 * The JSON that holds the quantizer's state. Its one figure that depends on the data is the offset of the nested scales, a
 * float32 printed in full: 19 characters on average, as 19 nines stand in for here.
 */
function stateText(type: string, blockSize: number, kept: string, { shape }: InventoryEntry, doubleQuant: boolean): string {
  const dtype = kept === 'F32' ? 'float32' : kept === 'F16' ? 'float16' : 'bfloat16';
  const plain = `"quant_type": "${type}", "blocksize": ${blockSize}, "dtype": "${dtype}", "shape": [${shape.join(', ')}]`;
  const nested = `, "nested_blocksize": ${nestedBlockSize}, "nested_dtype": "float32", "nested_offset": ${'9'.repeat(19)}`;
  return `{${plain}${doubleQuant ? nested : ''}}`;
}
