import type { Analysis } from '../../analysis';
import type { Basis } from '../../basis';
import type { Device } from '../../hardware/device';
import type { PresetOptions } from '../../quantization/presets/preset';
import type { CachePaging } from '../batch';
import type { FlagTable, FlagValues } from './flags';
import type { EngineId } from './ids';
import type { HostShare } from './host';

export type { EngineId };

/** Devices that a run has, of one kind unless `kinds` says otherwise. */
export interface Machine {
  /** Of all kinds together. */
  readonly count: number;
  /** Of the catalogue; `undefined` where only the memory is known. */
  readonly device: Device | undefined;
  /** Bytes per device as its driver reports them; `undefined` where no source states them. */
  readonly memory: number | undefined;
  /** Where they are unequal: each kind, the first of which is told above. */
  readonly kinds?: readonly Machine[];
}

/** One start of a serving engine. */
export interface Run {
  readonly analysis: Analysis;
  /** `checkpoint`, or the name of a preset. */
  readonly weights: string;
  readonly presetOptions?: PresetOptions;
  readonly engine: EngineId;
  /** As its maker numbers it ("0.10.2", "b4567"); the newest that is known where none is given. */
  readonly version: string | undefined;
  readonly machine: Machine;
  /** What was asked of the engine, by the long names of its own flags. */
  readonly options: FlagValues;
  /** The model that guesses tokens, where its config is given. */
  readonly draft?: Draft;
}

/** A draft model, and what its weights are: `checkpoint`, or the name of a preset. */
export interface Draft {
  readonly analysis: Analysis;
  readonly weights: string;
}

/** What a term is for; `buffers` is what fits no other (output, host staging, communication). */
export type TermKind = 'weights' | 'cache' | 'activations' | 'graphs' | 'nonTorch' | 'buffers';

/** Rows that a term was held against, and how far off it was in them. */
export interface Evidence {
  /** Rows that had a say in a constant of the term; 0: none was fitted. */
  readonly fitted: number;
  /** Rows that had none. */
  readonly held: number;
  /** Median of |error| over the rows of its kind, as a share. */
  readonly median: number;
  /** 90th percentile of |error|. */
  readonly p90: number;
  /** Where the rows come from. */
  readonly source: string;
}

/** One part of what a run takes, on the device that holds most of it unless `device` says which. */
export interface MemoryTerm {
  /** Stable name in the engine's own words, in kebab case ("model-weights", "peak-activation", "CUDA0 compute"). */
  readonly name: string;
  readonly kind: TermKind;
  readonly bytes: number;
  readonly basis: Basis;
  /** The band: as low and as high as the evidence or the rule leaves open; both `bytes` where the term is exact. */
  readonly low: number;
  readonly high: number;
  readonly evidence?: Evidence;
  /** How the bytes come about, where that is more than a sum over tensors. */
  readonly steps?: readonly TermStep[];
  /** Of a peak: what stays allocated after it. */
  readonly kept?: number;
}

/**
 * One line of a reckoning, by a stable code: of `bytes`, tokens, or a share. `op` is what is done with it: `+` and `−` make up the
 * term, `max` lines are those of which the largest counts, and `given` ones are what the others follow from.
 */
export interface TermStep {
  readonly code: string;
  readonly value: number;
  readonly unit: 'bytes' | 'count' | 'share';
  readonly op: '+' | '−' | 'max' | 'given';
}

/** What one device holds, in bytes. */
export interface DeviceMemory {
  /** The catalogue's name, or the engine's ("CUDA0"). */
  readonly device: string;
  readonly weights: number;
  readonly cache: number;
  readonly activations: number;
  readonly graphs: number;
  readonly nonTorch: number;
  readonly buffers: number;
  /** Sum of the six. */
  readonly total: number;
  /** What the driver reports, or `null` where that is not known. */
  readonly usable: number | null;
}

/** What is left for keys and values: `null` fields where the engine keeps no pool or memory is not known. */
export interface Pool {
  readonly bytes: number;
  readonly tokens: number | null;
  /** Sequences of the longest context that the pool holds at once. */
  readonly maxConcurrency: number | null;
}

export type RunBuffers = Readonly<
  Record<
    string,
    { readonly model: number; readonly kv: number; readonly recurrent: number; readonly compute: number; readonly output: number }
  >
>;

export interface RunMemory {
  readonly engine: EngineId;
  /** The version that the rules are for. */
  readonly version: string;
  readonly perDevice: readonly DeviceMemory[];
  readonly pool: Pool | null;
  readonly terms: readonly MemoryTerm[];
  /** llama.cpp and what builds on it: bytes by backend, under the names that it prints. */
  readonly buffers?: RunBuffers;
  /** What stays in the host's memory, where anything does. */
  readonly host?: HostShare;
  /** What the run would be refused for, or what a figure takes for granted. */
  readonly notes: readonly RunNote[];
}

/** A stable code and its figures; the surfaces turn them into sentences. `refused`: the engine would not start like this. */
export interface RunNote {
  readonly code: string;
  readonly refused: boolean;
  readonly values: Readonly<Record<string, string | number>>;
}

/** What differs in one engine: its flags, its versions, its memory. */
export interface Engine {
  readonly id: EngineId;
  /** As its makers write it: "vLLM", "llama.cpp". */
  readonly title: string;
  /** The version that is taken where none is asked for. */
  readonly newest: string;
  /** The oldest whose memory the rules describe. */
  readonly oldest: string;
  readonly flags: FlagTable;
  /** @throws RunError for a run that no figure can be given of. */
  memory(run: Run): RunMemory;
  /**
   * How it keeps sequences of different lengths.
   *
   * @throws RunError as `memory` does.
   */
  paging(run: Run): CachePaging;
  /**
   * The flags that people set most, with what they are in a run where nobody sets them.
   *
   * @throws RunError as `memory` does.
   */
  defaults(run: Run): FlagValues;
}

/** A run that cannot be answered: what, and where in the request. */
export class RunError extends Error {
  constructor(
    readonly code: string,
    message: string,
    /** Key of the request, or name of the flag. */
    readonly path: string,
    /** What the message names, for surfaces that say it in their own words. */
    readonly values: RunNote['values'] = {},
  ) {
    super(message);
  }
}
