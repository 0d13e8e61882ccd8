import type { JsonObject, JsonValue } from '../../config/json';
import { readFlags, type FlagTable } from '../engines/flags';
import type { EngineId } from '../engines/run';
import type { Printed } from './lines';

/** What a figure of a log is counted in. */
export type FigureUnit = 'bytes' | 'tokens' | 'sequences';

/** A figure that a log prints of what a start took. */
export interface Figure extends Printed {
  /** In the words of the check: "weights", "pool", or of llama.cpp the buffer ("CUDA0 kv"). */
  readonly name: string;
  readonly unit: FigureUnit;
}

/** A device as a log names it. */
export interface LogDevice {
  /** The engine's own name ("CUDA0"). */
  readonly id?: string;
  /** The maker's ("NVIDIA GeForce RTX 4090"). */
  readonly title?: string;
  /** Bytes that the driver reports in all. */
  readonly total?: number;
  /** Bytes that were free before anything was loaded. */
  readonly free?: number;
}

/** What a GGUF file says of itself, as the loader prints it. */
export interface GgufFacts {
  /** Keys and values of the metadata that the log shows. */
  readonly metadata: ReadonlyMap<string, string>;
  readonly tensors: number | undefined;
  readonly vocabulary: number | undefined;
  readonly parameters: Printed | undefined;
}

/** One start of an engine, as its log tells it. */
export interface StartupLog {
  readonly engine: EngineId;
  /** `undefined`: not printed. */
  readonly version: string | undefined;
  /** What the log says of the run, by the engine's own long names. */
  readonly options: JsonObject;
  /** Whether flags that the log leaves out are known to be at their defaults. */
  readonly statesAllFlags: boolean;
  /** Flags of the log that are not known here, and change nothing here. */
  readonly unknownFlags: readonly string[];
  readonly devices: readonly LogDevice[];
  readonly model: {
    readonly name: string | undefined;
    /** llama.cpp's name of the file's type ("Q4_K - Medium"). */
    readonly fileType: string | undefined;
    readonly gguf: GgufFacts | undefined;
  };
  readonly figures: readonly Figure[];
  /** Traits of the run that are no flags: `own-engine` (Ollama's), `projector`, `repacked`, `lora`, `draft-loaded`. */
  readonly traits: readonly string[];
}

/** Reads the lines of one engine; lines that are not known are skipped. */
export interface EngineReader {
  add(line: string): void;
  /** The starts that printed any figure, in their order. */
  starts(): readonly StartupLog[];
}

/** Flags of a log that the engine knows and heeds; others by name. Values that do not do are left out, as if not printed. */
export function knownFlags(
  table: FlagTable,
  written: Readonly<Record<string, JsonValue | undefined>>,
): { readonly options: JsonObject; readonly unknown: readonly string[] } {
  const options: Record<string, JsonValue> = {};
  const unknown: string[] = [];
  for (const [name, value] of Object.entries(written)) {
    if (value === undefined || value === null) continue;
    const read = readFlags(table, { [name]: value });
    if ('problem' in read) {
      if (read.problem.code === 'flag-unknown') unknown.push(name.replaceAll('_', '-').slice(0, 80));
      continue;
    }
    for (const [known, own] of Object.entries(read.values)) if (!table[known]?.idle) options[known] = own as JsonValue;
  }
  return { options, unknown };
}

/** Starts of one log that are kept: the last ones. */
const mostStarts = 50;

/** The starts of a log; one that printed no figure is none. */
export class Starts<S extends { readonly figures: Figures }> {
  private readonly kept: S[] = [];

  constructor(public current: S) {}

  begin(next: S): void {
    if (!this.current.figures.isEmpty) this.kept.push(this.current);
    if (this.kept.length > mostStarts) this.kept.shift();
    this.current = next;
  }

  all(): readonly S[] {
    return this.current.figures.isEmpty ? this.kept : [...this.kept, this.current];
  }
}

/** Names of figures that one start may have; a log names some twenty. */
const mostFigures = 200;

/** Keeps the figure of the first rank that prints it: ranks of a stage hold as much, and the first holds the embedding. */
export class Figures {
  private readonly found = new Map<string, Figure & { readonly rank: number }>();

  /** @param rank of the process that prints it; a lower one replaces a higher one */
  first(name: string, unit: FigureUnit, printed: Printed | undefined, rank = 0): void {
    const known = this.found.get(name);
    if (printed && (!known || rank < known.rank)) this.set(name, unit, printed, rank);
  }

  /** The last one printed counts. */
  last(name: string, unit: FigureUnit, printed: Printed | undefined): void {
    if (printed) this.set(name, unit, printed);
  }

  least(name: string, unit: FigureUnit, printed: Printed | undefined): void {
    const known = this.found.get(name);
    if (printed && (!known || printed.value < known.value)) this.set(name, unit, printed);
  }

  add(name: string, unit: FigureUnit, printed: Printed | undefined): void {
    if (!printed) return;
    const known = this.found.get(name);
    this.set(name, unit, { value: (known?.value ?? 0) + printed.value, half: (known?.half ?? 0) + printed.half });
  }

  get isEmpty(): boolean {
    return this.found.size === 0;
  }

  get(name: string): Printed | undefined {
    return this.found.get(name);
  }

  drop(pattern: RegExp): void {
    for (const name of this.found.keys()) if (pattern.test(name)) this.found.delete(name);
  }

  private set(name: string, unit: FigureUnit, { value, half }: Printed, rank = 0): void {
    if (this.found.size < mostFigures || this.found.has(name)) this.found.set(name, { name, unit, rank, value, half });
  }

  list(): readonly Figure[] {
    return [...this.found.values()].map(({ name, unit, value, half }) => ({ name, unit, value, half }));
  }
}
