import type { JsonObject, JsonValue } from '../../config/json';

/** How the value of a flag is written. */
export type FlagKind =
  | { readonly kind: 'integer'; readonly min: number; readonly max: number }
  | { readonly kind: 'number'; readonly min: number; readonly max: number }
  | { readonly kind: 'switch' }
  | { readonly kind: 'text' }
  | { readonly kind: 'choice'; readonly choices: readonly string[] }
  /** Numbers with commas or slashes between ("3,1"). */
  | { readonly kind: 'numbers' };

export interface Flag {
  readonly value: FlagKind;
  /** Other names: short ones ("c"), and those of other versions. */
  readonly aliases?: readonly string[];
  /** Changes no byte of the memory: read, and of no further use. */
  readonly idle?: true;
}

/** The flags of an engine by their long names without dashes. */
export type FlagTable = Readonly<Record<string, Flag>>;

export type FlagValue = number | boolean | string | readonly number[];
/** Values by a flag's long name. */
export type FlagValues = Readonly<Record<string, FlagValue>>;

/** What is wrong with a flag. */
export interface FlagProblem {
  readonly code: 'flag-unknown' | 'flag-value';
  /** As it was written. */
  readonly flag: string;
  /** What is wrong, in English. */
  readonly message: string;
}

export type FlagReading = { readonly values: FlagValues } | { readonly problem: FlagProblem };

const canonical = (name: string): string => name.replace(/^--?/, '').replaceAll('_', '-');

/** The long name of a flag that may be written with dashes or `_`, or by an alias. Single letters keep their case. */
function nameOf(table: FlagTable, written: string): string | undefined {
  const bare = canonical(written);
  if (Object.hasOwn(table, bare)) return bare;
  return Object.keys(table).find((name) => table[name]?.aliases?.includes(bare));
}

/** The flag that is meant, "no-…" being the contrary of a switch. */
function switchOf(table: FlagTable, written: string): { readonly name: string | undefined; readonly negated: boolean } {
  const name = nameOf(table, written);
  const bare = canonical(written);
  if (name !== undefined || !bare.startsWith('no-')) return { name, negated: false };
  const positive = nameOf(table, bare.slice(3));
  const isSwitch = positive !== undefined && table[positive]?.value.kind === 'switch';
  return { name: isSwitch ? positive : undefined, negated: isSwitch };
}

/**
 * Values from an object of flags ({ "max-model-len": 8192 }); switches are true or false.
 * Nothing is ignored: the first flag that is unknown, or whose value does not do, is the answer.
 */
export function readFlags(table: FlagTable, written: JsonObject): FlagReading {
  const values: Record<string, FlagValue> = {};
  for (const [flag, value] of Object.entries(written)) {
    const { name, negated } = switchOf(table, flag);
    const spec = name === undefined ? undefined : table[name];
    if (name === undefined || !spec) return unknown(table, flag);
    if (value === undefined) continue;
    const said = valueOf(spec.value, value);
    const read = negated && typeof said === 'boolean' ? !said : said;
    if (read === undefined) return wrong(flag, spec.value, JSON.stringify(value) ?? 'nothing');
    if (Object.hasOwn(values, name)) return { problem: { code: 'flag-value', flag, message: `${name} is given twice` } };
    values[name] = read;
  }
  return { values };
}

/** Values from the words of a command line: `--max-model-len 8192`, `--max-model-len=8192`, `-c 8192`, `--no-…` for switches. */
export function parseFlags(table: FlagTable, words: readonly string[]): FlagReading {
  const written: Record<string, JsonValue> = Object.create(null);
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    if (!word.startsWith('-')) return { problem: { code: 'flag-unknown', flag: word, message: `"${word}" stands where a flag should` } };
    const [flag = '', ...rest] = word.split('=');
    const { name, negated } = switchOf(table, flag);
    const spec = name === undefined ? undefined : table[name];
    if (name === undefined || !spec) return unknown(table, flag);
    const next = words[at + 1];
    let value: JsonValue;
    if (rest.length > 0) value = rest.join('=');
    else if (spec.value.kind === 'switch') {
      value = !negated;
      // Newer llama.cpp takes "on", "off" and "auto" after what used to be a switch.
      if (next !== undefined && /^(on|off|true|false)$/i.test(next)) {
        value = next;
        at++;
      }
    } else {
      if (next === undefined) return wrong(flag, spec.value, 'nothing');
      value = next;
      at++;
    }
    if (name in written) return { problem: { code: 'flag-value', flag, message: `${name} is given twice` } };
    written[name] = value;
  }
  return readFlags(table, written);
}

function valueOf(kind: FlagKind, value: JsonValue): FlagValue | undefined {
  switch (kind.kind) {
    case 'integer':
    case 'number': {
      const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
      const fits = typeof number === 'number' && number >= kind.min && number <= kind.max;
      return fits && (kind.kind === 'number' || Number.isInteger(number)) ? number : undefined;
    }
    case 'switch':
      if (typeof value === 'boolean') return value;
      if (typeof value !== 'string' || !/^(on|off|true|false|1|0)$/i.test(value)) return undefined;
      return /^(on|true|1)$/i.test(value);
    case 'text':
      if (typeof value === 'number') return String(value);
      return typeof value === 'string' ? value : typeof value === 'object' && value !== null ? JSON.stringify(value) : undefined;
    case 'choice': {
      const text = typeof value === 'string' ? value : typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
      return kind.choices.find((choice) => choice.toLowerCase() === text?.toLowerCase());
    }
    case 'numbers': {
      const parts = Array.isArray(value) ? (value as readonly JsonValue[]) : typeof value === 'string' ? value.split(/[,/]/) : [value];
      const numbers = parts.map((part) => (typeof part === 'string' && part.trim() !== '' ? Number(part) : part));
      return numbers.every((number): number is number => typeof number === 'number' && Number.isFinite(number) && number >= 0)
        ? numbers
        : undefined;
    }
  }
}

function unknown(table: FlagTable, flag: string): FlagReading {
  const bare = canonical(flag);
  const near = Object.keys(table).find((name) => name.startsWith(bare) || bare.startsWith(name));
  const message = `${flag.slice(0, 80)} is not known${near === undefined ? '' : `; did you mean ${near}?`}`;
  return { problem: { code: 'flag-unknown', flag, message } };
}

function wrong(flag: string, kind: FlagKind, found: string): FlagReading {
  const expected = {
    integer: 'a whole number',
    number: 'a number',
    switch: 'true or false',
    text: 'text',
    choice: kind.kind === 'choice' ? `one of ${kind.choices.join(', ')}` : '',
    numbers: 'numbers with commas between',
  }[kind.kind];
  const range = kind.kind === 'integer' || kind.kind === 'number' ? ` from ${kind.min} to ${kind.max}` : '';
  return { problem: { code: 'flag-value', flag, message: `${flag} takes ${expected}${range}, not ${found.slice(0, 80)}` } };
}
