/** What if a model were quantized differently: the figures behind the command, its report and the panel. */
import {
  depthOf,
  editableParts,
  estimate,
  presetModelOf,
  presets,
  refusals,
  weightsAt,
  type Analysis,
  type Component,
  type EditablePart,
  type Estimate,
  type Fit,
  type KeepEdits,
  type KeepReason,
  type PrecisionWeights,
  type Preset,
  type Refusal,
  type Target,
} from '../engine/index';

/** A part of the model, and what keeping or quantizing it against the preset's habit changes. */
export interface PartChange {
  readonly part: EditablePart;
  /** By the preset itself. */
  readonly quantized: boolean;
  readonly bytes: number;
}

/** Bytes of a component: as the file is, under the preset, and under the preset as changed. */
export interface ComponentChange {
  readonly component: Component;
  readonly parameters: number;
  readonly own: number;
  readonly before: number;
  readonly after: number;
}

/** The preset, or one that differs in its groups alone, under the same edits. */
export interface GroupChoice {
  readonly preset: Preset;
  readonly bytes: number;
  /** The group does not divide every row. */
  readonly refused: boolean;
}

export interface WhatIf {
  readonly preset: Preset;
  /** Those that change anything. */
  readonly edits: KeepEdits;
  /** As the file is. */
  readonly own: PrecisionWeights;
  /** Under the preset as it is. */
  readonly before: PrecisionWeights;
  readonly after: PrecisionWeights;
  /** What is left alone after all, the largest first, in bytes. */
  readonly kept: readonly (readonly [reason: KeepReason, bytes: number])[];
  /** The largest after the change first. */
  readonly components: readonly ComponentChange[];
  /** Small groups first; the preset alone where its format has no others. */
  readonly groups: readonly GroupChoice[];
  /** In the order of the settings' targets. */
  readonly reach: readonly { readonly before: Fit; readonly after: Fit }[];
  /** Without a target: on any device. */
  readonly refused: readonly { readonly refusal: Refusal; readonly target: Target | undefined }[];
}

/** Parts that the model has, with whether the preset quantizes them now. */
export function partsOf({ analysis }: Pick<Estimate, 'analysis'>, preset: Preset): readonly PartChange[] {
  if (!preset.scheme) return [];
  const plain = weightsAt(analysis, preset.name).bytes;
  const change = (edits: KeepEdits): number => weightsAt(analysis, preset.name, { edits }).bytes - plain;
  return editableParts.flatMap((part): readonly PartChange[] => {
    const kept = change({ keep: [part] });
    if (kept > 0) return [{ part, quantized: true, bytes: kept }];
    const quantized = change({ quantize: [part] });
    return quantized < 0 ? [{ part, quantized: false, bytes: quantized }] : [];
  });
}

/** Presets of the same format and width with other groups, the preset itself among them, small groups first. */
export function otherGroups(preset: Preset): readonly Preset[] {
  const bare = (name: string): string => name.replace(/-(g\d+|channel|b\d+)\b/, '');
  const known = presets.filter(({ name, format }) => format === preset.format && bare(name) === bare(preset.name));
  return (known.some(({ name }) => name === preset.name) ? [...known] : [...known, preset]).sort(
    (a, b) => (a.groupSize ?? Infinity) - (b.groupSize ?? Infinity),
  );
}

/** Layers of the language model, of which those at the ends can be kept. */
export const editableLayers = ({ inventory }: Analysis): number => depthOf(inventory.entries);

/** Of the edits, those that the preset heeds and that change something in this model. */
export function heededEdits(shown: Pick<Estimate, 'analysis'>, preset: Preset, edits: KeepEdits): KeepEdits {
  const parts = partsOf(shown, preset);
  if (!preset.scheme) return {};
  const among = (quantized: boolean, asked: readonly EditablePart[] = []): readonly EditablePart[] =>
    parts.filter((each) => each.quantized === quantized && asked.includes(each.part)).map(({ part }) => part);
  const most = editableLayers(shown.analysis);
  const firstLayers = Math.min(edits.firstLayers ?? 0, most);
  return {
    keep: among(true, edits.keep),
    quantize: among(false, edits.quantize),
    firstLayers,
    lastLayers: Math.min(edits.lastLayers ?? 0, most - firstLayers),
  };
}

/** What a preset with a changed keep list makes of a model, part by part, how far it goes, and what stands against it. */
export function whatIf(shown: Estimate, preset: Preset, asked: KeepEdits): WhatIf {
  const { analysis, settings } = shown;
  const edits = heededEdits(shown, preset, asked);
  const options = { ...settings.presetOptions, edits };
  const own = weightsAt(analysis, 'checkpoint');
  const before = weightsAt(analysis, preset.name, settings.presetOptions);
  const after = weightsAt(analysis, preset.name, options);
  const fitsWith = (presetOptions: typeof settings.presetOptions): readonly Fit[] =>
    estimate(analysis, { ...settings, precisions: [preset.name], ...(presetOptions && { presetOptions }) }).fits;
  const fitsBefore = fitsWith(settings.presetOptions);
  const kept = Object.entries(after.details?.keptByReason ?? {}) as [KeepReason, number][];
  return {
    preset,
    edits,
    own,
    before,
    after,
    kept: kept.sort(([, a], [, b]) => b - a),
    components: componentsOf(analysis, before, after),
    groups: groupChoices(analysis, preset, edits),
    reach: fitsWith(options).flatMap((fit, index) => {
      const plain = fitsBefore[index];
      return plain ? [{ before: plain, after: fit }] : [];
    }),
    refused: refusedOn(shown, preset, edits),
  };
}

function componentsOf(analysis: Analysis, before: PrecisionWeights, after: PrecisionWeights): readonly ComponentChange[] {
  const { byComponent } = analysis.parameters;
  return (Object.keys(byComponent) as Component[])
    .map((component) => ({
      component,
      parameters: byComponent[component] ?? 0,
      own: analysis.checkpoint.extras.byComponent[component] ?? 0,
      before: before.details?.byComponent[component] ?? 0,
      after: after.details?.byComponent[component] ?? 0,
    }))
    .filter((each) => each.own + each.after > 0)
    .sort((a, b) => b.after - a.after);
}

/** What each group of a preset's format makes of a model. */
export const groupChoices = (analysis: Analysis, preset: Preset, edits: KeepEdits = {}): readonly GroupChoice[] =>
  otherGroups(preset).map((each) => ({
    preset: each,
    bytes: weightsAt(analysis, each.name, { edits }).bytes,
    refused: refusals(each, presetModelOf(analysis), { edits }).some(({ code }) => code === 'group-splits-row'),
  }));

/** What speaks against a preset on any device, then what does on a target beside that. */
export function refusedOn({ analysis, settings }: Estimate, preset: Preset, edits: KeepEdits = {}): WhatIf['refused'] {
  const model = presetModelOf(analysis);
  const known = new Set<string>();
  const further = (found: readonly Refusal[], target: Target | undefined): WhatIf['refused'] =>
    found
      .filter((refusal) => !known.has(keyOf(refusal)))
      .map((refusal) => {
        if (!target) known.add(keyOf(refusal));
        return { refusal, target };
      });
  return [
    ...further(refusals(preset, model, { edits }), undefined),
    ...settings.targets.flatMap((target) =>
      further(refusals(preset, model, { device: target.device, tensorParallel: target.count, edits }), target),
    ),
  ];
}

const keyOf = ({ code, values }: Refusal): string => JSON.stringify([code, values]);
