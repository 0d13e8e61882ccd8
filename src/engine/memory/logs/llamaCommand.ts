import type { JsonValue } from '../../config/json';
import { parseFlags, type Flag, type FlagTable } from '../engines/flags';
import { llamaFlags } from '../engines/llamaCpp/flags';

/** Flags of Ollama's runners that llama.cpp does not have; they take no memory. */
const runnerFlags: Readonly<Record<string, Flag>> = {
  'ollama-engine': { value: { kind: 'switch' }, idle: true },
  offline: { value: { kind: 'switch' }, idle: true },
  'no-webui': { value: { kind: 'switch' }, idle: true },
  lora: { value: { kind: 'text' }, idle: true },
};
const table: FlagTable = { ...llamaFlags, ...runnerFlags };

/** Words of a command line; quotes and backslashes as a shell reads them, roughly. */
export function wordsOf(command: string): readonly string[] {
  return [...command.matchAll(/"((?:[^"\\]|\\.)*)"|'([^']*)'|(\S+)/g)].map(([, double, single, bare]) => double ?? single ?? bare ?? '');
}

/** The command of llama.cpp's programs, or Ollama's runner, that a line shows; `undefined` for other lines. */
export function llamaCommand(line: string): readonly string[] | undefined {
  const given = /\bcmd="((?:[^"\\]|\\.)*)"/.exec(line)?.[1];
  if (given !== undefined) return /(?:llama|ollama)[\w.]*/i.test(given) ? wordsOf(given.replaceAll('\\\\', '/')) : undefined;
  const typed = /(?:^|[\s/\\"'])(?:llama-(?:server|cli|bench|perplexity|run|embedding|mtmd-cli)|llama_server)(?:\.exe)?["']?( .*)$/.exec(
    line,
  )?.[1];
  return typed === undefined || !/ -{1,2}[a-z]/.test(typed) ? undefined : wordsOf(typed);
}

/** What a command asks for, by llama.cpp's long names; words that are no known flag are passed over. */
export function commandOptions(words: readonly string[]): Readonly<Record<string, JsonValue>> {
  const found: Record<string, JsonValue> = {};
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    if (!word.startsWith('-')) continue;
    // With its value, else as a switch: which of the two it is, the table knows.
    const next = words[at + 1];
    const read = [next === undefined ? [word] : [word, next], [word]]
      .map((each) => parseFlags(table, each))
      .find((each) => 'values' in each);
    if (!read || !('values' in read)) continue;
    for (const [name, value] of Object.entries(read.values)) if (!table[name]?.idle) found[name] = value as JsonValue;
  }
  return found;
}
