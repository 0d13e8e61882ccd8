import type { Tensor } from './tensors';

/** Free memory of one buffer, by address; the last block has no end. */
interface Free {
  offset: number;
  size: number;
}

/** What differs between kinds of buffers. */
export interface BufferKind {
  /** Bytes that every tensor begins at a multiple of. */
  readonly alignment: number;
  /** Bytes that a tensor takes there. */
  sizeOf(tensor: Tensor): number;
}

/**
 * Best fit over a sorted list of free blocks, whose last one is taken only where no other will do: ggml_dyn_tallocr_alloc and
 * ggml_dyn_tallocr_free_bytes of ggml-org/llama.cpp ggml/src/ggml-alloc.c, the same from b2400 to v0.5.0 but for buffers in chunks,
 * which only differ beyond a backend's largest buffer.
 */
class Buffer {
  private readonly free: Free[] = [{ offset: 0, size: Infinity }];
  /** The most that was in use at once: what the backend is asked for. */
  highest = 0;

  constructor(private readonly alignment: number) {}

  private padded(size: number): number {
    return Math.ceil(size / this.alignment) * this.alignment;
  }

  take(bytes: number): number {
    const size = this.padded(bytes);
    const { free } = this;
    let best = free.length - 1;
    let bestSize = Infinity;
    for (let at = 0; at < free.length - 1; at++) {
      const block = free[at] as Free;
      if (block.size >= size && block.size <= bestSize) {
        best = at;
        bestSize = block.size;
      }
    }
    const block = free[best] as Free;
    const { offset } = block;
    block.offset += size;
    block.size -= size;
    if (block.size === 0) free.splice(best, 1);
    if (offset + size > this.highest) this.highest = offset + size;
    return offset;
  }

  /** Gives back what a result in place needs less than its parent (ggml_gallocr_free_extra_space). */
  shrink(offset: number, from: number, to: number): void {
    const kept = this.padded(to);
    if (this.padded(from) > kept) this.give(offset + kept, this.padded(from) - kept);
  }

  give(offset: number, bytes: number): void {
    const size = this.padded(bytes);
    const { free } = this;
    let at = 0;
    while (at < free.length && (free[at] as Free).offset < offset) at++;
    const before = free[at - 1];
    const after = free[at];
    if (before && before.offset + before.size === offset) {
      before.size += size;
      if (after && before.offset + before.size === after.offset) {
        before.size += after.size;
        free.splice(at, 1);
      }
    } else if (after && offset + size === after.offset) {
      after.offset = offset;
      after.size += size;
    } else free.splice(at, 0, { offset, size });
  }
}

/** A graph whose nodes and leaves know their backend, in the order in which they are computed. */
export interface Planned {
  readonly nodes: readonly Tensor[];
  readonly nodeBackends: readonly number[];
  readonly leaves: readonly Tensor[];
  readonly leafBackends: readonly number[];
}

/**
 * Bytes of each backend's compute buffer: ggml_gallocr_alloc_graph_impl. Leaves come first, then nodes in order; a tensor's memory
 * is given back after its last reader, and an operation that can work in place takes over a parent that nobody else reads.
 */
export function allocate({ nodes, nodeBackends, leaves, leafBackends }: Planned, kinds: readonly BufferKind[]): readonly number[] {
  const buffers = kinds.map(({ alignment }) => new Buffer(alignment));
  const sizeIn = (tensor: Tensor, backend: number): number => (kinds[backend] as BufferKind).sizeOf(tensor);

  const place = (tensor: Tensor, backend: number): void => {
    if (tensor.allocated || tensor.stored !== undefined || tensor.viewOf !== undefined) return;
    tensor.allocated = true;
    if (tensor.op === 'inPlace' || tensor.op === 'rope') {
      for (const parent of tensor.src) {
        if (!parent.allocated || parent.output || parent.children !== 1 || parent.views !== 0 || !sameLayout(tensor, parent)) continue;
        tensor.buffer = parent.buffer;
        tensor.offset = parent.offset;
        parent.allocated = false;
        buffers[parent.buffer]?.shrink(parent.offset, sizeIn(parent, parent.buffer), sizeIn(tensor, parent.buffer));
        return;
      }
    }
    tensor.buffer = backend;
    tensor.offset = (buffers[backend] as Buffer).take(sizeIn(tensor, backend));
  };
  const release = (tensor: Tensor): void => {
    if (tensor.output) return;
    (buffers[tensor.buffer] as Buffer).give(tensor.offset, sizeIn(tensor, tensor.buffer));
    tensor.allocated = false;
  };

  leaves.forEach((leaf, at) => {
    place(leaf, leafBackends[at] as number);
  });
  for (const node of nodes) {
    if (node.viewOf && node.op !== 'keep') node.viewOf.views++;
    for (const parent of node.src) parent.children++;
  }
  nodes.forEach((node, at) => {
    const backend = nodeBackends[at] as number;
    for (const parent of node.src) place(parent, backend);
    place(node, backend);
    for (const parent of node.src) {
      parent.children--;
      if (parent.children !== 0 || parent.views !== 0) continue;
      const { viewOf } = parent;
      if (viewOf) {
        viewOf.views--;
        if (viewOf.views === 0 && viewOf.children === 0 && viewOf.allocated) release(viewOf);
      } else if (parent.allocated) release(parent);
    }
  });
  return buffers.map(({ highest }) => highest);
}

const sameLayout = (a: Tensor, b: Tensor): boolean => a.type === b.type && a.ne.every((n, at) => n === b.ne[at] && a.nb[at] === b.nb[at]);
