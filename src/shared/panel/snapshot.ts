/**
 * Everything that the panel shows, as plain data with texts in the reader's language. A snapshot is complete: the client
 * draws it without knowing what was shown before, so that a lost or superseded one does no harm.
 */
import type { Severity } from '../../engine/findings';
import type { EditablePart, KeepEdits } from '../../engine/quantization/edits';
import type { CacheDtype } from '../../engine/units/dtypes';
import type { EngineView, TrainingAsked, TrainingView } from './runs';

/** How a figure comes about. */
export interface Explanation {
  /** The formula with the numbers put in, a step per line. */
  readonly formula: readonly string[];
  /** What it stands on, what is not covered, and sources. */
  readonly notes: readonly string[];
}

/** A figure as text, and its way there. Whoever shows one lets the reader open the other. */
export interface Figure {
  readonly text: string;
  readonly how: Explanation;
}

export interface PanelSnapshot {
  /** Grows with every snapshot of one webview. */
  readonly revision: number;
  /** Open model configs, in the order of their tabs. */
  readonly documents: readonly DocumentChoice[];
  readonly content: PanelContent;
}

export interface DocumentChoice {
  readonly uri: string;
  readonly name: string;
}

export type PanelContent =
  /** No model config is open. */
  | { readonly kind: 'empty' }
  /** The document names a model but gives none. */
  | { readonly kind: 'refused'; readonly document: DocumentChoice; readonly pinned: boolean; readonly findings: readonly FindingRow[] }
  | ModelContent;

export interface ModelContent {
  readonly kind: 'model';
  readonly document: DocumentChoice;
  /** The document stays whatever editor becomes active. */
  readonly pinned: boolean;
  /** The text does not parse as it stands; figures are of an earlier version. */
  readonly stale: boolean;
  readonly summary: Summary;
  readonly controls: Controls;
  readonly notices: readonly SettingNotice[];
  readonly memory: MemoryView;
  readonly remedies: readonly Remedy[];
  readonly engine: EngineView;
  readonly training: TrainingView;
  readonly precisions: PrecisionTable;
  readonly whatIf: WhatIfView;
  readonly breakdown: readonly BreakdownRow[];
  readonly cache: CacheView | null;
  readonly walls: readonly Wall[];
  readonly findings: readonly FindingRow[];
}

export interface Summary {
  /** "Llama". */
  readonly family: string;
  /** "LlamaForCausalLM". */
  readonly architecture: string;
  /** In full. */
  readonly parameters: Figure;
  /** "exact", "approximate": in one or two words. */
  readonly basis: { readonly kind: 'exact' | 'rule' | 'approximate'; readonly figure: Figure };
  /** Of a mixture of experts. */
  readonly active: Figure | null;
  /** Of a composite: text, vision, audio. */
  readonly parts: readonly { readonly name: string; readonly figure: Figure }[];
}

export interface Controls {
  readonly device: string | null;
  readonly count: number;
  readonly targets: readonly { readonly device: string; readonly count: number }[];
  /** Own devices first, then the catalogue, by vendor. */
  readonly groups: readonly { readonly label: string; readonly devices: readonly DeviceChoice[] }[];
  readonly precision: string;
  readonly precisions: readonly Choice[];
  readonly context: number;
  /** Tokens; null: the model sets none. */
  readonly contextLimit: number | null;
  readonly batch: number;
  readonly kvDtype: CacheDtype | 'auto';
  /** Empty for a model that keeps nothing between tokens. */
  readonly kvDtypes: readonly Choice<CacheDtype | 'auto'>[];
  /** `none`, or the id of an engine; empty where the setting names none that is known. */
  readonly engine: string;
  readonly engines: readonly Choice[];
}
export interface Choice<T extends string = string> {
  readonly value: T;
  readonly label: string;
}
export interface DeviceChoice {
  readonly name: string;
  /** "24 GiB". */
  readonly memory: string;
  /** Whether the model under the chosen settings fits; null: memory unknown. */
  readonly fits: boolean | null;
}

/** Something in the settings that cannot be used as it is. */
export interface SettingNotice {
  readonly text: string;
  /** Of a target: its place in the setting, and the names that may be meant. */
  readonly target: { readonly index: number; readonly candidates: readonly string[] } | null;
}

