import type { CachePaging } from '../../batch';
import type { Run } from '../run';
import { cacheSpecs } from './cacheSpecs';
import { rowBytes } from './cacheTypes';
import { settingsOf } from './settings';

/** Whole blocks of a prefix are found by their hash (vllm/v1/core/kv_cache_manager.py), unless prefix caching is off. */
export function vllmPaging(run: Run, version: string): CachePaging {
  const settings = settingsOf(run.analysis, version, run.machine, run.options, run.weights, run.draft?.analysis);
  const { layers, dtype } = cacheSpecs(run.analysis, settings, run.weights);
  const attention = layers.filter(({ spec }) => spec.kind !== 'mamba').map(({ spec }) => spec.blockSize);
  const row = rowBytes(dtype, settings.width);
  return {
    layout: 'paged',
    page: Math.max(1, ...attention),
    shares: settings.prefixCaching,
    windows: settings.hybridManager && settings.slidingWindows,
    longest: settings.maxModelLen,
    element: row ? row(usualHead) / usualHead : settings.width,
  };
}

/** Elements of a head over which types with a scale per token and head spread it. */
const usualHead = 128;
