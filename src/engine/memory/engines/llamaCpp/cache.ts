import { rowBytes, type GgmlType } from '../../../quantization/gguf/ggmlTypes';
import type { Backends } from './backends';
import type { Placement } from './placement';
import type { Settings } from './settings';
import type { LayerShape, ModelShape } from './shape';
import type { Version } from './versions';

/** What one block's cache takes. */
export interface LayerCache {
  readonly backend: number;
  /** The buffer's name in logs. */
  readonly name: string;
  /** Cells per stream; 0 without keys and values. */
  readonly cells: number;
  readonly k: number;
  readonly v: number;
  readonly recurrent: number;
}

export interface CacheMemory {
  readonly layers: readonly LayerCache[];
  /** Cells of layers that see everything, and of those with a window. */
  readonly cells: number;
  readonly windowCells: number;
  readonly streams: number;
}

/** The type of ggml behind a flag's value. */
export const ggmlTypeOfCache = (type: string): GgmlType => type.toUpperCase() as GgmlType;

const pad = (value: number, step: number): number => Math.ceil(value / step) * step;

/**
 * llama_kv_cache, llama_kv_cache_iswa, llama_memory_recurrent and the hybrids of them: cells × (keys + values) per block and
 * stream, and a state per sequence in F32.
 */
export function cacheMemory(
  shape: ModelShape,
  placement: Placement,
  backends: Backends,
  settings: Settings,
  version: Version,
): CacheMemory {
  const streams = settings.unified ? 1 : settings.sequences;
  const isHybrid = shape.layers.some(({ recurrent }) => recurrent !== undefined) && shape.layers.some(({ keys }) => keys > 0);
  const cells = isHybrid && streams > 1 && !version.has('hybridStreams') ? settings.context : settings.contextPerSequence;
  const window = shape.layers.find((layer) => layer.window !== undefined)?.window;
  const windowCells =
    window === undefined || settings.fullWindows || !version.has('windowCaches')
      ? cells
      : pad(
          Math.min(cells, window * (settings.unified ? settings.sequences : 1) + settings.microBatch),
          settings.flash || version.has('evenContexts') ? 256 : 32,
        );
  const layers = shape.layers.map((layer, at): LayerCache => {
    const own = settings.cacheOnDevices ? (placement.layers[at] ?? backends.cpu) : backends.cpu;
    // Layers that predict further tokens have none while they are not asked to; before b9400 they had.
    const none = at >= shape.depth && version.has('boundedOutputs');
    const size = layer.window === undefined ? cells : windowCells;
    const { keys, values } = none ? { keys: 0, values: 0 } : widthsOf(layer, version);
    const k = rowBytes(ggmlTypeOfCache(settings.typeK), keys) * size * streams;
    const v = rowBytes(ggmlTypeOfCache(settings.typeV), values) * size * streams;
    const states = layer.recurrent ? (layer.recurrent.r + layer.recurrent.s) * 4 * settings.sequences : 0;
    const name =
      own === backends.cpu
        ? version.has('plainCaches') || !settings.cacheOnDevices
          ? 'CPU'
          : backends.host
        : (backends.all[own]?.name ?? 'CPU');
    return { backend: own, name, cells: keys > 0 ? size : 0, k, v, recurrent: states };
  });
  return { layers, cells, windowCells, streams };
}

/** Keys and values of a token: since b7850 the values of latent attention are a view of its keys. */
export const widthsOf = (
  { keys, values, latent, kvHeads }: LayerShape,
  version: Version,
): { readonly keys: number; readonly values: number } =>
  latent && kvHeads === 1 && version.has('latentKeysOnly') ? { keys, values: 0 } : { keys, values };
