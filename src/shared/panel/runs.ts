/** What the panel shows of one start of an engine, and of a step of training, as plain data. */
import type { BarView, Figure, Fill, Verdict } from './snapshot';

/** What peaks of training are told for. */
export interface TrainingAsked {
  readonly batch: number;
  readonly tokens: number;
  readonly precision: 'bf16' | 'mixed';
  /** Devices that ZeRO spreads over. */
  readonly devices: number;
}

export interface EngineView {
  /** "RTX 4090", "2 × H100"; null: no device is chosen. */
  readonly place: string | null;
  /** null: no engine is chosen. */
  readonly run: EngineRunView | null;
  /** null: not asked for. */
  readonly comparison: readonly EngineRow[] | null;
  /** What the estimate gives to every engine, in words. */
  readonly comparedAt: string;
}

/** One start of the chosen engine. */
export interface EngineRunView {
  /** "vLLM 0.33.0". */
  readonly title: string;
  /** Why there are no figures; empty where there are. */
  readonly problem: string;
  readonly notes: readonly { readonly refused: boolean; readonly text: string }[];
  /** Flags that are not the engine's defaults first. */
  readonly flags: readonly RunFlagRow[];
  readonly verdict: Verdict;
  readonly verdictText: string;
  readonly total: Figure | null;
  readonly bar: BarView | null;
  /** On the fullest device, then in host memory. */
  readonly terms: readonly TermRow[];
  readonly hostTerms: readonly TermRow[];
  /** What is free beside them, or by how much it is too little. */
  readonly rest: (Figure & { readonly bytes: number }) | null;
  readonly pool: Figure | null;
  readonly longest: Figure | null;
  readonly longestBound: string;
  readonly users: Figure | null;
  readonly usersAt: string;
  /** Numbers of devices among which tensors can be shared; null where the engine does not. */
  readonly degrees: Figure | null;
  /** Which logs of this machine the figures follow; null: none. */
  readonly measured: Figure | null;
}
export interface RunFlagRow {
  readonly name: string;
  readonly value: string;
  readonly origin: 'own' | 'estimate' | 'default';
  readonly originText: string;
}
export interface TermRow {
  /** As the engine calls it. */
  readonly name: string;
  readonly fill: Fill;
  readonly kind: string;
  readonly figure: Figure;
  /** "14.91 to 15.17 GiB"; empty where it is exact. */
  readonly band: string;
  /** "by rule". */
  readonly basis: string;
}
/** An engine beside others. */
export interface EngineRow {
  readonly id: string;
  readonly title: string;
  readonly version: string;
  readonly chosen: boolean;
  /** Why there are no figures; empty where there are. */
  readonly problem: string;
  readonly weights: string;
  readonly cache: string;
  readonly others: string;
  /** On the fullest device. */
  readonly total: string;
  readonly verdict: Verdict;
  readonly verdictText: string;
  readonly tokens: string;
  /** "measured here"; empty where the total follows no log of this machine. */
  readonly measured: string;
  /** In what it differs, what it is started with, what it says. */
  readonly words: readonly string[];
}

export interface TrainingView {
  /** What it opens with. */
  readonly start: TrainingAsked;
  /** null: not asked for. */
  readonly shown: TrainingTable | null;
}
export interface TrainingTable {
  readonly asked: TrainingAsked;
  /** Why there are no figures; empty where there are. */
  readonly problem: string;
  /** Rows that are still to come. */
  readonly pending: number;
  /** "RTX 4090"; null: no device is chosen. */
  readonly device: string | null;
  /** Bytes at the right end of the bars. */
  readonly scale: number;
  /** Usable memory of the device; null: unknown. */
  readonly usable: number | null;
  readonly groups: readonly { readonly label: string; readonly rows: readonly TrainingRow[] }[];
  readonly notes: readonly string[];
}
export interface TrainingRow {
  readonly id: string;
  readonly label: string;
  readonly total: Figure;
  readonly verdict: Verdict;
  readonly verdictText: string;
  /** "−42.1 GiB" against the first row; empty in it. */
  readonly saved: string;
  readonly parts: readonly { readonly fill: Fill; readonly label: string; readonly bytes: number; readonly text: string }[];
}
