import { formatNumber, type Fit, type PrecisionWeights } from '../../../engine/index';
import type { Fact, PrecisionRow, PrecisionTable } from '../../../shared/panel/snapshot';
import { reasonText } from '../../../shared/text/reasons';
import { deviceText } from '../../../shared/text/summary';
import { measuredCost, precisionFacts } from './precisionFacts';
import { contextReach } from './reach';
import type { View } from './view';
import { keptFigure, precisionLabel, weightsFigure } from './weightFigures';

/** Every precision of the settings, and how far each target goes with it. */
export function precisionsOf(view: View): PrecisionTable {
  const { estimate } = view;
  const { targets } = estimate.settings;
  return {
    targets: targets.map(({ device, count }) => deviceText(device.name, count)),
    rows: estimate.weights.map((weights, index) => {
      const fits = targets.flatMap((_, at) => estimate.fits[at * estimate.weights.length + index] ?? []);
      return rowOf(weights, fits, view);
    }),
  };
}

function rowOf(weights: PrecisionWeights, fits: readonly Fit[], view: View): PrecisionRow {
  const { t, style } = view;
  const parameters = measuredSize(view);
  return {
    precision: weights.precision,
    label: precisionLabel(weights, t),
    chosen: weights.precision === view.weights.precision,
    bytes: weightsFigure(weights, view),
    bits: formatNumber(weights.bitsPerWeight, 2, style),
    kept: keptFigure(weights, view),
    cost: measuredCost(weights.scheme, parameters),
    reach: fits.map((fit) => contextReach(fit, view)),
    facts: [...precisionFacts(weights.scheme, parameters, t), ...onDevice(fits[0], view)],
  };
}

/** Losses were measured on language models that generate: they say nothing about an encoder or a speech model. */
function measuredSize({ analysis: { inventory, parameters } }: View): number | null {
  const kinds = new Set(inventory.states.map(({ state }) => state.kind));
  return kinds.size > 0 && !kinds.has('cross') ? parameters.total : null;
}

/** What the chosen device makes of the format. */
function onDevice(fit: Fit | undefined, { t }: View): readonly Fact[] {
  const reasons = (fit?.basis.reasons ?? []).filter((reason) => reason.startsWith('dtype-'));
  return fit ? reasons.map((reason) => ({ label: fit.device, text: reasonText(reason, t), source: '' })) : [];
}