export type Verdict = 'fits' | 'narrow' | 'over' | 'unknown';

/** A device's memory as a ruler, and what lies on it. */
export interface BarView {
  readonly segments: readonly { readonly id: Fill; readonly bytes: number }[];
  /** Bytes of usable memory; null: unknown. */
  readonly usable: number | null;
  /** "23.52 GiB", and which part of it stands at its end; empty where unknown. */
  readonly usableText: string;
  readonly usableAnchor: 'start' | 'middle' | 'end';
  /** Bytes at the right end of the drawing. */
  readonly scale: number;
  readonly ticks: readonly { readonly bytes: number; readonly text: string }[];
  /** The picture in words. */
  readonly description: string;
}
/** Kinds of memory that are told apart by colour and texture. */
export type Fill = 'weights' | 'cache' | 'runtime' | 'activations' | 'graphs' | 'buffers';

export interface MemoryView extends BarView {
  /** "RTX 4090", "each of 2 × H100 SXM 80GB"; null: no device is chosen. */
  readonly device: string | null;
  readonly verdict: Verdict;
  /** "fits", "does not fit". */
  readonly verdictText: string;
  /** "16.9 of 23.5 GiB". */
  readonly total: Figure;
  readonly segments: readonly Segment[];
  /** Free memory, or by how much it is too little; null where memory is unknown. */
  readonly rest: (Figure & { readonly bytes: number }) | null;
  /** Which logs of this machine the figures follow; null: none. */
  readonly measured: Figure | null;
  readonly longestContext: Figure | null;
  /** What bounds it: memory or the model. */
  readonly contextBound: string;
  readonly sequences: Figure | null;
  /** "at 8,192 tokens each". */
  readonly sequencesAt: string;
}
export interface Segment {
  readonly id: 'weights' | 'cache' | 'runtime';
  readonly label: string;
  readonly bytes: number;
  readonly figure: Figure;
}

/** What the reader can change in one click. */
export interface Changes {
  readonly device?: string;
  readonly count?: number;
  readonly precision?: string;
  readonly context?: number;
  readonly batch?: number;
  readonly kvDtype?: CacheDtype | 'auto';
  /** null: precisions are those of the settings again. */
  readonly listing?: Listing | null;
  /** null: nothing is tried any more. */
  readonly trial?: Trial | null;
  /** `none`, or the id of an engine. */
  readonly engine?: string;
  /** Whether all engines are compared. */
  readonly comparing?: boolean;
  /** null: peaks of training are not shown any more. */
  readonly training?: TrainingAsked | null;
}

/** How all presets are listed, by size. */
export interface Listing {
  /** Words that all stand in a preset's name; empty: any. */
  readonly search: string;
  /** Name of a format; empty: any. */
  readonly format: string;
  /** Whole bits of a packed weight; 0: any. */
  readonly bits: number;
  /** Only what fits the chosen device. */
  readonly fits: boolean;
  /** How many rows, at most. */
  readonly rows: number;
}

/** A quantization that is tried on the model without being chosen. */
export interface Trial {
  readonly preset: string;
  readonly edits: KeepEdits;
}

/** A change that makes the model fit. */
export interface Remedy {
  readonly text: string;
  /** What it comes to: "9.4 of 23.5 GiB". */
  readonly effect: string;
  readonly changes: Changes;
}

export interface PrecisionTable {
  /** "RTX 4090", "2 × H100": columns of `reach`, the chosen device first. */
  readonly targets: readonly string[];
  /** Those of the settings, or those that the listing asks for. */
  readonly rows: readonly PrecisionRow[];
  /** How many presets there are. */
  readonly presets: number;
  readonly listing: ListingView | null;
}
/** The listing in effect, and what it can be narrowed to. */
export interface ListingView extends Listing {
  /** Presets that match; `rows` of the table are the first of them. */
  readonly found: number;
  readonly formats: readonly Choice[];
  readonly widths: readonly Choice[];
}
export interface PrecisionRow {
  readonly precision: string;
  /** What a trial of it begins with; null for a file's own scheme that is no preset. */
  readonly preset: string | null;
  readonly label: string;
  readonly chosen: boolean;
  readonly bytes: Figure;
  readonly bits: string;
  /** Bytes that keep the checkpoint's own type; null: nothing is quantized, or not known. */
  readonly kept: Figure | null;
  /** Loss of quality, and the model that it was measured on; null where nothing is published. */
  readonly cost: { readonly loss: string; readonly model: string } | null;
  /** Longest context per target. */
  readonly reach: readonly Reach[];
  /** What it is and needs. */
  readonly facts: readonly Fact[];
}
export interface Reach {
  /** `over`: shorter than the chosen context, or not even one token. `refused`: it would fit, and something stands against it. */
  readonly kind: 'fits' | 'over' | 'unknown' | 'refused';
  readonly figure: Figure;
}
export interface Fact {
  readonly label: string;
  readonly text: string;
  readonly source: string;
}

