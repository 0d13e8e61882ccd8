import type { Basis } from '../../basis';
import type { InventoryEntry } from '../../weights/inventory';
import { linearsOf, type Scheme } from '../scheme';
import { stackedLinearLayers } from '../selection';
import type { StoredTensor } from '../storage';

export interface QuipLayout {
  readonly name: string;
  /** 2: one codebook of eight-dimensional vectors (E8P12); 3 and 4: a second one for the residual. */
  readonly bits: 2 | 3 | 4;
  /** Whether columns are rescaled beforehand. */
  readonly rescaled?: boolean;
  readonly basis: Basis;
  readonly takes?: Scheme['takes'];
}

/** Layers that the writer's own model fuses with the one before them, whose input signs serve them too. */
const fusedInto = /\.(k_proj|v_proj|gate_proj)\.weight$/;
/** Layers that the others are fused into, and how many there are then. */
const fused: readonly (readonly [end: string, layers: number])[] = [
  ['.q_proj.weight', 3],
  ['.up_proj.weight', 2],
];

/**
 * QuIP#: indices of the E8P codebook in words of 64 bits, random signs of both sides of the Hadamard transform in F16, a
 * scale, the number of the codebook. Query, key and value are one layer, and so are up and gate, with a scale each.
 * Layout: Cornell-RelaxML/quip-sharp lib/linear/quantized_linear.py and fused_quantized_linear.py, model/llama.py;
 * hfize_llama.py halves every floating-point tensor.
 */
export const quip = ({ name, bits, rescaled = false, basis, takes = stackedLinearLayers }: QuipLayout): Scheme => ({
  name,
  bits,
  groupSize: null,
  basis,
  takes,
  store(matrix, _context, entry) {
    const { matrices: copies, rows, columns } = linearsOf(matrix, entry);
    if ((columns * bits) % 64 !== 0) return 'width';
    const tensors: StoredTensor[] = [
      { suffix: 'Qidxs', dtype: 'I64', shape: [rows, (columns * bits) / 64], copies, packed: true },
      { suffix: 'SV', dtype: 'F16', shape: [rows], copies },
    ];
    if (fusedInto.test(entry.name)) return tensors;
    tensors.push(
      { suffix: 'SU', dtype: 'F16', shape: [columns], copies },
      { suffix: 'Wscale', dtype: 'F16', shape: [], copies },
      { suffix: 'codebook_id', dtype: 'I64', shape: [], copies },
    );
    if (rescaled) tensors.push({ suffix: 'scaleWH', dtype: 'F16', shape: [columns], copies });
    const layers = layersIn(entry);
    if (layers > 1) tensors.push({ suffix: 'fuse_scales', dtype: 'F16', shape: [layers], copies });
    return tensors;
  },
});

const layersIn = ({ name }: InventoryEntry): number => fused.find(([end]) => name.endsWith(end))?.[1] ?? 1;

export interface QtipLayout {
  readonly name: string;
  readonly bits: number;
  /** Bits of the table that is learned per layer, of vectors of two; 0 for codes that are computed. */
  readonly tableBits?: number;
  readonly vectorLength?: number;
  readonly tile?: readonly [rows: number, columns: number];
  readonly basis: Basis;
  readonly takes?: Scheme['takes'];
}

/**
 * QTIP: the trellis of each 16×16 tile in words of 16 bits, a small table, signs of both sides (those of the rows in F32)
 * and two counters of tensor parallelism. Layout: Cornell-RelaxML/qtip lib/linear/quantized_linear.py; the published files
 * have the HYB code with L=16, Q=9, V=2 (its README.md).
 */
export const qtip = ({
  name,
  bits,
  tableBits = 9,
  vectorLength = 2,
  tile: [tileRows, tileColumns] = [16, 16],
  basis,
  takes = stackedLinearLayers,
}: QtipLayout): Scheme => ({
  name,
  bits,
  groupSize: null,
  basis,
  takes,
  store(matrix, _context, entry) {
    const { matrices: copies, rows, columns } = linearsOf(matrix, entry);
    if (rows % tileRows !== 0 || columns % tileColumns !== 0) return 'width';
    const tiles = (rows / tileRows) * (columns / tileColumns);
    const tensors: StoredTensor[] = [
      { suffix: 'trellis', dtype: 'I16', shape: [tiles, Math.ceil((tileRows * tileColumns * bits) / 16)], copies, packed: true },
      { suffix: 'SU', dtype: 'F16', shape: [columns], copies },
      { suffix: 'SV', dtype: 'F32', shape: [rows], copies },
      { suffix: 'rcp', dtype: 'I64', shape: [], copies },
      { suffix: 'tp_rank', dtype: 'I64', shape: [], copies },
    ];
    if (tableBits > 0) tensors.push({ suffix: 'tlut', dtype: 'F16', shape: [2 ** tableBits, vectorLength], copies });
    return tensors;
  },
});
