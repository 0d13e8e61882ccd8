import type { Component, StoredEntry } from '../../engine/index';

/** A part of the model in the explorer: a component, a stack of layers or a module, down to tensors. */
export type Node = ComponentNode | LayersNode | TensorNode;

interface Weighed {
  /** Of all tensors inside, every copy. */
  readonly bytes: number;
  /** Of the bytes of the whole checkpoint. */
  readonly share: number;
}

export interface ComponentNode extends Weighed {
  readonly kind: 'component';
  readonly component: Component;
  readonly children: readonly (LayersNode | TensorNode)[];
}

/** Equal layers, under the path that they share. */
export interface LayersNode extends Weighed {
  readonly kind: 'layers';
  /** "model.layers.{n}". */
  readonly path: string;
  readonly component: Component;
  readonly children: readonly TensorNode[];
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

/** Tensors by component and layers. Entries of one name, type and shape that stand apart are one row. */
export function explorerTree(entries: readonly StoredEntry[], { order, filter }: TreeSettings): readonly ComponentNode[] {
  const total = totalBytes(entries);
  const weighed = (bytes: number): Weighed => ({ bytes, share: total > 0 ? bytes / total : 0 });
  const sorted = <T extends Weighed>(nodes: readonly T[]): readonly T[] =>
    order === 'size' ? [...nodes].sort((a, b) => b.bytes - a.bytes) : nodes;

  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  const shown = merged(entries).filter((entry) => {
    const text = `${entry.name} ${entry.dtype} ${entry.component}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
  const tensor = (entry: StoredEntry, path: string): TensorNode => ({
    kind: 'tensor',
    entry,
    label: path === '' ? entry.name : entry.name.slice(path.length + 1),
    ...weighed(sizeOf(entry)),
  });

  const components = [...groupBy(shown, ({ component }) => component)].map(([component, inside]): ComponentNode => {
    const children = [...groupBy(inside, ({ name }) => layersPath(name))].flatMap(
      ([path, tensors]): readonly (LayersNode | TensorNode)[] => {
        const nodes = sorted(tensors.map((entry) => tensor(entry, path)));
        return path === '' ? nodes : [{ kind: 'layers', path, component, children: nodes, ...weighed(sum(nodes)) }];
      },
    );
    return { kind: 'component', component, children: sorted(children), ...weighed(sum(children)) };
  });
  return sorted(components);
}

/** The path up to the first number: tensors of equal layers share it. Empty for a tensor outside of layers. */
function layersPath(name: string): string {
  const at = name.indexOf('.{n}');
  return at < 0 ? '' : name.slice(0, at + '.{n}'.length);
}

/** Rows of one name, type, shape and scheme with their copies together. */
function merged(entries: readonly StoredEntry[]): readonly StoredEntry[] {
  const rows = new Map<string, StoredEntry>();
  for (const entry of entries) {
    const key = JSON.stringify([entry.name, entry.dtype, entry.shape, entry.scheme]);
    const before = rows.get(key);
    rows.set(key, before ? { ...before, copies: before.copies + entry.copies } : entry);
  }
  return [...rows.values()];
}

/** Of all tensors, every copy. */
export const totalBytes = (entries: readonly StoredEntry[]): number => entries.reduce((bytes, entry) => bytes + sizeOf(entry), 0);

const sizeOf = ({ bytes, copies }: StoredEntry): number => bytes * copies;
const sum = (nodes: readonly Weighed[]): number => nodes.reduce((bytes, node) => bytes + node.bytes, 0);

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

const tensorsOf = (node: Node): readonly TensorNode[] => (node.kind === 'tensor' ? [node] : node.children.flatMap(tensorsOf));
