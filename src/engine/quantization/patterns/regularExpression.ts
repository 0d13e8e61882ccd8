/**
 * Regular expressions from a file, as an automaton without backtracking: time is bounded by pattern times text whatever the
 * pattern says. The syntax is what module patterns are written in (Python's re); look-around, back references, word
 * boundaries and inline flags are refused.
 */

/** One character, or an edge of the text. */
export type Symbol = number;
export const startOfText: Symbol = -2;
export const endOfText: Symbol = -1;

export type State =
  | { readonly kind: 'symbol'; readonly test: (symbol: Symbol) => boolean; readonly next: number }
  | { readonly kind: 'fork'; readonly next: readonly number[] }
  | { readonly kind: 'accept'; readonly label: number };

/** Why a pattern is refused. */
export type PatternProblem = 'too-long' | 'too-large' | 'syntax' | 'unsupported';

/** Ends the reading of one pattern; never leaves this file. */
class Refusal extends Error {
  constructor(readonly problem: PatternProblem) {
    super(problem);
  }
}

/** Characters of one pattern; the longest published one has a few hundred. */
const maxLength = 2000;
/** States of all patterns of one file together, and states built for patterns that were refused. */
const maxStates = 40_000;
const maxWasted = 200_000;

type Fragment = (next: number) => number;

/** States of several patterns, each under its own label. The text is read as its start, its characters, its end. */
export interface Program {
  readonly states: readonly State[];
  readonly starts: readonly number[];
}

export interface ProgramBuilder {
  readonly program: Program;
  /** Adds a pattern that must match from the start of the name (`re.match`), or says why it is refused. */
  addExpression(source: string, label: number): PatternProblem | undefined;
  /** Adds a shell pattern (`*`, `?`, `[…]`) that must match a whole module name: the name itself or one of the modules around it. */
  addGlob(source: string, label: number): PatternProblem | undefined;
}

export function programBuilder(): ProgramBuilder {
  const states: State[] = [];
  const starts: number[] = [];
  let wasted = 0;

  const push = (state: State): number => {
    if (states.length >= maxStates) throw new Refusal('too-large');
    return states.push(state) - 1;
  };
  const symbol =
    (test: (symbol: Symbol) => boolean): Fragment =>
    (next) =>
      push({ kind: 'symbol', test, next });
  const sequence =
    (parts: readonly Fragment[]): Fragment =>
    (next) =>
      parts.reduceRight((following, part) => part(following), next);
  const either =
    (options: readonly Fragment[]): Fragment =>
    (next) =>
      options.length === 1 ? (options[0] as Fragment)(next) : push({ kind: 'fork', next: options.map((option) => option(next)) });
  const repeated =
    (part: Fragment, min: number, max: number): Fragment =>
    (next) => {
      let following = next;
      if (max === Infinity) {
        const loop = push({ kind: 'fork', next: [] });
        states[loop] = { kind: 'fork', next: [part(loop), next] };
        following = loop;
      } else for (let optional = min; optional < max; optional++) following = push({ kind: 'fork', next: [part(following), next] });
      for (let needed = 0; needed < min; needed++) following = part(following);
      return following;
    };
  const anything: Fragment = repeated(symbol(isCharacter), 0, Infinity);

  function add(source: string, label: number, parse: () => Fragment): PatternProblem | undefined {
    if (source.length > maxLength) return 'too-long';
    if (wasted > maxWasted) return 'too-large';
    const before = states.length;
    try {
      const first = parse()(push({ kind: 'accept', label }));
      starts.push(push({ kind: 'fork', next: [first, push({ kind: 'symbol', test: (s) => s === startOfText, next: first })] }));
      return undefined;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      wasted += states.length - before;
      states.length = before;
      return error.problem;
    }
  }

  return {
    program: { states, starts },
    addExpression: (source, label) => add(source, label, () => parseExpression(source)),
    addGlob: (source, label) => add(source, label, () => parseGlob(source)),
  };

  function parseGlob(source: string): Fragment {
    const parts: Fragment[] = [];
    let at = 0;
    while (at < source.length) {
      const char = source.charAt(at);
      const close = char === '[' ? source.indexOf(']', at + 2) : -1;
      if (close > 0) {
        const negated = source.charAt(at + 1) === '!';
        const inside = source.slice(at + (negated ? 2 : 1), close).replace(/[\\\]^[]/g, '\\$&');
        parts.push(symbol(parseClass(`${negated ? '^' : ''}${inside}]`, 0).test));
        at = close + 1;
        continue;
      }
      parts.push(char === '*' ? anything : char === '?' ? symbol(isCharacter) : literal(char));
      at++;
    }
    return sequence([...parts, symbol((s) => s === endOfText || s === dot)]);
  }

  function literal(char: string): Fragment {
    const code = char.charCodeAt(0);
    return symbol((s) => s === code);
  }

  function parseExpression(source: string): Fragment {
    let at = 0;
    const whole = alternatives();
    if (at < source.length) throw new Refusal('syntax');
    return whole;

    function alternatives(): Fragment {
      const options = [branch()];
      while (source.charAt(at) === '|') {
        at++;
        options.push(branch());
      }
      return either(options);
    }

    function branch(): Fragment {
      const parts: Fragment[] = [];
      while (at < source.length && !'|)'.includes(source.charAt(at))) parts.push(quantified(atom()));
      return sequence(parts);
    }

    function quantified(part: Fragment): Fragment {
      const char = source.charAt(at);
      const counted = char === '{' ? /^\{(\d{1,4})(,(\d{0,4}))?\}/.exec(source.slice(at, at + 12)) : null;
      let bounds: readonly [number, number] | undefined;
      if (char === '*') bounds = [0, Infinity];
      else if (char === '+') bounds = [1, Infinity];
      else if (char === '?') bounds = [0, 1];
      else if (counted)
        bounds = [Number(counted[1]), counted[2] === undefined ? Number(counted[1]) : counted[3] ? Number(counted[3]) : Infinity];
      if (bounds === undefined) return part;
      if (bounds[1] < bounds[0]) throw new Refusal('syntax');
      at += counted ? counted[0].length : 1;
      // A lazy quantifier matches the same names; a possessive one may not.
      if (source.charAt(at) === '?') at++;
      else if (source.charAt(at) === '+') throw new Refusal('unsupported');
      else if ('*{'.includes(source.charAt(at)) && at < source.length) throw new Refusal('syntax');
      return repeated(part, bounds[0], bounds[1]);
    }

    function atom(): Fragment {
      const char = source.charAt(at++);
      if (char === '(') {
        if (source.charAt(at) === '?') {
          const opening = /^\?(:|P<\w+>)/.exec(source.slice(at, at + 60));
          if (!opening) throw new Refusal('unsupported');
          at += opening[0].length;
        }
        const inside = alternatives();
        if (source.charAt(at++) !== ')') throw new Refusal('syntax');
        return inside;
      }
      if (char === '[') {
        const { test, end } = parseClass(source, at);
        at = end;
        return symbol(test);
      }
      if (char === '.') return symbol(isCharacter);
      if (char === '^') return symbol((s) => s === startOfText);
      if (char === '$') return symbol((s) => s === endOfText);
      if ('*+?{'.includes(char)) throw new Refusal('syntax');
      if (char !== '\\') return literal(char);
      const escaped = source.charAt(at++);
      if (escaped === 'Z') return symbol((s) => s === endOfText);
      return symbol(escape(escaped));
    }
  }
}

