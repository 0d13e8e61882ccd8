import {
  isStack,
  isTensor,
  type Component,
  type Layout,
  type ModuleClass,
  type Part,
  type Role,
  type State,
  type Tensor,
} from '../modules/tree';

/** The numbers of one stack's modules: how many from 0 on, or which. */
export type Indices = number | readonly number[];

/** One tensor of the checkpoint, or all equal ones of a stack of layers. */
export interface InventoryEntry {
  /** Path with numbered modules as {n}. */
  readonly name: string;
  /** What each {n} of the name stands for, in order; `copies` is the product of their lengths. */
  readonly indices: readonly Indices[];
  readonly shape: readonly number[];
  readonly role: Role;
  readonly component: Component;
  /** How often it stands in the checkpoint. */
  readonly copies: number;
  /** Elements of one copy. */
  readonly elements: number;
  /** Elements over all copies that one token uses. */
  readonly activeElements: number;
  readonly buffer: boolean;
  /** Whether training leaves it as it is. */
  readonly frozen?: true;
  /** The tensor whose storage it shares; then it is not counted. */
  readonly tiedTo: string | undefined;
  readonly layout: Layout;
  readonly dtype: 'float32' | undefined;
  /** The class of its module, where that is not the usual one for its role. */
  readonly moduleClass?: ModuleClass;
}

/** A state and how many modules keep one. */
export interface StateEntry {
  readonly state: State;
  readonly copies: number;
}

export interface Inventory {
  readonly entries: readonly InventoryEntry[];
  readonly states: readonly StateEntry[];
}

/** Parts of a composite: everything inside a tower counts as the tower's. */
const towers: ReadonlySet<Component> = new Set(['vision', 'audio', 'projector']);

/** Walks the tree once: every tensor with its name, copies and component, and everything that is kept while generating. */
export function takeInventory(tree: Part): Inventory {
  const entries: InventoryEntry[] = [];
  const states: StateEntry[] = [];
  walk(tree, '', [], 1, 1, 'other');
  return { entries, states };

  function walk(part: Part, path: string, indices: readonly Indices[], copies: number, used: number, inherited: Component): void {
    if (isTensor(part)) {
      entries.push(entryOf(part, path, indices, copies, used, inherited));
      return;
    }
    if (isStack(part)) {
      const name = `${path}.{n}`;
      for (const sort of part.sorts)
        walk(
          sort.part,
          name,
          [...indices, sort.indices ?? sort.copies],
          copies * sort.copies,
          used * (sort.used ?? sort.copies),
          inherited,
        );
      return;
    }
    const component = towers.has(inherited) ? inherited : (part.component ?? inherited);
    for (const state of part.keeps ?? []) states.push({ state, copies });
    for (const name in part.children) {
      const numbered = path !== '' && isNumber(name);
      const segment = numbered ? '{n}' : name;
      const inside = numbered ? [...indices, [Number(name)]] : indices;
      walk(part.children[name] as Part, path === '' ? segment : `${path}.${segment}`, inside, copies, used, component);
    }
  }
}

/** Whether a module's name is a number: by its first character, which begins no other name. */
const isNumber = (name: string): boolean => {
  const first = name.charCodeAt(0);
  return first >= 48 && first <= 57;
};

function entryOf(
  tensor: Tensor,
  name: string,
  indices: readonly Indices[],
  copies: number,
  used: number,
  inherited: Component,
): InventoryEntry {
  let elements = 1;
  for (const dimension of tensor.shape) elements *= dimension;
  const share = tensor.experts ? Math.min(1, tensor.experts.used / tensor.experts.count) : 1;
  return {
    name,
    indices,
    shape: tensor.shape,
    role: tensor.role,
    component: componentOf(tensor, inherited),
    copies,
    elements,
    activeElements: Math.round(elements * used * share),
    buffer: tensor.buffer === true,
    ...(tensor.frozen && { frozen: tensor.frozen }),
    tiedTo: tensor.tiedTo,
    layout: tensor.layout ?? 'out,in',
    dtype: tensor.dtype,
    ...(tensor.moduleClass && { moduleClass: tensor.moduleClass }),
  };
}

/** A tower's tensors are the tower's; otherwise a norm is a norm wherever it stands, and so on. */
function componentOf(tensor: Tensor, inherited: Component): Component {
  if (towers.has(inherited)) return inherited;
  if (tensor.role === 'norm') return 'norm';
  if (tensor.role === 'embedding' || tensor.role === 'position') return 'embedding';
  if (tensor.role === 'head') return 'head';
  if (tensor.role === 'router') return 'router';
  return inherited;
}

/** A matrix as quantization and parallelism see it: `matrices` (experts in one tensor) of `rows` (out) × `columns` (in). */
export interface Matrix {
  readonly matrices: number;
  readonly rows: number;
  readonly columns: number;
}

/** The matrix that a tensor is, or `undefined` for one that is none (norms, biases, convolutions, scalars). */
export function matrixOf({ shape, layout }: Pick<InventoryEntry, 'shape' | 'layout'>): Matrix | undefined {
  const [a, b, c] = shape as readonly [number, number, number];
  if (shape.length === 2 && layout === 'out,in') return { matrices: 1, rows: a, columns: b };
  if (shape.length === 2 && layout === 'in,out') return { matrices: 1, rows: b, columns: a };
  if (shape.length === 3 && layout === 'expert,out,in') return { matrices: a, rows: b, columns: c };
  if (shape.length === 3 && layout === 'expert,in,out') return { matrices: a, rows: c, columns: b };
  return undefined;
}
