import { maxTokens } from '../limits';

/**
 * The fewest tokens of one sequence whose cache takes more bytes than `bytes`; null: no context does (state that does not
 * grow, or windows that are full before).
 *
 * @param cacheAt bytes of the cache of one sequence; never falling
 */
export function contextThatOutgrows(bytes: number, cacheAt: (tokens: number) => number): number | null {
  if (cacheAt(maxTokens) <= bytes) return null;
  let low = 0;
  let high = maxTokens;
  while (high - low > 1) {
    const middle = low + Math.floor((high - low) / 2);
    if (cacheAt(middle) > bytes) high = middle;
    else low = middle;
  }
  return high;
}
