import type { Basis } from '../../basis';
import type { Component } from '../../modules/tree';
import type { InventoryEntry, Matrix } from '../../weights/inventory';
import { linearsOf, type SavedForm, type Scheme, type StoreContext } from '../scheme';
import { linearLayersAndTowers, stackedLinearLayers, stackedLinearLayersAndHead } from '../selection';
import type { StoredTensor } from '../storage';
import { fusedParts, type FusedPart } from './exllamaParts';

export interface Exl3Layout {
  readonly name: string;
  /** Bits of a weight: whole or a half more, or an average where a mix is not told apart; of a fused layer, of each of its parts. */
  readonly bits: number | readonly number[];
  /** Bits of the head's weights; left out: the head stays. */
  readonly headBits?: number | undefined;
  /** Bits of the towers' weights; left out: the towers are copied as they are. */
  readonly towerBits?: number | undefined;
  /** Signs of both sides of the Hadamard transform: F16 values, or single bits in words of 16 in files of the first months. */
  readonly signs?: 'values' | 'bits';
  /** The tensor that names the codebook; the first one had none. */
  readonly codebook?: 'mcg' | 'mul1' | '3inst';
  readonly basis: Basis;
  readonly takes?: Scheme['takes'];
}

/**
 * Whether every layer of the stack has the same width: whole bits, and with the codebook mul1 halves below 4
 * (exllamav3/conversion/allocation.py, HALF_RATES).
 */
export const isOneWidth = (bits: number, codebook: Exl3Layout['codebook']): boolean =>
  Number.isInteger(bits) || (codebook === 'mul1' && bits < 4 && Number.isInteger(2 * bits));

/** Both sides are padded to whole blocks of the Hadamard transform (exllamav3/modules/linear.py, pad_to). */
const padded = (size: number): number => Math.ceil(size / 128) * 128;

/**
 * EXL3: the trellis of each 16×16 tile in words of 16 bits, signs of both sides, and the multiplier of the codebook. Layout:
 * turboderp-org/exllamav3 exllamav3/modules/quant/exl3.py, LinearEXL3; codebook mul1 by default since conversion/convert_model.py
 * has the option. Held against what the modules and the converter of exllamav3 1.6.5 save with zeros in the place of what its CUDA
 * kernels return: Llama, Qwen 2, 3, 3.5, 3 MoE and 3 VL, Phi-3, GLM-4, Mixtral, DeepSeek-V3, Cohere, Gemma 3.
 */
export function exl3(layout: Exl3Layout): Scheme {
  const { name, bits, headBits, towerBits, basis } = layout;
  const ofStack = headBits === undefined ? stackedLinearLayers : stackedLinearLayersAndHead;
  const takes: Scheme['takes'] =
    layout.takes ?? ((entry) => (inTower(entry) ? ofTower(entry, towerBits) : (keptByModules(entry) ?? ofStack(entry))));
  return {
    name,
    bits: bitsAt(bits, 0),
    groupSize: null,
    basis,
    takes,
    store(matrix, context, entry) {
      const { matrices: copies, rows, columns } = linearsOf(matrix, entry);
      const widths = entry.role === 'head' ? (headBits ?? bits) : inTower(entry) ? (towerBits ?? bits) : bits;
      const parts = fusedParts(entry, context);
      if (!parts) return layer({ matrices: copies, rows, columns }, bitsAt(widths, 0), layout);
      return [
        ...parts.flatMap((part, at) => partOf(part, { matrices: copies, rows: part.rows, columns }, bitsAt(widths, at), layout)),
        // The converter copies what no module of its own names (compile.py, get_additional_compiled_tensors).
        ...(inTower(entry) ? [{ suffix: 'weight', dtype: context.kept, shape: entry.shape, copies }] : []),
      ];
    },
    saves: (entry, context) => savedForms(entry, context, takes, towerBits !== undefined),
  };
}

const bitsAt = (bits: number | readonly number[], at: number): number => (typeof bits === 'number' ? bits : (bits[at] ?? bits[0] ?? 0));

const partOf = ({ name, rows }: FusedPart, matrix: Matrix, bits: number, layout: Exl3Layout): readonly StoredTensor[] =>
  layer(matrix, bits, layout).map((tensor) => ({
    ...tensor,
    suffix: `../${name}.${tensor.suffix}`,
    ...(tensor.packed && { elements: rows * matrix.columns }),
  }));

