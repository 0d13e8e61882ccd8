import type { Indices, InventoryEntry } from '../../weights/inventory';
import { automaton, type Position } from './automaton';
import { deeperTower, isPrefixPattern, moduleNames, type Place, type PlainRule } from './moduleNames';
import { programBuilder, type PatternProblem } from './regularExpression';

/** A rule of a quantization configuration about modules by name; earlier rules win. */
export interface NameRule<T> {
  /**
   * `name`: a module and all inside it. `exact`: that module alone. `glob`: a shell pattern for a whole module name.
   * `expression`: from the start of the name.
   */
  readonly kind: 'name' | 'exact' | 'glob' | 'expression';
  readonly text: string;
  readonly outcome: T;
}

export interface NameRules<T> {
  /** The copies of a tensor by the first rule that names its module; `undefined` for those that none names. Copies sum to the entry's. */
  split(entry: Pick<InventoryEntry, 'name' | 'indices'>): readonly { readonly copies: number; readonly outcome: T | undefined }[];
}

export type Refuse = (text: string, problem: PatternProblem | 'too-slow' | 'too-many-modules') => void;

/** Characters of a module name; published ones stay below 120. */
const maxNameLength = 2000;
/** Numbers of one stack that rules are held against one by one; those beyond are taken to be like the last. */
const maxIndices = 20_000;
/** Different ways in which rules can stand part way through a name, over all numbers. */
const maxBranches = 50_000;

/** How far names and patterns have come along the beginning of a module name. */
interface Branch {
  readonly place: Place;
  readonly position: Position | undefined;
  /** By the next segment; `undefined` when the patterns have used up their time. */
  readonly next: Map<string, Branch | undefined>;
}

/**
 * Rules over module names, applied to tensors whose layers are written as one. Numbers are followed one by one, but layers
 * that no rule tells apart go on as one: the cost is that of the names, not of layers × experts.
 *
 * @param refuse called for each pattern that is not applied, and when the time for patterns is used up.
 */
export function nameRules<T>(rules: readonly NameRule<T>[], refuse: Refuse): NameRules<T> {
  const plain: PlainRule[] = [];
  const builder = programBuilder();
  /** Modules of published towers that patterns speak of, which are then followed through names that have them. */
  const named = new Set<string>();
  let label = 0;
  rules.forEach(({ kind, text, outcome }, at) => {
    // Neighbours with one outcome share a label: which of them matched says nothing.
    if (rules[label]?.outcome !== outcome) label = at;
    if (kind === 'name' || kind === 'exact' || (kind === 'glob' && isPrefixPattern(text))) {
      if (text.length > maxNameLength) refuse(text, 'too-long');
      else plain.push({ text, label, alone: kind === 'exact' });
      return;
    }
    const problem = kind === 'glob' ? builder.addGlob(text, label) : builder.addExpression(text, label);
    if (problem !== undefined) refuse(text, problem);
    for (const deeper of deeperTower.values()) if (text.includes(deeper)) named.add(deeper);
  });
  const names = moduleNames(plain);
  const machine = builder.program.starts.length > 0 ? automaton(builder.program) : undefined;

  const known = new Map<Place, Map<Position | undefined, Branch>>();
  function branch(place: Place, position: Position | undefined): Branch {
    let row = known.get(place);
    if (!row) known.set(place, (row = new Map()));
    let found = row.get(position);
    if (!found) row.set(position, (found = { place, position, next: new Map() }));
    return found;
  }
  const root = branch(names.start, machine?.start);

  function advance(from: Branch, segment: string): Branch | undefined {
    if (from.next.has(segment)) return from.next.get(segment);
    const deeper = deeperTower.get(segment);
    const read = deeper !== undefined && named.has(deeper) ? `${segment}.${deeper}` : segment;
    const position = from.position && machine?.advance(from.position, from === root ? read : `.${read}`);
    const to = machine && !position ? undefined : branch(names.advance(from.place, segment), position);
    from.next.set(segment, to);
    return to;
  }

  /** The label of the first rule that names what has been read; Infinity for none. */
  function labelOf({ place, position }: Branch): number | undefined {
    if (!machine || !position) return place.ended;
    const ended = machine.finish(position);
    return ended && Math.min(place.ended, ended.best);
  }

  return {
    split({ name, indices }) {
      const unnamed = (problem: 'too-slow' | 'too-many-modules') => {
        refuse(name, problem);
        return [{ copies: product(indices), outcome: undefined }];
      };
      let branches = new Map([[root, 1]]);
      let place = 0;
      for (const segment of moduleOf(name).split('.')) {
        const moved = new Map<Branch, number>();
        const numbers = segment === '{n}' ? (indices[place++] ?? 1) : undefined;
        const count = numbers === undefined ? 1 : typeof numbers === 'number' ? numbers : numbers.length;
        const shown = Math.min(count, maxIndices);
        if (branches.size * shown > maxBranches) return unnamed('too-many-modules');
        for (const [from, copies] of branches)
          for (let at = 0; at < shown; at++) {
            const to = advance(from, numbers === undefined ? segment : String(typeof numbers === 'number' ? at : numbers[at]));
            if (to === undefined) return unnamed('too-slow');
            const times = at === shown - 1 ? 1 + count - shown : 1;
            moved.set(to, (moved.get(to) ?? 0) + copies * times);
          }
        branches = moved;
      }
      const found = new Map<T | undefined, number>();
      for (const [end, copies] of branches) {
        const label = labelOf(end);
        if (label === undefined) return unnamed('too-slow');
        const outcome = rules[label]?.outcome;
        found.set(outcome, (found.get(outcome) ?? 0) + copies);
      }
      return [...found].map(([outcome, copies]) => ({ copies, outcome }));
    },
  };
}

/** The module that holds a weight; a bare parameter is named as if it were one. */
const moduleOf = (name: string): string => (name.endsWith('.weight') ? name.slice(0, -'.weight'.length) : name);

const product = (indices: readonly Indices[]): number =>
  indices.reduce<number>((copies, numbers) => copies * (typeof numbers === 'number' ? numbers : numbers.length), 1);
