/** A model as a tree of named modules whose leaves are the tensors of its checkpoint. */

/** What a tensor is for; quantization schemes and parallelism decide by it. */
export type Role = 'linear' | 'embedding' | 'head' | 'norm' | 'bias' | 'convolution' | 'router' | 'position' | 'other';

/** The part of a model that a reader would name, for shares and breakdowns. */
export type Component =
  'embedding' | 'attention' | 'mlp' | 'experts' | 'router' | 'stateSpace' | 'norm' | 'head' | 'vision' | 'audio' | 'projector' | 'other';

/** How the dimensions of a weight matrix are stored: `out × in` as in torch.nn.Linear, or the other way, or per expert. */
export type Layout = 'out,in' | 'in,out' | 'expert,out,in' | 'expert,in,out';

/**
 * What writers that convert modules ask for; left out, a linear layer is a `torch.nn.Linear` (a `Conv1D` where its weight is
 * stored [in, out]), and a router a parameter of a class of its own, as most are in transformers 5. `Linear`: a router that is
 * one. `derived`: a class derived from it. `attentionOutput`: the output of `torch.nn.MultiheadAttention`, derived too.
 */
export type ModuleClass = 'Linear' | 'derived' | 'attentionOutput';

export interface Tensor {
  readonly shape: readonly number[];
  readonly role: Role;
  /** Of a matrix (roles linear, head, router, embedding); `out,in` when left out. */
  readonly layout?: Layout;
  /** Saved with the checkpoint but not trained (running means, score corrections). */
  readonly buffer?: true;
  /** A parameter that is not trained (positions held as a weight although they are sines). */
  readonly frozen?: true;
  /** Shares storage with the tensor at this path; counted there. */
  readonly tiedTo?: string;
  /** Held in one tensor for all experts, of which a token uses some: the share is `used / count`. */
  readonly experts?: { readonly count: number; readonly used: number };
  /** Kept at this type whatever the checkpoint's own is. */
  readonly dtype?: 'float32';
  /** The class of its module, where that is not the usual one for its role. */
  readonly moduleClass?: ModuleClass;
}

/**
 * What a module keeps per sequence while generating.
 * `elementsPerToken`: elements added by one token; `window`: only the last tokens are kept (transformers keeps window − 1
 * after a forward pass: cache_utils.py, DynamicSlidingWindowLayer); `heads`: key/value heads, which bound a split; `copies`: how
 * often each of these is kept because the class copies it to its query heads first.
 */
export type State =
  | {
      readonly kind: 'attention' | 'latent' | 'cross';
      readonly elementsPerToken: number;
      readonly heads?: number;
      readonly copies?: number;
    }
  | { readonly kind: 'sliding'; readonly elementsPerToken: number; readonly window: number; readonly heads?: number }
  | { readonly kind: 'recurrent' | 'convolution'; readonly elements: number; readonly dtype?: 'float32' };

export interface Module {
  readonly children: Readonly<Record<string, Part>>;
  readonly keeps?: readonly State[];
  readonly component?: Component;
}

/** Numbered modules: each sort is built once and stands `copies` times, at `indices` (0, 1, … when left out). */
export interface Stack {
  readonly sorts: readonly StackSort[];
}
export interface StackSort {
  readonly copies: number;
  /** Copies that one token uses (routed experts); all of them when left out. */
  readonly used?: number;
  readonly indices?: readonly number[];
  readonly part: Part;
}

export type Part = Tensor | Module | Stack;
/** What an architecture file writes: an object literal is a module; `undefined` and `false` are parts that this config leaves out. */
export type Parts = { readonly [name: string]: Part | Parts | undefined | false };

export const isTensor = (part: Part | Parts): part is Tensor => Array.isArray((part as Tensor).shape);
export const isStack = (part: Part | Parts): part is Stack => Array.isArray((part as Stack).sorts);
const isPart = (part: Part | Parts): part is Part => 'children' in part || isTensor(part) || isStack(part);

export const tensor = (shape: readonly number[], role: Role, more?: Omit<Tensor, 'shape' | 'role'>): Tensor =>
  more ? { shape, role, ...more } : { shape, role };

/** A module with its children, and with what it keeps and which component it is, if anything. */
export function module(parts: Parts, more?: Omit<Module, 'children'>): Module {
  const children = isComplete(parts) ? parts : childrenOf(parts);
  return more ? { children, ...more } : { children };
}

/** Whether every part is there and built: then the literal itself holds the children, and nothing is copied. */
function isComplete(parts: Parts): parts is Module['children'] {
  for (const name in parts) {
    const part = parts[name];
    if (!part || !isPart(part)) return false;
  }
  return true;
}

function childrenOf(parts: Parts): Module['children'] {
  const children: Record<string, Part> = {};
  for (const name in parts) {
    const part = parts[name];
    if (part) children[name] = toPart(part);
  }
  return children;
}

/** The same module, counted as a component of its own (a bare linear layer of a feed-forward block or a head). */
export const labelled = (component: Component, part: Module): Module => ({ ...part, component });

const toPart = (part: Part | Parts): Part => (isPart(part) ? part : module(part));

/** `copies` equal modules. `used`: how many of them one token passes through (routed experts). */
export function repeat(copies: number, build: () => Part | Parts, used?: number): Stack {
  if (copies <= 0) return { sorts: [] };
  const sort = { copies, part: toPart(build()) };
  return { sorts: [used === undefined ? sort : { ...sort, used: Math.min(used, copies) }] };
}

/** Layers of several sorts, in order. Equal entries share one build: cost grows with the number of sorts, not with depth. */
export function layers<S extends string | number | boolean>(sorts: readonly S[], build: (sort: S) => Part | Parts): Stack {
  const indices = new Map<S, number[]>();
  sorts.forEach((sort, index) => {
    const known = indices.get(sort);
    if (known) known.push(index);
    else indices.set(sort, [index]);
  });
  if (indices.size === 1) return repeat(sorts.length, () => build(sorts[0] as S));
  return { sorts: [...indices].map(([sort, at]) => ({ copies: at.length, indices: at, part: toPart(build(sort)) })) };
}
