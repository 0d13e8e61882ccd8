import { cacheBytes } from '../../cache';
import type { CacheDtype } from '../../../units/dtypes';
import type { Inventory, StateEntry } from '../../../weights/inventory';
import { atLeast } from '../versions';

/**
 * Whether layers with a window let older tokens go: since 4.56, where the dynamic cache has a class of layer for them
 * (cache_utils.py, DynamicSlidingWindowLayer). What is kept after a prompt is a view, though, which holds all of it until the next
 * token replaces it.
 */
export const trimsWindows = (version: string): boolean => atLeast(version, '4.56');

/** Cache of `tokens` with all tokens in layers that have a window. */
export const wholeCacheBytes = (inventory: Inventory, tokens: number, sequences: number, dtype: CacheDtype): number =>
  cacheBytes(withoutWindows(inventory), tokens, sequences, dtype);

const withoutWindows = ({ entries, states }: Inventory): Inventory => ({
  entries,
  states: states.map(({ state, copies }): StateEntry =>
    state.kind === 'sliding' ? { copies, state: { kind: 'attention', elementsPerToken: state.elementsPerToken } } : { copies, state },
  ),
});
