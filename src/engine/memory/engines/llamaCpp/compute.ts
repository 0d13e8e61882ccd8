import type { Backends } from './backends';
import type { CacheMemory } from './cache';
import type { Block, ModelFile } from './file';
import { inputsOf, type Build } from './graph/build';
import { decoderGraph } from './graph/decoder';
import { computeBuffers } from './ggml/schedule';
import type { Graph } from './ggml/tensors';
import type { Placement } from './placement';
import type { Settings } from './settings';
import type { ModelShape } from './shape';
import type { Version } from './versions';

export interface Parts {
  readonly file: ModelFile;
  readonly shape: ModelShape;
  readonly placement: Placement;
  readonly settings: Settings;
  readonly version: Version;
  readonly cache: CacheMemory;
  readonly backends: Backends;
}

/** The graph of the largest batch of a prompt with the cache full (llama_context: graph_reserve), of some blocks or all. */
export function reservedGraph(parts: Parts, layers: readonly number[]): Graph {
  const { settings, version, backends } = parts;
  const sequences = settings.unified && !version.has('evenContexts') ? 1 : settings.sequences;
  const most = Math.min(settings.context, settings.microBatch);
  // Batches held as many tokens of each sequence, rounded down, while all sequences were in one stream.
  const down = version.has('windowCaches') && !version.has('streams');
  const tokens = down ? Math.floor(most / settings.sequences) * settings.sequences : Math.ceil(most / sequences) * sequences;
  const common = {
    ...parts,
    cpu: backends.cpu,
    tokens,
    sequences,
    outputs: Math.min(tokens, settings.outputs),
  };
  const build: Build = { ...common, graph: { nodes: [], leaves: [] }, inputs: inputsOf(common) };
  decoderGraph(build, layers);
  return build.graph;
}

/** Bytes of the compute buffer by backend. */
export function computeMemory(parts: Parts): readonly number[] {
  const { layers, twins } = layersToBuild(parts);
  const bytes = computeOf(parts, layers);
  return bytes.map((own, backend) => bytes[twins.get(backend) ?? backend] ?? own);
}

/** The same of a graph of these layers alone. */
export function computeOf(parts: Parts, layers: readonly number[]): readonly number[] {
  const { settings, placement, backends, shape } = parts;
  const pipeline =
    placement.active.length > 1 &&
    settings.gpuLayers > shape.layers.length &&
    settings.splitMode === 'layer' &&
    settings.cacheOnDevices &&
    !placement.hasOverrides &&
    backends.pipelines;
  const all = backends.all.map((backend) => ({ ...backend, offloads: backend.offloads && settings.offloadsOperations }));
  return computeBuffers(reservedGraph(parts, layers), all, pipeline);
}

/** Repetitions of a pattern of layers that are built: more change nothing, as every one begins with the memory of the one before. */
const repetitionsOf = (period: number): number => (period > 2 ? 2 : 3);
/** Layers after which the longest known pattern repeats. */
const longestPeriod = 8;

const signatures = new WeakMap<Block, string>();

/** The tensors of a block. */
function signatureOf(block: Block): string {
  const known = signatures.get(block);
  if (known !== undefined) return known;
  const signature = [...block.keys()].join();
  signatures.set(block, signature);
  return signature;
}

/** Layers of a graph that has the same buffers as that of all, and devices that it leaves out since another has the same. */
export interface LayersToBuild {
  readonly layers: readonly number[];
  /** By device: the one whose buffer is as large. */
  readonly twins: ReadonlyMap<number, number>;
}

/**
 * Of equal stretches on one backend the first few layers are built, of layers whose weights are copied all; of devices between the
 * first and the last those whose stretches differ, as each begins with what the one before hands on. The last layer, which drops
 * tokens, always stands at the end.
 */
export function layersToBuild(parts: Parts): LayersToBuild {
  const { file, shape, placement, cache, backends } = parts;
  const numbers = Array.from({ length: shape.depth }, (_, at) => at);
  // Weights that are copied to a device differ by their types, and leave holes of their sizes.
  const copies = backends.cpu > 0 && (placement.hasOverrides || placement.layers.includes(backends.cpu));
  if (copies) return { layers: numbers, twins: new Map() };
  const keys = numbers.map((at) => {
    const backend = placement.layers[at];
    const kept = cache.layers[at]?.backend;
    return `${kept === backend ? '' : String(kept)} ${String(shape.layers[at]?.window)} ${signatureOf(file.blocks[at] ?? new Map())}`;
  });
  const end = shape.depth - 1;
  const layers: number[] = [];
  const twins = new Map<number, number>();
  const known = new Map<string, number>();
  let from = 0;
  while (from < end) {
    const backend = placement.layers[from] as number;
    let to = from + 1;
    while (to < end && placement.layers[to] === backend) to++;
    const kept = repeatedOnce(keys, from, to);
    const stretch = kept.map((at) => keys[at]).join('|');
    const isBetween = from > 0 && to < end && backend !== placement.output && backend !== placement.layers[end];
    const twin = isBetween ? known.get(stretch) : undefined;
    if (twin !== undefined && twin !== backend) twins.set(backend, twin);
    else layers.push(...kept);
    if (isBetween && twin === undefined) known.set(stretch, backend);
    from = to;
  }
  return { layers: end >= 0 ? [...layers, end] : layers, twins };
}

/** Of equal layers among some, the first few. */
function repeatedOnce(keys: readonly string[], from: number, to: number): readonly number[] {
  const kept: number[] = [];
  let at = from;
  while (at < to) {
    let best = { period: 1, times: 1 };
    for (let period = 1; period <= longestPeriod; period++) {
      let same = 0;
      while (at + period + same < to && keys[at + same] === keys[at + period + same]) same++;
      const times = Math.floor(same / period) + 1;
      if (times > repetitionsOf(period) && times * period > best.times * best.period) best = { period, times };
    }
    const few = repetitionsOf(best.period);
    const taken = best.times > few ? best.period * few : 1;
    for (let each = 0; each < taken; each++) kept.push(at + each);
    at += best.times > few ? best.period * best.times : 1;
  }
  return kept;
}
