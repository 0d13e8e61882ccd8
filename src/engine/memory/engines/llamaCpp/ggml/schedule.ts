import { allocate, type BufferKind } from './allocator';
import { copyOf, keep, type Graph, type Tensor } from './tensors';

/** A backend as the scheduler sees it; the last one is the CPU. */
export interface SchedulerBackend extends BufferKind {
  /** Whether operations on weights that lie in the CPU's memory come to it: a batch of 32 and more (`offload_op`). */
  readonly offloads: boolean;
}

/** Splits whose tensors are kept for several batches at once (GGML_SCHED_MAX_COPIES of ggml/CMakeLists.txt). */
const pipelineCopies = 4;

const isView = ({ op }: Tensor): boolean => op === 'view';

/**
 * Bytes of every backend's compute buffer for one graph: ggml_backend_sched_split_graph and ggml_backend_sched_reserve of
 * ggml-org/llama.cpp ggml/src/ggml-backend.cpp. Every backend is taken to support every operation, as CUDA, Metal and Vulkan do
 * for the graphs built here.
 */
export function computeBuffers(graph: Graph, backends: readonly SchedulerBackend[], pipeline: boolean): readonly number[] {
  assign(graph, backends);
  return allocate(split(graph, backends, pipeline ? pipelineCopies : 1), backends);
}

/** Passes 1 to 4: where each node is computed. */
function assign({ nodes, leaves }: Graph, backends: readonly SchedulerBackend[]): void {
  const cpu = backends.length - 1;
  for (const leaf of leaves) leaf.backend = leaf.stored?.backend ?? (leaf.input ? cpu : leaf.backend);
  for (const node of nodes) if (node.backend === -1) node.backend = fromStored(node, backends);
  const backwards = [...nodes].reverse();
  expandOver(nodes, false, cpu);
  expandOver(backwards, false, cpu);
  expandOver(nodes, true, cpu);
  expandOver(backwards, true, cpu);
  for (const node of nodes) {
    const { viewOf } = node;
    if (viewOf && node.backend === -1) node.backend = viewOf.backend;
    for (const parent of node.src) {
      if (parent.backend !== -1) continue;
      parent.backend = parent.viewOf && parent.viewOf.backend !== -1 ? parent.viewOf.backend : node.backend;
    }
    if (node.backend === -1) node.backend = cpu;
  }
}

/** ggml_backend_sched_backend_id_from_cur: what is stored stays, operations go to their weights. */
function fromStored(node: Tensor, backends: readonly SchedulerBackend[]): number {
  const stored = node.viewOf?.stored;
  if (stored) return stored.backend;
  // Frequencies of rotary positions and sinks are too small to decide.
  if (node.op === 'rope' || node.op === 'attention' || node.op === 'keep') return -1;
  const cpu = backends.length - 1;
  for (const parent of node.src) {
    if (!parent.stored?.weight) continue;
    if (parent.stored.backend !== cpu) return parent.stored.backend;
    if (batchOf(node) >= offloadedBatch) {
      const taker = backends.findIndex(({ offloads }) => offloads);
      if (taker !== -1) return taker;
    }
    return cpu;
  }
  return -1;
}

/** Tokens from which on an operation is worth the copy of its weights (min_batch_size of ggml-cuda.cu, ggml-vulkan.cpp). */
const offloadedBatch = 32;

/** get_op_batch_size of ggml-cuda.cu. */
function batchOf({ op, ne }: Tensor): number {
  if (op === 'rows') return 0;
  if (op === 'matrix') return ne[1];
  return op === 'experts' || op === 'rope' ? ne[2] : ne[1] * ne[2] * ne[3];
}

/** Pass 2: neighbours of decided nodes go to the same backend; at first none goes to the CPU. */
function expandOver(nodes: readonly Tensor[], withCpu: boolean, cpu: number): void {
  let current = -1;
  for (const node of nodes) {
    if (isView(node)) continue;
    if (node.backend !== -1) current = node.backend === cpu && !withCpu ? -1 : node.backend;
    else if (current !== -1) node.backend = current;
  }
}

/** Passes 5 and 6: runs of nodes of one backend, and copies of what they read of others. */
function split(graph: Graph, backends: readonly SchedulerBackend[], copies: number) {
  const nodes: Tensor[] = [];
  const nodeBackends: number[] = [];
  const inputs = new Map<Tensor, readonly Tensor[]>();
  const copied: { readonly backend: number; readonly tensors: readonly Tensor[] }[] = [];
  const known = backends.map(() => new Map<Tensor, Tensor>());
  const add = (node: Tensor, backend: number): void => {
    nodes.push(node);
    nodeBackends.push(backend);
  };
  let held: Tensor[] = [];
  let arrivals: Tensor[] = [];
  let current = graph.nodes.find((node) => !isView(node))?.backend ?? 0;
  const close = (): void => {
    for (const source of arrivals) {
      add(keep(source), source.backend);
      add(known[current]?.get(source) as Tensor, current);
    }
    for (const node of held) add(node, node.backend);
    held = [];
    arrivals = [];
  };
  for (const node of graph.nodes) {
    if (!isView(node)) {
      const foreignWeight =
        arrivals.length > 0 &&
        node.backend === current &&
        node.src.some(
          (parent) => parent.stored?.weight === true && parent.backend !== current && known[current]?.get(parent) === undefined,
        );
      if (node.backend !== current || foreignWeight) {
        close();
        current = node.backend;
      }
      node.src = node.src.map((parent) => {
        if (copies > 1 && parent.input && !inputs.has(parent)) inputs.set(parent, duplicates(parent, copies - 1, true));
        if (parent.backend === current) return parent;
        const there = known[current] as Map<Tensor, Tensor>;
        let copy = there.get(parent);
        if (!copy) {
          const more = duplicates(parent, copies, copies > 1);
          copy = more[0] as Tensor;
          copied.push({ backend: current, tensors: more });
          copy.backend = current;
          there.set(parent, copy);
          arrivals.push(parent);
        }
        return copy;
      });
    }
    held.push(node);
  }
  close();
  const leaves: Tensor[] = [];
  const leafBackends: number[] = [];
  const leaf = (tensor: Tensor, backend: number): void => {
    leaves.push(tensor);
    leafBackends.push(backend);
  };
  if (copies > 1) {
    for (const [source, others] of inputs) {
      source.output = true;
      leaf(source, source.backend);
      for (const other of others) leaf(other, source.backend);
    }
    for (const { backend, tensors } of copied) for (const tensor of tensors) leaf(tensor, backend);
  }
  for (const source of graph.leaves) leaf(source, source.backend);
  return { nodes, nodeBackends, leaves, leafBackends };
}

/** Copies; those of several batches at once outlive the graph. */
const duplicates = (tensor: Tensor, count: number, lasting: boolean): readonly Tensor[] =>
  Array.from({ length: count }, () => {
    const copy = copyOf(tensor);
    copy.input = copy.output = lasting;
    return copy;
  });
