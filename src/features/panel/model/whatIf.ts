import {
  askGroup,
  findPreset,
  formatBytes,
  formatNumber,
  nameWithGroup,
  type EditablePart,
  type KeepEdits,
  type Preset,
  type RefusedGroup,
} from '../../../engine/index';
import type { PartView, Trial, TrialView, WhatIfView } from '../../../shared/panel/snapshot';
import { longLabel } from '../../../shared/text/precisions';
import { componentNames } from '../../../shared/text/report';
import { fitPlaceText } from '../../../shared/text/deviceProfiles';
import { refusedGroupText } from '../../../shared/text/refusals';
import { partNames } from '../../../shared/text/partNames';
import { bitsTexts, refusalTexts, signed, whatIfReport } from '../../../shared/text/whatIf';
import { editableLayers, partsOf, whatIf, type ComponentChange, type PartChange, type WhatIf } from '../../../shared/whatIf';
import { basisWord } from './basis';
import { presetChoices } from './precisionList';
import { contextReach, withRefusal } from './reach';
import type { View } from './view';
import { weightsFigure } from './weightFigures';

/** Quantizations that a trial begins with where nothing else is chosen: 4 bits as most people know them. */
const usual = 'awq-int4-g128';

/** What is tried on the model, part by part; `null` while nothing is. */
export function whatIfOf(view: View, trial: Trial | null): WhatIfView {
  const preset = trial && presetOfTrial(trial);
  if (!trial || !preset) return { start: startOf(view), trial: null };
  const shown = trialOf(view, preset, trial.edits);
  const refused = refusedGroupOf(trial);
  const why = refused && { place: '', text: refusedGroupText(refused, view.t, view.style) };
  return { start: startOf(view), trial: why ? { ...shown, refusals: [why, ...shown.refusals] } : shown };
}

/** What is tried; of groups that the format has none of, one that it has. */
const presetOfTrial = (trial: Trial): Preset | undefined => findPreset(trial.preset) ?? refusedGroupOf(trial)?.preset;

function refusedGroupOf({ preset }: Trial): RefusedGroup | undefined {
  const asked = askGroup(preset);
  return asked?.kind === 'refused' ? asked.refused : undefined;
}

/** Where a size of one's own goes in the name of a preset. */
function ownGroupOf(preset: Preset): TrialView['ownGroup'] {
  const size = preset.groupSize ?? 0;
  const mark = 1_234_567; // no preset has it
  const [before, after] = nameWithGroup(preset, mark)?.split(String(mark)) ?? [];
  return before === undefined || after === undefined ? null : { before, after, size };
}

/** The report of what is tried; `undefined` while nothing is. */
export function whatIfReportOf(view: View, trial: Trial | null, name: string): (() => string) | undefined {
  const preset = trial && presetOfTrial(trial);
  return trial && preset ? () => whatIfReport(name, view.estimate, preset, trial.edits, view.t, view.style) : undefined;
}

/** The chosen precision if its keep list can be changed, else the first of the settings that it can be of. */
function startOf({ weights, estimate }: View): string {
  const canBeChanged = ({ scheme }: { readonly scheme: string }): boolean => findPreset(scheme)?.scheme !== undefined;
  return [weights, ...estimate.weights].find(canBeChanged)?.scheme ?? usual;
}

function trialOf(view: View, preset: Preset, asked: KeepEdits): TrialView {
  const { t, style, analysis, estimate, weights } = view;
  const result = whatIf(estimate, preset, asked);
  const { own, before, after, edits } = result;
  const bytes = (value: number): string => formatBytes(value, style);
  const changed = hasChanges(edits);
  return {
    preset: preset.name,
    edits: asked,
    label: longLabel(preset.name),
    formats: presetChoices(view, preset),
    groups: result.groups.length < 2 ? [] : result.groups.map((each) => groupOf(each, view)),
    ownGroup: ownGroupOf(preset),
    parts: partsOf(view, preset).map((part) => partOf(part, edits, view)),
    layers: preset.scheme ? { first: edits.firstLayers ?? 0, last: edits.lastLayers ?? 0, most: editableLayers(analysis) } : null,
    fixed: preset.scheme ? '' : fixedText(preset, view),
    changed,
    chosen: !changed && weights.scheme === preset.name,
    own: weightsFigure(own, view),
    after: weightsFigure(after, view),
    difference: changed ? signed(after.bytes - before.bytes, bytes) : '',
    bits: t('{0} bits per weight', formatNumber(after.bitsPerWeight, 2, style)),
    basis: basisWord(after.basis, t),
    components: componentsOf(result, changed, view),
    reach: result.reach.map(({ before: plain, after: fit }, index) => ({
      target: fitPlaceText(fit, t),
      before: changed ? contextReach(plain, view).figure.text : '',
      after: withRefusal(contextReach(fit, view), result.refused, estimate.settings.targets[index]),
    })),
    refusals: refusalTexts(result, t, style),
  };
}

const hasChanges = ({ keep = [], quantize = [], firstLayers = 0, lastLayers = 0 }: KeepEdits): boolean =>
  keep.length + quantize.length + firstLayers + lastLayers > 0;

const groupOf = ({ preset, bytes, refused }: WhatIf['groups'][number], { t, style }: View): TrialView['groups'][number] => {
  const size = preset.groupSize === null ? t('whole row') : formatNumber(preset.groupSize, 0, style);
  return { value: preset.name, label: `${size} · ${formatBytes(bytes, style)}`, refused };
};

function partOf({ part, quantized: habit, bytes }: PartChange, edits: KeepEdits, { t, style }: View): PartView {
  const effect = signed(bytes, (value) => formatBytes(value, style));
  const isIn = (parts: readonly EditablePart[] | undefined): boolean => parts?.includes(part) === true;
  return {
    part,
    label: partNames(t)[part],
    quantized: habit ? !isIn(edits.keep) : isIn(edits.quantize),
    habit,
    effect: habit ? t('{0} if left alone', effect) : t('{0} if quantized too', effect),
  };
}

/** Why what stays is not for a person to choose. */
function fixedText({ format }: Preset, { t }: View): string {
  if (format === 'plain') return t('Nothing is quantized.');
  return t('{0} decides tensor by tensor what stays high; its list cannot be changed here.', format === 'GGUF' ? 'llama.cpp' : format);
}

function componentsOf({ components, own, before, after }: WhatIf, changed: boolean, { t, style, analysis }: View): TrialView['components'] {
  const names = componentNames(t);
  const bytes = (value: number): string => formatBytes(value, style);
  const rowOf = (name: string, sizes: Omit<ComponentChange, 'component'>): TrialView['components'][number] => {
    const bits = bitsTexts(sizes, style);
    return {
      name,
      own: bytes(sizes.own),
      ownBits: bits.own,
      before: bytes(sizes.before),
      after: bytes(sizes.after),
      afterBits: bits.after,
      difference: changed ? signed(sizes.after - sizes.before, bytes) : '',
    };
  };
  return [
    ...components.map((each) => rowOf(names[each.component], each)),
    rowOf(t('total'), { parameters: analysis.parameters.total, own: own.bytes, before: before.bytes, after: after.bytes }),
  ];
}
