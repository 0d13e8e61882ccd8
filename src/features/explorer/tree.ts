import { countOf, maxLayers, type Component, type Indices, type Members, type StoredEntry } from '../../engine/index';

/** A part of the model in the explorer: a component, a stack of layers and what is in it, a module, down to tensors. */
export type Node = ComponentNode | StackNode | TogetherNode | MembersNode | TensorNode;

interface Weighed {
  /** Of all tensors inside, every copy. */
  readonly bytes: number;
  /** Of the bytes of the whole checkpoint. */
  readonly share: number;
}

interface Opening {
  readonly component: Component;
  /** Where it stands in the tree; no other node has it. */
  readonly id: string;
  /** Made when somebody opens the node, and once. */
  children(): readonly Node[];
}

export interface ComponentNode extends Weighed, Opening {
  readonly kind: 'component';
}

/** Numbered modules that share a path, however much they differ. */
export interface StackNode extends Weighed, Opening {
  readonly kind: 'stack';
  /** "model.layers.{n}"; inside a layer, the path below it. */
  readonly path: string;
  /** How many modules. */
  readonly count: number;
}

/** All modules of a stack at once: a row for each tensor, name and type, with its copies. */
export interface TogetherNode extends Weighed, Opening {
  readonly kind: 'together';
  readonly count: number;
}

/** Some modules of a stack that follow each other, or one of them. */
export interface MembersNode extends Weighed, Opening {
  readonly kind: 'range' | 'member';
  /** What the modules are called: "layers", "experts". */
  readonly module: string;
  readonly first: number;
  readonly last: number;
  /** Types in it, those that take the most bytes first. */
  readonly types: readonly string[];
  /** Its tensors are not as in the module before it in the list. */
  readonly differs: boolean;
}

export interface TensorNode extends Weighed {
  readonly kind: 'tensor';
  readonly entry: StoredEntry;
  /** The name below the path of its layers. */
  readonly label: string;
}

export type Order = 'size' | 'file';

export interface TreeSettings {
  readonly order: Order;
  /** Words that a tensor's name, type or component must hold, all of them; empty: everything. */
  readonly filter: string;
}

/** Tensors of numbered modules by groups of them: `layoutOfMembers` of the model that is shown. */
export type Cut = (at: Members, groups: readonly Members[]) => readonly (readonly StoredEntry[])[];

/** Modules of a list that is not divided into ranges, and ranges of one that is. */
const most = { modules: 20, ranges: 30 } as const;

/** Where a node stands: the component, the numbers of the modules around it and the path that they share. */
interface Place {
  readonly component: Component;
  readonly id: string;
  readonly at: Members;
  readonly path: string;
}