export interface WhatIfView {
  /** The preset that a trial begins with. */
  readonly start: string;
  readonly trial: TrialView | null;
}
export interface TrialView extends Trial {
  readonly label: string;
  /** Presets by format. */
  readonly formats: readonly { readonly label: string; readonly presets: readonly Choice[] }[];
  /** The same format and width with other groups, the preset among them. */
  readonly groups: readonly (Choice & { readonly refused: boolean })[];
  /** Groups of one's own: what stands before and after their size in the name of a preset; null where none can be chosen. */
  readonly ownGroup: { readonly before: string; readonly after: string; readonly size: number } | null;
  readonly parts: readonly PartView[];
  /** Layers kept whole at the ends of the language model, and how many it has; null: none can be kept by number. */
  readonly layers: { readonly first: number; readonly last: number; readonly most: number } | null;
  /** Why the keep list cannot be changed; empty where it can. */
  readonly fixed: string;
  /** Whether anything differs from the preset. */
  readonly changed: boolean;
  /** Whether it is what the estimate is made for. */
  readonly chosen: boolean;
  readonly own: Figure;
  readonly after: Figure;
  /** "−742 MiB" against the preset; empty where nothing is changed. */
  readonly difference: string;
  /** "4.93 bits per weight". */
  readonly bits: string;
  /** "exact", "by rule". */
  readonly basis: string;
  readonly components: readonly ComponentRow[];
  readonly reach: readonly { readonly target: string; readonly before: string; readonly after: Reach }[];
  /** What stands against it; `place` is empty where it holds on any device. */
  readonly refusals: readonly { readonly place: string; readonly text: string }[];
}
export interface PartView {
  readonly part: EditablePart;
  readonly label: string;
  readonly quantized: boolean;
  /** By the preset itself. */
  readonly habit: boolean;
  /** "+2.50 GiB if left alone". */
  readonly effect: string;
}
export interface ComponentRow {
  readonly name: string;
  /** Bytes and bits per weight: as the file is, under the preset, and as changed. */
  readonly own: string;
  readonly ownBits: string;
  readonly before: string;
  readonly after: string;
  readonly afterBits: string;
  /** Against the preset; empty where nothing changes. */
  readonly difference: string;
}

export interface BreakdownRow {
  readonly name: string;
  readonly share: number;
  readonly shareText: string;
  readonly count: Figure;
}

export interface CacheView {
  /** "KV cache", or "state" of a model that keeps no keys and values. */
  readonly title: string;
  /** Growth per token of one sequence. */
  readonly perToken: Figure;
  /** Part that does not grow, if any. */
  readonly state: Figure | null;
  /** Dtype and what decided it. */
  readonly dtype: string;
  /** Empty where nothing grows. */
  readonly rows: readonly CacheRow[];
}
export interface CacheRow {
  readonly tokens: string;
  readonly chosen: boolean;
  readonly bytes: number;
  readonly figure: Figure;
  /** Of the weights: 1 is as large. */
  readonly ofWeights: number;
  /** "27 %". */
  readonly ofWeightsText: string;
}

/** One limit in short. */
export interface Wall {
  readonly id: string;
  readonly title: string;
  readonly figure: Figure;
  /** What moves it, in a few words. */
  readonly lever: string;
}

export interface FindingRow {
  readonly severity: Severity;
  readonly severityText: string;
  readonly text: string;
  /** "text_config.hidden_size"; empty for the whole file. */
  readonly place: string;
}
