/** Characters of a line that are looked at: engines print their flags in lines of some ten thousand. */
export const maxLineLength = 2 ** 16;

export interface LineSplitter {
  /** Takes the next piece of a text, and gives its whole lines. */
  push(piece: string): readonly string[];
  /** What stands after the last line end, if anything. */
  end(): readonly string[];
}

/** Cuts a text that comes in pieces into lines; of a longer line only the beginning is kept, so that memory stays bounded. */
export function lineSplitter(): LineSplitter {
  let rest = '';
  let isCut = false;
  const take = (part: string): void => {
    if (isCut) return;
    rest += part.slice(0, maxLineLength - rest.length);
    isCut = rest.length >= maxLineLength;
  };
  const finish = (): string => {
    const line = rest;
    rest = '';
    isCut = false;
    return line;
  };
  return {
    push(piece) {
      const lines: string[] = [];
      let from = 0;
      for (let at = piece.indexOf('\n'); at >= 0; at = piece.indexOf('\n', from)) {
        take(piece.slice(from, at));
        lines.push(finish());
        from = at + 1;
      }
      take(piece.slice(from));
      return lines;
    },
    end: () => (rest === '' ? [] : [finish()]),
  };
}

const colours = /\u001b\[[0-9;?]*[ -/]*[@-~]/g;

/** A line without colours. What processes, containers and journals put before it stays: messages are looked for, not beginnings. */
export function plainLine(line: string): string {
  const bare = line.includes('\u001b') ? line.replace(colours, '') : line;
  // Progress bars return to the beginning of their line; so do the line ends of Windows.
  return bare.includes('\r') ? bare.replaceAll('\r', ' ').trimEnd() : bare;
}

/** A figure as it was printed. */
export interface Printed {
  readonly value: number;
  /** Half of its last digit: what printing may have taken or added. */
  readonly half: number;
}

/** Bytes of a unit as engines write it; what llama.cpp calls MiB and SGLang GB are powers of two alike. */
const units: Readonly<Record<string, number>> = { B: 1, KiB: 2 ** 10, KB: 2 ** 10, MiB: 2 ** 20, MB: 2 ** 20, GiB: 2 ** 30, GB: 2 ** 30, TiB: 2 ** 40, TB: 2 ** 40 }; // prettier-ignore

/**
 * A size ("55.22", "GiB") in bytes, or `undefined` where it is none.
 *
 * @param digits that were printed at least before zeros at the end were dropped
 */
export function printedBytes(number: string | undefined, unit: string | undefined, digits = 0): Printed | undefined {
  const value = numberOf(number);
  const scale = unit === undefined ? undefined : units[unit];
  if (value === undefined || scale === undefined) return undefined;
  const decimals = Math.max(digits, (number?.split('.')[1] ?? '').length);
  return { value: Math.round(value * scale), half: (scale / 10 ** decimals) * 0.5 };
}

/** A count ("1,347,774"), or `undefined`. */
export function printedCount(number: string | undefined): Printed | undefined {
  const value = numberOf(number);
  return value === undefined ? undefined : { value, half: (1 / 10 ** (number?.split('.')[1] ?? '').length) * 0.5 };
}

export function numberOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const bare = text.replaceAll(',', '');
  return /^-?\d{1,15}(\.\d{1,9})?$/.test(bare) ? Number(bare) : undefined;
}
