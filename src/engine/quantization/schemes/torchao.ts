/**
 * torchao through transformers, saved as safetensors: every tensor subclass is taken apart into its data, under the module's
 * name (pytorch/ao torchao/prototype/safetensors/safetensors_support.py). Bytes and
 * unpacked integers are held against what torchao 0.18 saves through transformers 5.23 (FP8 activations with the check of the
 * GPU left out).
 */
import { exact, type Basis } from '../../basis';
import type { Scheme } from '../scheme';
import { bySource } from './basis';
import { moduleRules, modulesOf } from '../transformersModules';

const modules = modulesOf(moduleRules.torchao);

/** Int4WeightOnlyConfig, plain packing: two values in a byte, a scale and a zero point per group at the model's type (int4_tensor.py). */
export const torchaoInt4 = (name: string, groupSize: number, basis: Basis, takes = modules): Scheme => ({
  name,
  bits: 4,
  groupSize,
  basis,
  takes,
  store({ rows, columns }, { kept }) {
    // Such a weight is skipped: quant_api.py, _int4_weight_only_quantize_tensor.
    if (columns % groupSize !== 0) return 'width';
    const groups = [columns / groupSize, rows];
    return [
      { suffix: '._weight_qdata', dtype: 'I8', shape: [rows, columns / 2], copies: 1, packed: true },
      { suffix: '._weight_scale', dtype: kept, shape: groups, copies: 1 },
      { suffix: '._weight_zero_point', dtype: kept, shape: groups, copies: 1 },
    ];
  },
});

/** Columns of whole tiles, and rows of one; values of a tile along either side. */
const tiles = { columns: 1024, innerColumns: 128, lanes: 32, words: 4 } as const;

const padded = (size: number, multiple: number): number => Math.ceil(size / multiple) * multiple;

/**
 * `tile_packed_to_4d` of Int4WeightOnlyConfig: words in tiles of tinygemm, columns padded to 1024 and rows to a tile's, with a scale
 * and a zero point in one BF16 tensor (int4_tile_packed_to_4d_tensor.py; pytorch aten/src/ATen/native/cuda/int4mm.cu).
 */
export const torchaoInt4Tiles = (name: string, groupSize: number, tileRows: number): Scheme => ({
  name,
  bits: 4,
  groupSize,
  basis: bySource,
  takes: modules,
  store({ rows, columns }) {
    if (columns % groupSize !== 0) return 'width';
    const [outputs, inputs] = [padded(rows, tileRows), padded(columns, tiles.columns)];
    const shape = [outputs / 8, inputs / tiles.innerColumns, tiles.lanes, tiles.words];
    return [
      { suffix: '._weight_qdata', dtype: 'I32', shape, copies: 1, packed: true },
      { suffix: '._weight_scale_and_zero', dtype: 'BF16', shape: [inputs / groupSize, outputs, 2], copies: 1 },
    ];
  },
});

export interface TorchaoByte {
  readonly name: string;
  readonly dtype: 'I8' | 'F8_E4M3';
  readonly perTensor?: boolean;
  /** Activations are FP8, too: sides that are no multiples of 16 are skipped (quantization/utils.py, _fp8_mm_compat). */
  readonly multiplied?: boolean;
  readonly basis: Basis;
  readonly takes?: Scheme['takes'];
}

/**
 * A byte per weight with F32 scales per row or per matrix (int8_tensor.py, float8_tensor.py). Integers have a zero point per
 * row beside, although they are symmetric.
 */
export const torchaoByte = ({ name, dtype, perTensor = false, multiplied = false, basis, takes = modules }: TorchaoByte): Scheme => ({
  name,
  bits: 8,
  groupSize: null,
  basis,
  takes,
  store({ rows, columns }) {
    if (multiplied && (rows % 16 !== 0 || columns % 16 !== 0)) return 'width';
    const shape = [perTensor ? 1 : rows, 1];
    return [
      { suffix: '._weight_qdata', dtype, shape: [rows, columns], copies: 1, packed: true },
      { suffix: '._weight_scale', dtype: 'F32', shape, copies: 1 },
      ...(dtype === 'I8' ? [{ suffix: '._weight_zero_point', dtype, shape, copies: 1 } as const] : []),
    ];
  },
});

/**
 * Integers of 1 to 8 bits in a byte each, with a scale at the model's type and a zero point of a byte per group or row, also where
 * they are symmetric (intx/intx_unpacked_to_int8_tensor.py).
 */
export const torchaoIntx = (name: string, groupSize: number | null): Scheme => ({
  name,
  bits: 8,
  groupSize,
  basis: exact,
  takes: modules,
  store({ rows, columns }, { kept }) {
    if (groupSize !== null && columns % groupSize !== 0) return 'width';
    const shape = [rows, groupSize === null ? 1 : columns / groupSize];
    return [
      { suffix: '._weight_qdata', dtype: 'I8', shape: [rows, columns], copies: 1, packed: true },
      { suffix: '._weight_scale', dtype: kept, shape, copies: 1 },
      { suffix: '._weight_zero_point', dtype: 'I8', shape, copies: 1 },
    ];
  },
});
