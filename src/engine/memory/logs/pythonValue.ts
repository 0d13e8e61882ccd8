import type { JsonValue } from '../../config/json';

/** Levels of nesting that are followed. */
const maxDepth = 24;

/**
 * A value as Python prints it ({'tp': 2, 'dtype': None}), as JSON, or as the call that makes an object (Config(a=1, b='x')): engines
 * print their settings in all three. What is none of these is text up to the next comma or bracket; a value that is cut off ends
 * where the line does. Never throws.
 */
export function pythonValue(text: string, start = 0): JsonValue {
  let at = start;
  const skip = (): void => {
    while (text[at] === ' ' || text[at] === '\t') at++;
  };

  function quoted(quote: string): string {
    at++;
    let value = '';
    while (at < text.length && text[at] !== quote) {
      if (text[at] === '\\') at++;
      value += text[at] ?? '';
      at++;
    }
    at++;
    return value;
  }

  /** What stands up to a comma, colon or bracket that belongs to what is around it. */
  function bare(): string {
    const from = at;
    let open = 0;
    for (; at < text.length; at++) {
      const char = text[at] ?? '';
      if (char === '<') open++;
      else if (char === '>') open = Math.max(0, open - 1);
      else if (open === 0 && ',:=()[]{}'.includes(char)) break;
    }
    return text.slice(from, at).trim();
  }

  function items(close: string, depth: number): JsonValue[] {
    const found: JsonValue[] = [];
    at++;
    while (at < text.length) {
      skip();
      if (text[at] === close) break;
      const before = at;
      found.push(value(depth));
      skip();
      if (text[at] === ',') at++;
      else if (at === before) at++;
    }
    at++;
    return found;
  }

  /** Entries of {key: value} or (key=value). */
  function entries(close: string, depth: number): JsonValue {
    const found = Object.create(null) as Record<string, JsonValue>;
    at++;
    while (at < text.length) {
      skip();
      if (text[at] === close) break;
      const before = at;
      const key = text[at] === "'" || text[at] === '"' ? quoted(text[at] ?? '') : bare();
      skip();
      if (text[at] === ':' || text[at] === '=') {
        at++;
        found[key] = value(depth);
      }
      skip();
      if (text[at] === ',') at++;
      else if (at === before) at++;
    }
    at++;
    return found;
  }

  function value(depth: number): JsonValue {
    skip();
    const char = text[at];
    if (depth > maxDepth) {
      at = text.length;
      return null;
    }
    if (char === "'" || char === '"') return quoted(char);
    if (char === '{') return entries('}', depth + 1);
    if (char === '[') return items(']', depth + 1);
    if (char === '(') return items(')', depth + 1);
    const word = bare();
    if (text[at] === '(') return entries(')', depth + 1);
    return wordValue(word);
  }
  return value(0);
}

function wordValue(word: string): JsonValue {
  if (word === 'True' || word === 'true') return true;
  if (word === 'False' || word === 'false') return false;
  if (word === 'None' || word === 'null' || word === '') return null;
  return /^-?\d{1,17}(\.\d+)?(e[+-]?\d{1,3})?$/i.test(word) ? Number(word) : word;
}
