import type { Basis } from '../basis';
import type { Role } from '../modules/tree';
import { matrixOf, type InventoryEntry, type Matrix } from '../weights/inventory';
import type { StoredDtype, StoredTensor } from './storage';

/** Why a tensor keeps the checkpoint's own type. */
export type KeepReason =
  /** Its role is one that the scheme never touches. */
  | Exclude<Role, 'linear'>
  /** It belongs to a vision or audio tower or to the projector between tower and text. */
  | 'tower'
  /** It has not two dimensions, nor three with experts first. */
  | 'not-a-matrix'
  /** The writer converts the layers of the stack only. */
  | 'outside-layers'
  /** The writer converts experts only. */
  | 'not-an-expert'
  /** The writer converts linear modules, and these experts are one bare parameter. */
  | 'fused-experts'
  /** The writer converts linear modules, and this is a parameter of another. */
  | 'not-a-module'
  /** The checkpoint holds it packed, and the writer keeps that. */
  | 'already-packed'
  /** The row is no multiple of the group, block or word. */
  | 'width'
  /** The configuration names it. */
  | 'kept-by-name'
  /** Somebody asked for it. */
  | 'kept-by-choice'
  /** The configuration names what is quantized, and this is not among it. */
  | 'not-named'
  /** Nothing is quantized. */
  | 'not-quantized';

/** What a scheme may ask about the checkpoint around a tensor. */
export interface StoreContext {
  /** Type of the tensors that are left alone; scales take it in some schemes. */
  readonly kept: 'F64' | 'F32' | 'F16' | 'BF16';
  /** Type of a tensor that is left alone: some are float32 whatever the rest is. */
  typeOf(entry: Pick<InventoryEntry, 'name' | 'dtype'>): StoreContext['kept'];
  /** Whether the module of this tensor has a bias of its own. */
  hasBias(entry: InventoryEntry): boolean;
  /** Sides of the model's tensor of this name, numbered modules as {n}. */
  shapeOf(name: string): readonly number[] | undefined;
}

/**
 * How one family of checkpoints stores a weight. A scheme is a function from a tensor to the tensors that it becomes, or to
 * the reason why it is left alone; `takes` decides by kind and place, `store` by shape.
 */
export interface Scheme {
  readonly name: string;
  /** Bits of a packed weight, without scales. */
  readonly bits: number;
  /** Columns that share a scale; null: the whole row, or the whole matrix. */
  readonly groupSize: number | null;
  /** How sure the layout is: exact when it reproduced published files to the byte. */
  readonly basis: Basis;
  takes(entry: InventoryEntry): KeepReason | undefined;
  store(matrix: Matrix, context: StoreContext, entry: InventoryEntry): readonly StoredTensor[] | KeepReason;
  /** How its writer saves a tensor that it leaves alone, where that is otherwise than in the model. */
  saves?(entry: InventoryEntry, context: StoreContext): readonly SavedForm[] | undefined;
}

/** A tensor of the model that is not quantized, as it stands in the files. */
export interface SavedForm {
  readonly name: string;
  readonly dtype: StoredDtype;
  readonly shape: readonly number[];
  /** Elements of the model's tensor in it. */
  readonly elements: number;
}

/** What a tensor becomes under a scheme, or why it stays as it is. */
export function storeTensor(scheme: Scheme, entry: InventoryEntry, context: StoreContext): readonly StoredTensor[] | KeepReason {
  const reason = scheme.takes(entry);
  if (reason !== undefined) return reason;
  const matrix = matrixOf(entry);
  return matrix === undefined ? 'not-a-matrix' : scheme.store(matrix, context, entry);
}

export const isKept = (outcome: readonly StoredTensor[] | KeepReason): outcome is KeepReason => typeof outcome === 'string';

/**
 * Matrices as writers that store linear layers one by one see them: experts held in one tensor are taken apart, and gate and
 * up projections that share one are two layers (llm-compressor modeling/, GPTQModel's definitions of gpt_oss and llama4).
 */
export function linearsOf(matrix: Matrix, { name, shape }: InventoryEntry): Matrix {
  const halved = shape.length === 3 && name.endsWith('gate_up_proj') && matrix.rows % 2 === 0;
  return halved ? { ...matrix, matrices: matrix.matrices * 2, rows: matrix.rows / 2 } : matrix;
}