/** Tensors by component and layers. Entries of one name, type and shape that stand apart are one row. */
export function explorerTree(entries: readonly StoredEntry[], { order, filter }: TreeSettings, cut: Cut): readonly ComponentNode[] {
  const total = totalBytes(entries);
  const weighed = (bytes: number): Weighed => ({ bytes, share: total > 0 ? bytes / total : 0 });
  const sorted = <T extends Weighed>(nodes: readonly T[]): readonly T[] =>
    order === 'size' ? [...nodes].sort((a, b) => b.bytes - a.bytes) : nodes;
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  const isShown = ({ name, dtype, component }: StoredEntry): boolean => {
    const text = `${name} ${dtype} ${component}`.toLowerCase();
    return words.every((word) => text.includes(word));
  };

  /** What is inside of a module or a component: tensors, and stacks of modules. */
  function inside(place: Place, tensors: readonly StoredEntry[]): readonly Node[] {
    const level = place.at.length;
    const groups = [...groupBy(tensors, (entry) => stackPath(entry.name, level))];
    return sorted(
      groups.flatMap(([path, found]): readonly Node[] =>
        path === '' || !isStack(found, level) ? rowsOf(place, found) : [stackNode({ ...place, path }, found)],
      ),
    );
  }

  function rowsOf({ at, path }: Place, tensors: readonly StoredEntry[], open = 0): readonly TensorNode[] {
    const start = `${numbered({ name: path }, at)}.`;
    const rows = merged(tensors.map((entry) => ({ ...entry, name: numbered(entry, at, open) })));
    return sorted(
      rows.map((entry) => ({
        kind: 'tensor',
        entry,
        label: entry.name.startsWith(start) ? entry.name.slice(start.length) : entry.name,
        ...weighed(sizeOf(entry)),
      })),
    );
  }

  function stackNode(place: Place, tensors: readonly StoredEntry[]): StackNode {
    const { component, at, path } = place;
    const numbers = numbersOf(tensors, at.length);
    const count = countIn(tensors, at.length, numbers);
    const size = weighed(totalBytes(tensors));
    const id = `${place.id}/${path}`;
    const own = { ...place, id };
    const together: TogetherNode = {
      kind: 'together',
      id: `${id}/together`,
      component,
      count,
      ...size,
      children: once(() => rowsOf(own, tensors, 1)),
    };
    return {
      kind: 'stack',
      id,
      component,
      path: at.length === 0 ? path : path.slice(stackPath(path, at.length - 1).length + 1),
      count,
      ...size,
      // Of what nobody can look at one by one, the sum alone.
      children: once(() => [together, ...(count <= maxLayers ? membersOf(own, numbers) : [])]),
    };
  }

  /** Modules one by one or, of many, in ranges. */
  function membersOf(place: Place, numbers: Members): readonly MembersNode[] {
    const { component, at, path } = place;
    const groups = numbers.length <= most.modules ? numbers.map((number) => [number]) : rangesOf(numbers);
    const module = path.split('.').at(-2) ?? path;
    let before: string | undefined;
    return cut(at, groups).flatMap((found, index): readonly MembersNode[] => {
      const tensors = found.filter((entry) => entry.component === component && stackPath(entry.name, at.length) === path && isShown(entry));
      if (tensors.length === 0) return [];
      const members = groups[index] ?? [];
      const [first = 0, last = first] = [members[0], members.at(-1)];
      const own = { ...place, id: `${place.id}/${first}-${last}` };
      const isOne = members.length === 1;
      const print = isOne ? printOf(tensors) : undefined;
      const differs = print !== undefined && before !== undefined && print !== before;
      before = print;
      const node: MembersNode = {
        kind: isOne ? 'member' : 'range',
        id: own.id,
        component,
        module,
        first,
        last,
        types: typesOf(tensors),
        differs,
        ...weighed(totalBytes(tensors)),
        children: once(() => (isOne ? inside({ ...own, at: [...at, first] }, tensors) : membersOf(own, members))),
      };
      return [node];
    });
  }

  const components = [...groupBy(entries.filter(isShown), ({ component }) => component)].map(([component, tensors]): ComponentNode => {
    const place: Place = { component, id: component, at: [], path: '' };
    return { kind: 'component', component, id: component, ...weighed(totalBytes(tensors)), children: once(() => inside(place, tensors)) };
  });
  return sorted(components);
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

/** The path up to the number after `level` others: tensors of equal modules share it. Empty for a tensor outside of such. */
function stackPath(name: string, level: number): string {
  let end = 0;
  for (let nth = 0; nth <= level; nth++) {
    const at = name.indexOf('.{n}', end);
    if (at < 0) return '';
    end = at + '.{n}'.length;
  }
  return name.slice(0, end);
}

/** Whether a path stands for modules that repeat; else each name has one number, which may as well be written. */
const isStack = (tensors: readonly StoredEntry[], level: number): boolean =>
  tensors.some(({ indices }) => indices?.[level] !== undefined && countOf(indices[level]) > 1);

/** A name with the numbers around it and, behind `open` levels that stay, those that stand for one module alone. */
function numbered({ name, indices = [] }: Pick<StoredEntry, 'name' | 'indices'>, at: Members, open = 0): string {
  const parts = name.split('.{n}');
  return parts.slice(1).reduce((text, part, level) => {
    const own = indices[level];
    const only = level >= at.length + open && own !== undefined && countOf(own) === 1 ? firstOf(own) : undefined;
    return `${text}.${at[level] ?? only ?? '{n}'}${part}`;
  }, parts[0] ?? '');
}

const firstOf = (numbers: Indices): number => (typeof numbers === 'number' ? 0 : (numbers[0] ?? 0));

/** Numbers of the modules that tensors stand in, in order; not all of more than can be looked at. */
function numbersOf(tensors: readonly StoredEntry[], level: number): Members {
  const numbers = new Set<number>();
  for (const { indices } of tensors) {
    const own = indices?.[level] ?? [];
    const count = Math.min(countOf(own), maxLayers + 1);
    for (let nth = 0; nth < count; nth++) numbers.add(typeof own === 'number' ? nth : (own[nth] ?? 0));
  }
  return [...numbers].sort((a, b) => a - b);
}

const countIn = (tensors: readonly StoredEntry[], level: number, listed: Members): number =>
  tensors.reduce((most, { indices }) => Math.max(most, countOf(indices?.[level] ?? 0)), listed.length);

/** Numbers by tens, or by as many tens as leave few ranges: 0 to 9, 10 to 19 … */
function rangesOf(numbers: Members): readonly Members[] {
  const [first = 0, last = 0] = [numbers[0], numbers.at(-1)];
  let size = 10;
  while ((last - first) / size >= most.ranges) size *= 10;
  return [...groupBy(numbers, (number) => Math.floor(number / size)).values()];
}

/** What tells a module from the one before it. */
const printOf = (tensors: readonly StoredEntry[]): string =>
  tensors
    .map(({ name, dtype, shape, copies, scheme }) => JSON.stringify([name, dtype, shape, copies, scheme]))
    .sort()
    .join();

function typesOf(tensors: readonly StoredEntry[]): readonly string[] {
  const bytes = new Map<string, number>();
  for (const entry of tensors) bytes.set(entry.dtype, (bytes.get(entry.dtype) ?? 0) + sizeOf(entry));
  return [...bytes].sort(([, a], [, b]) => b - a).map(([dtype]) => dtype);
}

/** Rows of one name, type, shape and scheme with their copies together. */
function merged(entries: readonly StoredEntry[]): readonly StoredEntry[] {
  const rows = new Map<string, StoredEntry>();
  for (const entry of entries) {
    const key = JSON.stringify([entry.name, entry.dtype, entry.shape, entry.scheme]);
    const before = rows.get(key);
    rows.set(key, before ? together(before, entry) : entry);
  }
  return [...rows.values()];
}

const together = (a: StoredEntry, b: StoredEntry): StoredEntry => ({ ...a, copies: a.copies + b.copies });

/** Of all tensors, every copy. */
export const totalBytes = (entries: readonly StoredEntry[]): number => entries.reduce((bytes, entry) => bytes + sizeOf(entry), 0);

const sizeOf = ({ bytes, copies }: StoredEntry): number => bytes * copies;

function groupBy<T, K>(items: readonly T[], keyOf: (item: T) => K): ReadonlyMap<K, readonly T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}

/** Rows of a node for other programs: one tensor per line, columns separated by tabs, bytes in full. */
export function tabSeparated(nodes: readonly Node[]): string {
  const head = ['name', 'dtype', 'shape', 'copies', 'bytes', 'total_bytes', 'component', 'part'].join('\t');
  const rows = nodes.flatMap(tensorsOf).map(({ entry }) => {
    const { name, dtype, shape, copies, bytes, component, part } = entry;
    return [name, dtype, `[${shape.join(', ')}]`, copies, bytes, bytes * copies, component, part].join('\t');
  });
  return [head, ...rows].join('\n');
}

/** Every tensor once: of a stack, its modules together. */
function tensorsOf(node: Node): readonly TensorNode[] {
  if (node.kind === 'tensor') return [node];
  const children = node.children();
  return (node.kind === 'stack' ? children.filter(({ kind }) => kind === 'together') : children).flatMap(tensorsOf);
}
