import type { Indices, InventoryEntry } from '../../weights/inventory';
import { automaton, type Position } from './automaton';
import { moduleNames, type Place } from './moduleNames';
import { programBuilder, type PatternProblem } from './regularExpression';

/** A rule of a quantization configuration about modules by name; earlier rules win. */
export interface NameRule<T> {
  /** `name`: a module and all inside it. `glob`: a shell pattern for a whole module name. `expression`: from the start of the name. */
  readonly kind: 'name' | 'glob' | 'expression';
  readonly text: string;
  readonly outcome: T;
}

export interface NameRules<T> {
  /** The copies of a tensor by the first rule that names its module; `undefined` for those that none names. Copies sum to the entry's. */
  split(entry: Pick<InventoryEntry, 'name' | 'indices'>): readonly { readonly copies: number; readonly outcome: T | undefined }[];
}

export type Refuse = (text: string, problem: PatternProblem | 'too-slow' | 'too-many-modules') => void;

/** Numbers of one stack that rules are held against one by one; those beyond are taken to be like the last. */
const maxIndices = 20_000;
/** Different ways in which rules can stand part way through a name. */
const maxBranches = 50_000;

interface Branch {
  readonly place: Place;
  readonly position: Position;
}

/**
 * Rules over module names, applied to tensors whose layers are written as one. Numbers are followed one by one, but layers
 * that no rule tells apart go on as one: the cost is that of the names, not of layers × experts.
 *
 * @param refuse called for each pattern that is not applied, and when the time for patterns is used up.
 */
export function nameRules<T>(rules: readonly NameRule<T>[], refuse: Refuse): NameRules<T> {
  const names = moduleNames();
  const builder = programBuilder();
  rules.forEach(({ kind, text }, label) => {
    if (kind === 'name') {
      names.add(text, label);
      return;
    }
    const problem = kind === 'glob' ? builder.addGlob(text, label) : builder.addExpression(text, label);
    if (problem !== undefined) refuse(text, problem);
  });
  const machine = automaton(builder.program);

  function advance({ place, position }: Branch, segment: string, first: boolean): Branch | undefined {
    const moved = machine.advance(position, first ? segment : `.${segment}`);
    return moved && { place: names.advance(place, segment), position: moved };
  }

  return {
    split({ name, indices }) {
      let branches = new Map<Place, Map<Position, number>>([[names.start, new Map([[machine.start, 1]])]]);
      let nextIndices = 0;
      const segments = moduleOf(name).split('.');
      for (const [at, segment] of segments.entries()) {
        const moved = new Map<Place, Map<Position, number>>();
        const numbers = segment === '{n}' ? numbersOf(indices[nextIndices++] ?? 1) : undefined;
        let total = 0;
        for (const [place, positions] of branches)
          for (const [position, copies] of positions)
            for (const [text, times] of numbers ?? [[segment, 1] as const]) {
              const to = advance({ place, position }, text, at === 0);
              if (to === undefined || ++total > maxBranches) {
                refuse(name, to === undefined ? 'too-slow' : 'too-many-modules');
                return [{ copies: product(indices), outcome: undefined }];
              }
              let row = moved.get(to.place);
              if (!row) moved.set(to.place, (row = new Map()));
              row.set(to.position, (row.get(to.position) ?? 0) + copies * times);
            }
        branches = moved;
      }
      const found = new Map<T | undefined, number>();
      for (const [place, positions] of branches)
        for (const [position, copies] of positions) {
          const ended = machine.finish(position)?.best ?? position.best;
          const outcome = rules[Math.min(place.best, ended)]?.outcome;
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

/** The numbers as text, each with how many modules it stands for. */
function numbersOf(indices: Indices): readonly (readonly [text: string, times: number])[] {
  const length = typeof indices === 'number' ? indices : indices.length;
  const shown = Math.min(length, maxIndices);
  return Array.from({ length: shown }, (_, at) => [
    String(typeof indices === 'number' ? at : indices[at]),
    at === shown - 1 ? 1 + length - shown : 1,
  ]);
}
