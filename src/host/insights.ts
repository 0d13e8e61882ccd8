import { insightsFor, type KeyInsight } from '../engine/index';
import type { Estimated } from './estimates';

const known = new WeakMap<Estimated, readonly KeyInsight[]>();

/** The insights of an estimate, worked out once for hints and hovers together. */
export function insightsOf(estimated: Estimated): readonly KeyInsight[] {
  let insights = known.get(estimated);
  if (!insights) known.set(estimated, (insights = insightsFor(estimated.reading.analysis, estimated.estimate.settings)));
  return insights;
}
