import type { Analysis } from '../../../analysis';
import { layerStates } from '../../parallel/layerStates';
import type { Part } from './placement';

/**
 * The share of the cache that stands on a device: each layer's with the layer. By what layers of the same kind keep of one token,
 * or of a sequence; 1 where nothing is kept.
 */
export function cacheOfLayers(analysis: Analysis, count: number): (part: Part) => number {
  const byLayer = Array.from({ length: count }, () => 0);
  for (const { layer, states } of layerStates(analysis, 'reference'))
    for (const state of states)
      if (layer < count) byLayer[layer] = (byLayer[layer] ?? 0) + ('elements' in state ? state.elements : state.elementsPerToken * 1024);
  const total = byLayer.reduce((sum, size) => sum + size, 0);
  if (total === 0) return ({ from, to }) => (count === 0 ? 1 : (to - from) / count);
  return ({ from, to }) => (from === 0 && to === count ? 1 : byLayer.slice(from, to).reduce((sum, size) => sum + size, 0) / total);
}
