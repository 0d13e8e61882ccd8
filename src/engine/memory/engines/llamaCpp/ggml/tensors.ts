import { rowBytes, type GgmlType } from '../../../../quantization/gguf/ggmlTypes';

/**
 * Operations as far as memory tells them apart: `leaf` is an input, a weight or a cache; the views own no memory; those of
 * `inPlace` may take over a parent's; `glu`, `matrix` and the like always allocate. ggml-org/llama.cpp: ggml/include/ggml.h.
 */
export type Op =
  | 'leaf'
  | 'view'
  | 'into'
  | 'inPlace'
  | 'rope'
  | 'matrix'
  | 'experts'
  | 'rows'
  | 'attention'
  | 'sort'
  | 'fresh'
  /** A view that exists for the order of allocation alone (ggml-backend.cpp: input_dep). */
  | 'keep';

/** One tensor of a graph: shape and strides as ggml has them, and what the scheduler and the allocator note of it. */
export interface Tensor {
  readonly op: Op;
  readonly type: GgmlType;
  /** Elements per dimension, innermost first. */
  readonly ne: readonly [number, number, number, number];
  /** Bytes from one element of a dimension to the next. */
  readonly nb: readonly [number, number, number, number];
  src: Tensor[];
  /** The tensor whose memory a view shows. */
  readonly viewOf: Tensor | undefined;
  /** Bytes. */
  readonly size: number;
  input: boolean;
  output: boolean;
  /** Index of the buffer type that already holds it: a weight or a cache. */
  readonly stored: Stored | undefined;
  /** Index of the backend that computes it; −1: not decided. */
  backend: number;
  seen: boolean;
  children: number;
  views: number;
  allocated: boolean;
  /** Where the allocator put it. */
  buffer: number;
  offset: number;
}

/** What is allocated before the graph: on which backend, and whether operations go where it lies. */
export interface Stored {
  readonly backend: number;
  readonly weight: boolean;
}

type Shape = readonly [number, number?, number?, number?];

/** Of a row: almost every tensor of a graph is F32. */
const bytesOf = (type: GgmlType, columns: number): number => (type === 'F32' ? columns * 4 : rowBytes(type, columns));

const strides = (type: GgmlType, [a, b, c]: Tensor['ne']): Tensor['nb'] => {
  const row = bytesOf(type, a);
  return [bytesOf(type, 1), row, row * b, row * b * c];
};

function make(
  op: Op,
  type: GgmlType,
  [a, b = 1, c = 1, d = 1]: Shape,
  src: Tensor[],
  more: { readonly nb?: Tensor['nb']; readonly viewOf?: Tensor | undefined; readonly stored?: Stored; readonly input?: true } = {},
): Tensor {
  const ne = [a, b, c, d] as const;
  return {
    op,
    type,
    ne,
    nb: more.nb ?? strides(type, ne),
    src,
    viewOf: more.viewOf,
    size: bytesOf(type, a) * b * c * d,
    input: more.input === true,
    output: false,
    stored: more.stored,
    backend: -1,
    seen: false,
    children: 0,
    views: 0,
    allocated: false,
    buffer: -1,
    offset: 0,
  };
}

/** The tensor behind a view of a view. */
const rootOf = (tensor: Tensor): Tensor => tensor.viewOf ?? tensor;

export const weight = (type: GgmlType, shape: Shape, backend: number): Tensor =>
  make('leaf', type, shape, [], { stored: { backend, weight: true } });
export const cached = (type: GgmlType, shape: Shape, backend: number): Tensor =>
  make('leaf', type, shape, [], { stored: { backend, weight: false } });
export const input = (type: GgmlType, ...shape: Shape): Tensor => make('leaf', type, shape, [], { input: true });
/** A tensor that nothing computes: ggml-backend.cpp duplicates what a split needs of another backend. */
export const copyOf = ({ type, ne, nb }: Tensor): Tensor => make('leaf', type, ne, [], { nb });
export const keep = (tensor: Tensor): Tensor => make('keep', tensor.type, tensor.ne, [tensor], { nb: tensor.nb, viewOf: rootOf(tensor) });

