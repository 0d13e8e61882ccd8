import { endOfText, startOfText, type Program, type Symbol } from './regularExpression';

/** A set of states of a program that a text can have led to, and the lowest label accepted on the way. */
export interface Position {
  readonly states: readonly number[];
  /** Lowest label accepted so far; Infinity for none. */
  readonly best: number;
  readonly next: Map<Symbol, Position>;
}

export interface Automaton {
  readonly start: Position;
  /** `undefined` when the patterns have used up their time. */
  advance(from: Position, text: string): Position | undefined;
  finish(from: Position): Position | undefined;
}

/** Visits of single states for all texts together. An honest file stays below a hundred thousand. */
const maxVisits = 2_000_000;

/** Runs all patterns at once; sets of states that were met before are kept, so that equal texts cost one lookup a character. */
export function automaton({ states, starts }: Program): Automaton {
  const known = new Map<string, Position>();
  let visits = 0;

  function close(entry: readonly number[], best: number): Position {
    const seen = new Set<number>();
    const pending = [...entry];
    let lowest = best;
    while (pending.length > 0) {
      const id = pending.pop() as number;
      if (seen.has(id)) continue;
      seen.add(id);
      visits++;
      const state = states[id];
      if (state?.kind === 'fork') pending.push(...state.next);
      else if (state?.kind === 'accept') lowest = Math.min(lowest, state.label);
    }
    const kept = [...seen].filter((id) => states[id]?.kind === 'symbol').sort((a, b) => a - b);
    const key = `${lowest}:${kept.join(',')}`;
    let position = known.get(key);
    if (!position) known.set(key, (position = { states: kept, best: lowest, next: new Map() }));
    return position;
  }

  function step(from: Position, symbol: Symbol): Position {
    let to = from.next.get(symbol);
    if (to) return to;
    const reached: number[] = [];
    for (const id of from.states) {
      visits++;
      const state = states[id];
      if (state?.kind === 'symbol' && state.test(symbol)) reached.push(state.next);
    }
    from.next.set(symbol, (to = close(reached, from.best)));
    return to;
  }

  return {
    start: step(close(starts, Infinity), startOfText),
    advance(from, text) {
      let position = from;
      for (let at = 0; at < text.length; at++) {
        if (visits > maxVisits) return undefined;
        position = step(position, text.charCodeAt(at));
      }
      return position;
    },
    finish: (from) => (visits > maxVisits ? undefined : step(from, endOfText)),
  };
}
