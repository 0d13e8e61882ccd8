import { findPreset, fitAt, formatNumber, presets, type Fit, type PrecisionWeights } from '../../../engine/index';
import type { Fact, Listing, PrecisionRow, PrecisionTable } from '../../../shared/panel/snapshot';
import { reasonText } from '../../../shared/text/reasons';
import { targetText } from '../../../shared/text/deviceProfiles';
import { refusalTexts } from '../../../shared/text/whatIf';
import { refusedOn } from '../../../shared/whatIf';
import { basisWord } from './basis';
import { measuredCost, precisionFacts } from './precisionFacts';
import { listed } from './precisionList';
import { contextReach, withRefusal } from './reach';
import type { View } from './view';
import { keptFigure, precisionLabel, weightsFigure } from './weightFigures';

/** Every precision of the settings, or those that a listing of all asks for, and how far each target goes with it. */
export function precisionsOf(view: View, listing: Listing | null): PrecisionTable {
  const { analysis, estimate, t } = view;
  const { settings } = estimate;
  const asked = listing && listed(view, listing);
  const fitsOf = (weights: PrecisionWeights): readonly Fit[] =>
    settings.targets.map((target) => fitAt(analysis, settings, weights, target));
  return {
    targets: settings.targets.map((each) => targetText(each, t)),
    rows: (asked ? asked.weights : estimate.weights).map((weights) => rowOf(weights, fitsOf(weights), view)),
    presets: presets.length,
    listing: asked && asked.view,
  };
}

function rowOf(weights: PrecisionWeights, fits: readonly Fit[], view: View): PrecisionRow {
  const { t, style, estimate: shown } = view;
  const parameters = measuredSize(view);
  const preset = findPreset(weights.scheme);
  const refused = preset ? refusedOn(shown, preset) : [];
  return {
    precision: weights.precision,
    preset: preset?.name ?? null,
    label: precisionLabel(weights, t),
    chosen: weights.precision === view.weights.precision,
    bytes: weightsFigure(weights, view),
    bits: formatNumber(weights.bitsPerWeight, 2, style),
    kept: keptFigure(weights, view),
    cost: measuredCost(weights.scheme, parameters),
    reach: fits.map((fit, index) => withRefusal(contextReach(fit, view), refused, shown.settings.targets[index])),
    facts: [
      ...precisionFacts(weights.scheme, parameters, t),
      { label: t('Size'), text: basisWord(weights.basis, t), source: '' },
      ...onDevice(fits[0], view),
      ...refusalTexts({ refused }, t, style).map(({ place, text }) => ({
        label: place === '' ? t('Stands against it') : t('Stands against it on {0}', place),
        text,
        source: '',
      })),
    ],
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