/** ggml_view_4d; strides are the source's own where none are given. */
export const view = (a: Tensor, shape: Shape, nb?: readonly [number, number, number]): Tensor => {
  const own = strides(a.type, [shape[0], shape[1] ?? 1, shape[2] ?? 1, shape[3] ?? 1]);
  return make('view', a.type, shape, [a], { nb: nb ? [a.nb[0], ...nb] : own, viewOf: rootOf(a) });
};
export const reshape = (a: Tensor, ...shape: Shape): Tensor => view(a, shape);
/** ggml_permute: dimension i goes to `axes[i]`. */
export function permute(a: Tensor, ...axes: readonly [number, number, number, number]): Tensor {
  const ne: [number, number, number, number] = [1, 1, 1, 1];
  const nb: [number, number, number, number] = [0, 0, 0, 0];
  axes.forEach((to, from) => {
    ne[to] = a.ne[from] ?? 1;
    nb[to] = a.nb[from] ?? 0;
  });
  return make('view', a.type, ne, [a], { nb, viewOf: rootOf(a) });
}
export const transpose = (a: Tensor): Tensor => permute(a, 1, 0, 2, 3);

/** What writes into a tensor that is there: ggml_cpy, ggml_set_rows. */
export const into = (target: Tensor, ...from: Tensor[]): Tensor =>
  make('into', target.type, target.ne, [...from, target], { nb: target.nb, viewOf: rootOf(target) });

/** A result of the first one's shape that may take over its memory: add, mul, scale, norms, activations. */
export const onto = (a: Tensor, ...others: (Tensor | undefined)[]): Tensor =>
  make('inPlace', a.type, a.ne, [a, ...others.filter((each) => each !== undefined)]);
export const rope = (a: Tensor, positions: Tensor, factors?: Tensor): Tensor =>
  make('rope', a.type, a.ne, factors ? [a, positions, factors] : [a, positions]);
export const fresh = (type: GgmlType, shape: Shape, ...src: Tensor[]): Tensor => make('fresh', type, shape, src);
/** ggml_argsort. */
export const sort = (a: Tensor): Tensor => make('sort', 'I32', a.ne, [a]);
/** ggml_cont, ggml_dup. */
export const contiguous = (a: Tensor, shape: Shape = a.ne): Tensor => fresh(a.type, shape, a);
export const cast = (a: Tensor, type: GgmlType): Tensor => fresh(type, a.ne, a);

export const matrix = (a: Tensor, b: Tensor): Tensor => make('matrix', 'F32', [a.ne[1], b.ne[1], b.ne[2], b.ne[3]], [a, b]);
/** ggml_mul_mat_id: experts × rows × columns, times what each token's chosen ones get. */
export const expertMatrix = (a: Tensor, b: Tensor, ids: Tensor): Tensor =>
  make('experts', 'F32', [a.ne[1], ids.ne[0], b.ne[2]], [a, b, ids]);
export const rows = (a: Tensor, ids: Tensor): Tensor =>
  make('rows', a.type === 'I32' ? 'I32' : 'F32', [a.ne[0], ids.ne[0], ids.ne[1], ids.ne[2]], [a, ids]);
/** ggml_flash_attn_ext. */
export const flash = (q: Tensor, k: Tensor, v: Tensor, mask: Tensor | undefined, sinks: Tensor | undefined): Tensor =>
  make('attention', 'F32', [v.ne[0], q.ne[2], q.ne[1], q.ne[3]], [q, k, v, ...(mask ? [mask] : []), ...(sinks ? [sinks] : [])]);

/** Nodes in the order of computation and leaves, as ggml_build_forward_expand adds them. */
export interface Graph {
  readonly nodes: Tensor[];
  readonly leaves: Tensor[];
}

/** Adds a tensor and everything that it needs, parents first (ggml.c: ggml_visit_parents). */
export function expand(graph: Graph, tensor: Tensor): void {
  if (tensor.seen) return;
  tensor.seen = true;
  for (const parent of tensor.src) expand(graph, parent);
  if (tensor.op === 'leaf') graph.leaves.push(tensor);
  else graph.nodes.push(tensor);
}