/** What one linear layer becomes. */
function layer({ matrices: copies, rows, columns }: Matrix, bits: number, { signs = 'values', codebook = 'mul1' }: Exl3Layout) {
  const [out, inner] = [padded(rows), padded(columns)];
  const words = 16 * bits;
  const shape = Number.isInteger(words) ? [inner / 16, out / 16, words] : [Math.round((inner * out * bits) / 16)];
  const tensors: StoredTensor[] = [{ suffix: 'trellis', dtype: 'I16', shape, copies, packed: true }];
  if (signs === 'values')
    tensors.push({ suffix: 'suh', dtype: 'F16', shape: [inner], copies }, { suffix: 'svh', dtype: 'F16', shape: [out], copies });
  else tensors.push({ suffix: 'su', dtype: 'I16', shape: [inner / 16], copies }, { suffix: 'sv', dtype: 'I16', shape: [out / 16], copies });
  if (codebook !== '3inst') tensors.push({ suffix: codebook, dtype: 'I32', shape: [], copies });
  return tensors;
}

const towers: ReadonlySet<Component> = new Set(['vision', 'audio', 'projector']);
const inTower = ({ component }: InventoryEntry): boolean => towers.has(component);

const ofTower = (entry: InventoryEntry, bits: number | undefined) =>
  bits === undefined && entry.role === 'linear' ? 'tower' : linearLayersAndTowers(entry);

/**
 * Layers that the modules give no place in the quantizer (`qmap = None`): the second half of MLA's keys and values, and gates and
 * decays of linear attention (exllamav3/modules/mla_attn.py, gated_delta_net.py).
 */
const unquantized = /\.(kv_b_proj|(linear_attn|self_attn)\.(in_proj_(ba|a|b)|[fg]_[ab]_proj|b_proj))\.weight$/;
const keptByModules = ({ name }: InventoryEntry) => (unquantized.test(name) ? ('not-a-module' as const) : undefined);

/**
 * Kept tensors as the converter's modules give them back: embeddings and RMS norms in the model's own type, everything else in F16,
 * linear layers padded as quantized ones are (modules/linear.py, layernorm.py, conv.py; get_tensors).
 */
function savedForms(
  entry: InventoryEntry,
  context: StoreContext,
  takes: Scheme['takes'],
  loadsTowers: boolean,
): readonly SavedForm[] | undefined {
  const { name, shape, role, elements, buffer } = entry;
  // Gemma 3's projector is a bare parameter that the converter calls a module's (loader/safetensors.py, tensor_name_fixes).
  if (name.endsWith('.mm_input_projection_weight'))
    return [{ name: name.replace(/_weight$/, '.weight'), dtype: context.kept, shape, elements }];
  if (buffer || entry.dtype === 'float32' || (inTower(entry) && !loadsTowers)) return undefined;
  const half = (sides: readonly number[]): readonly SavedForm[] => [{ name, dtype: 'F16', shape: sides, elements }];
  if (role === 'head' && shape.length === 2) return half(shape.map(padded));
  if (role === 'linear' || role === 'router') return half(shape);
  if (role === 'convolution') return inTower(entry) ? half(shape) : undefined;
  if (role === 'norm') return isLayerNorm(entry, context) ? half(shape) : undefined;
  if (role === 'other') return name.endsWith('.sinks') ? half(shape) : undefined;
  if (role !== 'bias' || !name.endsWith('.bias')) return undefined;
  return savedBias(entry, context, takes) ?? half(shape);
}

/** A bias of a quantized layer: padded like it, and apart where it is. */
function savedBias(entry: InventoryEntry, context: StoreContext, takes: Scheme['takes']): readonly SavedForm[] | undefined {
  const { name, shape, elements, component } = entry;
  if (component === 'router') return undefined;
  const module = name.slice(0, -'.bias'.length);
  const sides = context.shapeOf(`${module}.weight`);
  if (sides?.length !== 2) return undefined;
  const weight: InventoryEntry = { ...entry, name: `${module}.weight`, shape: sides, role: 'linear' };
  if (takes(weight) !== undefined) return undefined;
  const parts = fusedParts(weight, context);
  if (!parts) return [{ name, dtype: 'F16', shape: shape.map(padded), elements }];
  const around = module.slice(0, module.lastIndexOf('.') + 1);
  return [
    ...parts.map((part): SavedForm => ({
      name: `${around}${part.name}.bias`,
      dtype: 'F16',
      shape: [padded(part.rows)],
      elements: part.rows,
    })),
    ...(inTower(entry) ? [{ name, dtype: context.kept, shape, elements: 0 }] : []),
  ];
}

/** One with a bias; of RMS norms none has. */
const isLayerNorm = ({ name }: InventoryEntry, { shapeOf }: StoreContext): boolean =>
  name.endsWith('.bias') || shapeOf(name.replace(/weight$/, 'bias')) !== undefined;
