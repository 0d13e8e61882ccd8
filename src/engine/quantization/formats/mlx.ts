import { isObject, type JsonObject } from '../../config/json';
import { integer, text, withRules, type Block, type Recipe } from '../recipe';
import type { KeepReason, Scheme } from '../scheme';
import { mlx, type MlxLayout } from '../schemes/mlx';
import { mlxOfBlock } from '../schemes/mlxClasses';
import { mlxConversion } from '../schemes/mlxConversion';
import { anyMatrix } from '../selection';
import type { Writer } from '../writers';
import { mlxRules } from './mlxModules';
import { wholeOr } from './numbers';

type Mode = NonNullable<MlxLayout['mode']>;

/** Group sizes that the formats fix (mlx/ops.cpp, quantize); affine takes what it is told, 64 when told nothing. */
const fixedGroup: Readonly<Record<Mode, number>> = { affine: 64, mxfp4: 32, mxfp8: 32, nvfp4: 16 };
const fixedBits: Readonly<Record<Mode, number>> = { affine: 4, mxfp4: 4, mxfp8: 8, nvfp4: 4 };

const modeOf = (config: JsonObject): Mode => {
  const written = text(config['mode']);
  return written !== undefined && Object.hasOwn(fixedGroup, written) ? (written as Mode) : 'affine';
};

const nameOf = (bits: number, size: number, mode: Mode): string => (mode === 'affine' ? `mlx-${bits}bit-g${size}` : `mlx-${mode}`);

const validBits = (bits: number): boolean => bits >= 2 && bits <= 8;
const validGroup = (size: number): boolean => size > 0 && size <= 2 ** 20;

/**
 * MLX's own `quantization` block: bits and group size for all, and other ones (or `false`) under the names of single modules,
 * the head's among them, which has no dot. What a module's own numbers leave out is as the program has it, not as the block:
 * affine, and its mode's bits and group (mlx python/mlx/nn/layers/quantized.py, quantize, `to_quantized(**params)`). A switch of
 * the writer's that is off names no module and changes nothing.
 */
export function readMlx(block: Block, told?: Writer): Recipe {
  const { config } = block;
  const mode = modeOf(config);
  const bits = integer(block, ['bits'], fixedBits[mode], validBits);
  const groupSize = integer(block, ['group_size'], fixedGroup[mode], validGroup);
  const name = nameOf(bits, groupSize, mode);
  const entries = new Map<string, Scheme | KeepReason>();
  for (const [path, change] of Object.entries(config)) {
    if (change === false) entries.set(path, 'kept-by-name');
    if (!isObject(change)) continue;
    const itsMode = modeOf(change);
    const itsBits = wholeOr(change, 'bits', fixedBits[itsMode], validBits);
    const itsGroup = wholeOr(change, 'group_size', fixedGroup[itsMode], validGroup);
    const itsName = nameOf(itsBits, itsGroup, itsMode);
    entries.set(path, mlx({ name: itsName, bits: itsBits, groupSize: itsGroup, mode: itsMode, takes: anyMatrix }));
  }
  const fallback = mlxOfBlock({ name, bits, groupSize, mode }, block.modelType);
  return { name, fallback, ...mlxConversion(block.root, block.modelType, told), ...withRules(block, mlxRules(entries, fallback)) };
}