const dot = 46;
const isCharacter = (s: Symbol): boolean => s >= 0 && s !== 10;
const isDigit = (s: Symbol): boolean => s >= 48 && s <= 57;
const isWord = (s: Symbol): boolean => isDigit(s) || (s >= 65 && s <= 90) || (s >= 97 && s <= 122) || s === 95;
const isSpace = (s: Symbol): boolean => s === 32 || (s >= 9 && s <= 13);

/** The characters that `\x` stands for; letters and digits with a meaning that is not kept here are refused. */
function escape(char: string): (symbol: Symbol) => boolean {
  switch (char) {
    case 'd':
      return isDigit;
    case 'D':
      return (s) => s >= 0 && !isDigit(s);
    case 'w':
      return isWord;
    case 'W':
      return (s) => s >= 0 && !isWord(s);
    case 's':
      return isSpace;
    case 'S':
      return (s) => s >= 0 && !isSpace(s);
    default: {
      if (char === '') throw new Refusal('syntax');
      const code = char.charCodeAt(0);
      if (isWord(code) && char !== '_') throw new Refusal('unsupported');
      return (s) => s === code;
    }
  }
}

/** A character class from after its opening bracket to its closing one. */
function parseClass(source: string, start: number): { test: (symbol: Symbol) => boolean; end: number } {
  const negated = source.charAt(start) === '^';
  const tests: ((symbol: Symbol) => boolean)[] = [];
  let at = start + (negated ? 1 : 0);
  for (let first = true; first || source.charAt(at) !== ']'; first = false) {
    if (at >= source.length) throw new Refusal('syntax');
    const char = source.charAt(at++);
    if (char === '\\') {
      tests.push(escape(source.charAt(at++)));
      continue;
    }
    const low = char.charCodeAt(0);
    const ranged = source.charAt(at) === '-' && at + 1 < source.length && source.charAt(at + 1) !== ']';
    const high = ranged ? source.charCodeAt(at + 1) : low;
    if (ranged) {
      if (source.charAt(at + 1) === '\\') throw new Refusal('unsupported');
      at += 2;
    }
    if (high < low) throw new Refusal('syntax');
    tests.push((s) => s >= low && s <= high);
  }
  return { test: (s) => s >= 0 && tests.some((test) => test(s)) !== negated, end: at + 1 };
}
