import { maxMemberLength, maxNameLength } from './limits';
import { refuse } from './reading';

/** What becomes of a member: its value is parsed, given as its text, entered for its own members, or passed over. */
export type Fate = 'keep' | 'text' | 'enter' | 'skip';

type Expects = 'object' | 'key or end' | 'key' | 'colon' | 'value' | 'skipped' | 'comma or end' | 'nothing';

/**
 * Members of one JSON object whose text comes in pieces, in order, equal keys as often as they stand there. Only what is not
 * whole yet is kept from one piece to the next, so that neither the length of the text nor a value in it costs memory, and
 * others may run between pieces. Strictly JSON where it looks; values that are passed over are followed by their brackets alone.
 *
 * @param fateOf asked for each key; `within` is the member of the outer object whose value holds it
 * @param take called with each member that is kept
 */
export function memberReader(
  fateOf: (key: string, within: string | undefined) => Fate,
  take: (key: string, value: unknown, within: string | undefined) => void,
): { push(text: string): void; end(): void } {
  let text = '';
  let at = 0;
  let before = 0;
  let expects: Expects = 'object';
  let within: string | undefined;
  let key = '';
  const skipped = { depth: 0, inText: false, escaped: false, scalar: false };

  const fail = (): never => refuse('not-json', { at: before + at });
  const tooLong = (from: number, limit: number): never => refuse('text-too-long', { at: before + from, limit });
  const pass = (): void => {
    while (at < text.length && isSpace(text.charCodeAt(at))) at++;
  };

  /** The end of the string that begins at `from`, or -1 where it is not there yet. */
  function endOfText(from: number, limit: number): number {
    for (let end = text.indexOf('"', from + 1); end >= 0; end = text.indexOf('"', end + 1)) {
      let slashes = 0;
      while (text.charCodeAt(end - 1 - slashes) === backslash) slashes++;
      if (slashes % 2 === 0) return end - from > limit ? tooLong(from, limit) : end + 1;
    }
    return text.length - from > limit ? tooLong(from, limit) : -1;
  }

  /** The end of the value that begins at `at`, or -1 where it is not there yet. */
  function endOfValue(): number {
    const first = text.charCodeAt(at);
    if (first === quote) return endOfText(at, maxMemberLength);
    if (first !== brace && first !== bracket) {
      scalarEnd.lastIndex = at;
      const found = scalarEnd.exec(text);
      if (!found && text.length - at > maxMemberLength) tooLong(at, maxMemberLength);
      return found ? found.index : -1;
    }
    flat.lastIndex = at;
    if (flat.test(text) && flat.lastIndex - at <= maxMemberLength) return flat.lastIndex;
    let depth = 0;
    for (let next = at; next < text.length; next++) {
      if (next - at > maxMemberLength) tooLong(at, maxMemberLength);
      const code = text.charCodeAt(next);
      if (code === quote) {
        const end = endOfText(next, maxMemberLength);
        if (end < 0) return -1;
        next = end - 1;
      } else if (code === brace || code === bracket) depth++;
      else if ((code === braceEnd || code === bracketEnd) && --depth === 0) return next + 1;
    }
    return -1;
  }

  /** Passes over as much of a value as there is; true at its end. */
  function skipOn(): boolean {
    for (; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (skipped.inText) {
        if (skipped.escaped) skipped.escaped = false;
        else if (code === backslash) skipped.escaped = true;
        else if (code === quote) {
          skipped.inText = false;
          if (skipped.depth === 0) return (at++, true);
        }
      } else if (skipped.scalar) {
        if (code === comma || code === braceEnd || isSpace(code)) return true;
      } else if (code === quote) skipped.inText = true;
      else if (code === brace || code === bracket) skipped.depth++;
      else if (code === braceEnd || code === bracketEnd) {
        if (skipped.depth === 0) fail();
        if (--skipped.depth === 0) return (at++, true);
      } else if (skipped.depth === 0) skipped.scalar = true;
    }
    return false;
  }

  function parse(from: number, to: number): unknown {
    const part = text.slice(from, to);
    if (part.charCodeAt(0) === quote && !special.test(part)) return part.slice(1, -1);
    try {
      return JSON.parse(part);
    } catch {
      return fail();
    }
  }

  function push(more: string): void {
    before += at;
    text = text.slice(at) + more;
    at = 0;
    for (;;) {
      if (expects === 'skipped') {
        if (!skipOn()) return;
        expects = 'comma or end';
        continue;
      }
      pass();
      if (at >= text.length) return;
      const code = text.charCodeAt(at);
      switch (expects) {
        case 'object':
          if (code !== brace) fail();
          at++;
          expects = 'key or end';
          break;
        case 'key or end':
        case 'key': {
          if (code === braceEnd && expects === 'key or end') {
            leave();
            break;
          }
          if (code !== quote) fail();
          const end = endOfText(at, maxNameLength);
          if (end < 0) return;
          key = parse(at, end) as string;
          at = end;
          expects = 'colon';
          break;
        }
        case 'colon':
          if (code !== colon) fail();
          at++;
          expects = 'value';
          break;
        case 'value': {
          const fate = fateOf(key, within);
          if (fate === 'enter' && within === undefined && code === brace) {
            at++;
            within = key;
            expects = 'key or end';
            break;
          }
          if (fate !== 'keep' && fate !== 'text') {
            Object.assign(skipped, { depth: 0, inText: false, escaped: false, scalar: false });
            if (code === comma || code === braceEnd || code === bracketEnd) fail();
            expects = 'skipped';
            break;
          }
          const end = endOfValue();
          if (end < 0) return;
          const value = fate === 'text' ? text.slice(at, end) : parse(at, end);
          at = end;
          expects = 'comma or end';
          take(key, value, within);
          break;
        }
        case 'comma or end':
          if (code === braceEnd) leave();
          else if (code === comma) {
            at++;
            expects = 'key';
          } else fail();
          break;
        case 'nothing':
          fail();
      }
    }
  }

  /** Out of the object that ends here. */
  function leave(): void {
    at++;
    expects = within === undefined ? 'nothing' : 'comma or end';
    within = undefined;
  }

  return {
    push,
    end() {
      if (expects !== 'nothing') fail();
    },
  };
}

const quote = 34;
const comma = 44;
const colon = 58;
const bracket = 91;
const backslash = 92;
const bracketEnd = 93;
const brace = 123;
const braceEnd = 125;
/** What JSON's strings escape or forbid. */
const special = /[\\\u0000-\u001f]/;
const scalarEnd = /[,}\s]/g;
/** An object of plain texts, numbers and lists of these, as a tensor's entry is: found at one go, as there may be half a million. */
const flat = /\{(?:[^"{}[\]]|"[^"\\]*"|\[[^"{}[\]]*\])*\}/y;
const isSpace = (code: number): boolean => code === 32 || code === 10 || code === 13 || code === 9;
