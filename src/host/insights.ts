import { insightAt, insightsFor, type KeyInsight } from '../engine/index';
import type { Estimated } from './estimates';

const known = new WeakMap<Estimated, readonly KeyInsight[]>();

/** The insights of an estimate, worked out once for hints and hovers together. */
export function insightsOf(estimated: Estimated): readonly KeyInsight[] {
  let insights = known.get(estimated);
  if (!insights) known.set(estimated, (insights = insightsFor(estimated.reading.analysis, estimated.estimate.settings)));
  return insights;
}

/** The insight of a key in a quantization block's settings of single modules, which `insightsOf` leaves out. */
export function quantInsightAt(
  { reading, estimate }: Estimated,
  place: readonly (string | number)[],
  isHere: (insight: KeyInsight) => boolean,
): KeyInsight | undefined {
  const insight = insightAt(reading.analysis, estimate.settings, place);
  return insight && isHere(insight) ? insight : undefined;
}
