import type { Analysis } from '../../../analysis';
import { layerStates, type LayerState } from '../../parallel/layerStates';
import type { Settings } from './settings';

export const page = 256;
/** Tokens beside its window that the ring of a sliding layer holds (exllamav3/modules/sliding_attn.py, sliding_window_overp). */
const ringSlack = 2 * page;

/**
 * Bytes of one element with its scale: of one per 32 elements at 16 bits, both in ExLlamaV2 (cache.py, shape_s) and ExLlamaV3
 * (cache/quant.py, qshape_s).
 */
export const elementBytes = (bits: number): number => (bits === 16 ? 2 : bits / 8 + 2 / 32);

export interface CacheBytes {
  /** Pages that all sequences share. */
  readonly pages: number;
  /** Rings and recurrent states of all slots. */
  readonly states: number;
  /** Keys and values of one layer at 16 bits, which ExLlamaV2 unpacks a quantized cache to. */
  readonly unpacked: number;
}

/** What each decoder layer keeps. ExLlamaV2 has no rings: layers with a window keep everything. */
export function cacheByLayer(analysis: Analysis, settings: Settings): ReadonlyMap<number, CacheBytes> {
  return new Map(layerStates(analysis).map(({ layer, states }) => [layer, sum(states.map((state) => bytesOf(state, settings)))]));
}

const none: CacheBytes = { pages: 0, states: 0, unpacked: 0 };

const sum = (parts: readonly CacheBytes[]): CacheBytes =>
  parts.reduce((a, b) => ({ pages: a.pages + b.pages, states: a.states + b.states, unpacked: Math.max(a.unpacked, b.unpacked) }), none);

function bytesOf(state: LayerState, { generation, cacheSize, mode, slots }: Settings): CacheBytes {
  if ('elements' in state) return { ...none, states: state.elements * (state.dtype === 'float32' ? 4 : 2) * slots };
  const { elementsPerToken: elements } = state;
  if (generation === 'v3' && state.kind === 'sliding') {
    const ring = Math.ceil((state.window + ringSlack) / page) * page;
    return { ...none, states: elements * 2 * ring * slots };
  }
  // A latent is kept as it is, whatever is asked of keys and values.
  const perElement = state.kind === 'latent' ? 2 : (elementBytes(mode.keys) + elementBytes(mode.values)) / 2;
  const quantized = mode.keys < 16 && state.kind !== 'latent';
  return {
    pages: elements * perElement * cacheSize,
    states: 0,
    unpacked: generation === 'v2' && quantized ? elements * 2 * cacheSize : 0,
  };
}
