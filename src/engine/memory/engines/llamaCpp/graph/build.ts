import type { GgmlType } from '../../../../quantization/gguf/ggmlTypes';
import type { CacheMemory } from '../cache';
import type { Block, FileTensor, ModelFile } from '../file';
import { cast, expand, fresh, input, view, matrix, onto, weight, type Graph, type Tensor } from '../ggml/tensors';
import type { Placement } from '../placement';
import type { Settings } from '../settings';
import type { LayerShape, ModelShape } from '../shape';
import type { Version } from '../versions';

/** What every part of a graph is built from. */
export interface Build {
  readonly graph: Graph;
  readonly file: ModelFile;
  readonly shape: ModelShape;
  readonly placement: Placement;
  readonly settings: Settings;
  readonly version: Version;
  readonly cache: CacheMemory;
  readonly cpu: number;
  /** Tokens of the batch, sequences in it, tokens of each, and rows of which logits are asked for. */
  readonly tokens: number;
  readonly sequences: number;
  readonly outputs: number;
  readonly inputs: Inputs;
}

/** Positions of text, height, width and more for every token (n_pos_per_embd). */
const manyPositions: ReadonlySet<string> = new Set(['qwen2vl', 'qwen3vl', 'qwen3vlmoe', 'qwen35', 'qwen35moe']);

/** Inputs that several blocks read; made when one first does. */
export interface Inputs {
  readonly positions: Tensor;
  mask(window: boolean): Tensor;
  keyRows(window: boolean): Tensor;
  valueRows(window: boolean): Tensor;
  rotation(values: boolean, window: boolean, width: number): Tensor;
  /** Which state each sequence has, and which are only moved. */
  stateRows(own: boolean): Tensor;
  outputRows(): Tensor;
}

/** One block while it is built. */
export interface Layer {
  readonly at: number;
  readonly block: Block;
  readonly shape: LayerShape;
  readonly last: boolean;
}

export const join = (build: Build, tensor: Tensor): Tensor => {
  expand(build.graph, tensor);
  return tensor;
};

const leaf = ({ type, ne }: FileTensor, backend: number): Tensor => weight(type, ne, backend);

/** A weight of a block, or `undefined` where the file has none. */
export function weightOf({ placement }: Build, { block, at }: Layer, name: string): Tensor | undefined {
  const tensor = block.get(name);
  return tensor && leaf(tensor, placement.of(name, at));
}

export function outerWeight({ file, placement }: Build, name: string, as = name): Tensor | undefined {
  const tensor = file.outside.get(name);
  return tensor && leaf(tensor, placement.of(as, undefined));
}

/** A linear layer with what belongs to it; `undefined` without its weight. */
export function linear(build: Build, layer: Layer, name: string, x: Tensor): Tensor | undefined {
  const w = weightOf(build, layer, `${name}.weight`);
  if (!w) return undefined;
  const b = weightOf(build, layer, `${name}.bias`);
  const y = matrix(w, x);
  return b ? onto(y, b) : y;
}

/** Architectures with LayerNorm (LLM_NORM in src/models); others have it where its bias stands in the file. */
const layerNormed: ReadonlySet<string> = new Set([
  'command-r',
  'cohere2',
  'dbrx',
  'mpt',
  'olmo',
  'falcon',
  'gptneox',
  'phi2',
  'nemotron',
  'bert',
]);

/**
 * A norm with weight and bias (build_norm).
 *
 * @param backend where the block is, if everything is on devices: the scheduler would leave the norm with the block before
 *   (llama_context::graph_get_cb)
 */
export function norm({ file }: Build, x: Tensor, w: Tensor | undefined, b?: Tensor, backend?: number): Tensor {
  // LayerNorm, unlike RMS norm, never works in place (ggml_op_can_inplace).
  const centered = b !== undefined || layerNormed.has(file.architecture ?? '');
  const plain = centered ? fresh(x.type, x.ne, x) : onto(x);
  if (backend !== undefined && (w ?? b)) plain.backend = backend;
  const scaled = w ? onto(plain, w) : plain;
  return b ? onto(scaled, b) : scaled;
}

export const layerNorm = (build: Build, layer: Layer, name: string, x: Tensor): Tensor =>
  norm(build, x, weightOf(build, layer, `${name}.weight`), weightOf(build, layer, `${name}.bias`), ownBackend(build, layer));

const ownBackend = ({ settings, shape, placement, tokens }: Build, { at }: Layer): number | undefined =>
  settings.gpuLayers > shape.layers.length || tokens < 32 ? placement.layers[at] : undefined;

export function inputsOf({
  version,
  settings,
  cache,
  tokens,
  sequences,
  outputs,
  shape,
  file,
}: Pick<Build, 'file' | 'version' | 'settings' | 'cache' | 'tokens' | 'sequences' | 'outputs' | 'shape'>): Inputs {
  const made = new Map<string, Tensor>();
  const once = (name: string, make: () => Tensor): Tensor => {
    const known = made.get(name);
    if (known) return known;
    const tensor = make();
    made.set(name, tensor);
    return tensor;
  };
  const perToken = manyPositions.has(file.architecture ?? '') ? 4 : 1;
  const widest = Math.max(...shape.layers.map(({ values }) => values), 1);
  const maskType: GgmlType = settings.flash && version.has('boundedOutputs') ? 'F16' : 'F32';
  const padded = version.has('evenContexts') ? (rows: number) => rows : (rows: number) => Math.ceil(rows / 64) * 64;
  return {
    get positions() {
      return once('positions', () => input('I32', tokens * perToken));
    },
    mask: (window) =>
      once(`mask ${String(window)}`, () => {
        const raw = input(maskType, window ? cache.windowCells : cache.cells, padded(tokens / cache.streams), 1, cache.streams);
        return settings.flash && maskType === 'F32' ? cast(raw, 'F16') : raw;
      }),
    keyRows: (window) => once(`keys ${String(window)}`, () => input('I64', tokens)),
    valueRows: (window) => once(`values ${String(window)}`, () => input('I64', settings.flash ? tokens : tokens * widest)),
    rotation: (values, window, width) => once(`rotation ${String(values)} ${String(window)}`, () => input('F32', width, width)),
    stateRows: (own) =>
      once(`states ${String(own)}`, () =>
        view(
          once('states', () => input('I32', sequences)),
          [own ? sequences : 0],
        ),
      ),
    outputRows: () => once('outputs', () => input('I32', outputs)),
  };
}
