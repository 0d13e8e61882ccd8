import { llamaReader } from './llamaCpp';
import { plainLine } from './lines';
import { sglangReader } from './sglang';
import type { StartupLog } from './startupLog';
import { vllmReader } from './vllm';

export interface LogReader {
  /** Takes the next line, without its end. Never throws. */
  add(line: string): void;
  /** The starts that the lines tell of, in their order within each engine, the last fifty; empty where no line is an engine's. */
  starts(): readonly StartupLog[];
}

/** Reads a start-up log line by line; what is kept does not grow with the log. */
export function logReader(): LogReader {
  const readers = [vllmReader(), sglangReader(), llamaReader()];
  return {
    add(line) {
      const plain = plainLine(line);
      for (const reader of readers) reader.add(plain);
    },
    starts: () => readers.flatMap((reader) => reader.starts()),
  };
}
