import { editDistance } from '../hardware/names';
import { presets } from './presets';
import type { Preset } from './presets/preset';

/** What somebody may have meant by a name that no preset has. */
export interface NearPresets {
  /** The nearest first; empty where nothing is like it. */
  readonly names: readonly string[];
  /** Where one number alone is not to be had: the number, and those that stand in its place, the smallest first. */
  readonly instead?: { readonly found: string; readonly values: readonly string[] };
}

/** Longest name that is looked at; presets stay below 40. */
const maxLength = 64;
const maxNames = 8;

/** Costs of what tells two names apart; they order suggestions, and mean nothing beside that. */
const cost = { missing: 0.3, surplus: 1, filler: 0.1, number: 0.5, doubling: 0.15, word: 1.2, edit: 0.35, beginning: 0.05 } as const;
/** Above, a name is not like the one that was asked for; and so far behind the best, it is not worth a line. */
const limit = { worst: 1.3, behind: 0.7 } as const;
/** Letters in which a name begins like another that is unlike it in all else. */
const sharedBeginning = 3;

/** Words that people write or leave out around a number: "4bit", "128g". */
const fillers: ReadonlySet<string> = new Set(['bit', 'bits', 'bpw', 'b', 'g', 'gs', 'group']);

/** Words that make another kind of preset: nobody leaves them out. */
const kinds: ReadonlySet<string> = new Set(['mixed']);

/** "gptq-int4-g128" → gptq, int, 4, g, 128. */
const tokensOf = (name: string): readonly string[] => name.toLowerCase().match(/\p{L}+|\d+(?:\.\d+)?/gu) ?? [];
const squashed = (name: string): string => name.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '');
const isNumber = (token: string): boolean => /^\d/.test(token);

interface Known {
  readonly preset: Preset;
  readonly tokens: readonly string[];
  readonly key: string;
  readonly format: string;
  /** Of two that are equally near, the one that people use more, then the plainer. */
  readonly rank: number;
}

let index: readonly Known[] | undefined;
/** Built when a name is not found, and not before. */
const known = (): readonly Known[] =>
  (index ??= presets.map((preset) => ({
    preset,
    tokens: tokensOf(preset.name),
    key: squashed(preset.name),
    format: squashed(preset.format),
    rank: preset.name.length + (isUsual(preset) ? 0 : 4),
  })));

/** Groups of 64 in MLX, HQQ and bitsandbytes and of 128 elsewhere are what writers take by themselves; of GGUF's, K_M is published most. */
function isUsual({ name, format, groupSize }: Preset): boolean {
  if (format === 'GGUF') return name.endsWith('_K_M');
  return groupSize === (format === 'MLX' || format === 'HQQ' || format === 'bitsandbytes' ? 64 : 128);
}

/** Presets by how little tells their names from one that nobody has. */
export function nearestPresets(name: string): NearPresets {
  const key = squashed(name);
  if (key === '' || name.length > maxLength) return { names: [] };
  const tokens = tokensOf(name);
  const found = known()
    .map((each, order) => ({ each, order, cost: distance({ tokens, key }, each) }))
    .filter((one) => one.cost <= limit.worst)
    .sort((a, b) => a.cost - b.cost || a.each.rank - b.each.rank || a.order - b.order);
  const best = found[0]?.cost ?? 0;
  const near = found.filter((one) => one.cost <= best + limit.behind).map(({ each }) => each);
  const names = (near.length > 0 ? near : beginningLike(key)).map(({ preset }) => preset.name);
  const instead = otherNumbers(tokens);
  return { names: names.slice(0, maxNames), ...(instead && { instead }) };
}

/** Presets that share the longest beginning with a name. */
function beginningLike(key: string): readonly Known[] {
  for (let length = key.length - 1; length >= sharedBeginning; length--) {
    const found = known().filter((each) => each.key.startsWith(key.slice(0, length)));
    if (found.length > 0) return [...found].sort((a, b) => a.rank - b.rank);
  }
  return [];
}

function distance(asked: Pick<Known, 'tokens' | 'key'>, { tokens, key, format }: Known): number {
  if (asked.key === key) return 0;
  const begins = key.startsWith(asked.key) || format === asked.key ? cost.beginning : Infinity;
  return Math.min(begins, misspelling(asked.key, key), alignment(asked.tokens, tokens));
}

/** A slip or two of the fingers, in a name long enough for it. Of digits, only the last may be missing: other numbers are near or far. */
function misspelling(asked: string, key: string): number {
  const slips = Math.min(2, Math.floor(asked.length / 4));
  if (Math.abs(key.length - asked.length) > slips) return Infinity;
  if (!digitsOf(key).startsWith(digitsOf(asked))) return Infinity;
  const edits = editDistance(asked, key);
  return edits <= slips ? edits * cost.edit : Infinity;
}

const digitsOf = (key: string): string => key.replace(/[^0-9]/g, '');

/** The cheapest way from one row of words and numbers to another. */
function alignment(asked: readonly string[], tokens: readonly string[]): number {
  const missing = tokens.map((token, at) =>
    isLeftOut(token, tokens[at - 1]) ? cost.filler : kinds.has(token) ? cost.surplus : cost.missing,
  );
  let previous = [0];
  for (const each of missing) previous.push((previous.at(-1) ?? 0) + each);
  for (const word of asked) {
    const surplus = fillers.has(word) ? cost.filler : cost.surplus;
    const current = [(previous[0] ?? 0) + surplus];
    tokens.forEach((token, at) => {
      const swapped = (previous[at] ?? 0) + swap(word, token);
      current.push(Math.min(swapped, (previous[at + 1] ?? 0) + surplus, (current[at] ?? 0) + (missing[at] ?? 0)));
    });
    previous = current;
  }
  return previous.at(-1) ?? 0;
}

/** Words that go without saying: fillers, "int", and the size of a group. */
const isLeftOut = (token: string, before: string | undefined): boolean => fillers.has(token) || token === 'int' || before === 'g';

function swap(word: string, token: string): number {
  if (word === token) return 0;
  if (isNumber(word) !== isNumber(token)) return Infinity;
  if (!isNumber(word)) {
    const changed = editDistance(word, token) / Math.max(word.length, token.length);
    return changed <= 0.5 ? changed * cost.word : Infinity;
  }
  const [a, b] = [Number(word), Number(token)];
  if (a === b) return 0;
  return cost.number + (a > 0 && b > 0 ? Math.abs(Math.log2(a / b)) * cost.doubling : cost.number);
}

/** Numbers that presets have where the name has another, all else being equal; the place where most have one. */
function otherNumbers(asked: readonly string[]): NearPresets['instead'] {
  const places = new Map<number, Set<string>>();
  for (const { tokens } of known()) {
    if (tokens.length !== asked.length || asked.length < fewestTokens) continue;
    const [at, more] = asked.flatMap((token, place) => (isSame(token, tokens[place] ?? '') ? [] : [place]));
    if (at === undefined) return undefined;
    const [found, value] = [asked[at] ?? '', tokens[at] ?? ''];
    if (more === undefined && isNumber(found) && isNumber(value)) places.set(at, (places.get(at) ?? new Set()).add(value));
  }
  const [best] = [...places].filter(([, values]) => values.size > 1).sort(([, a], [, b]) => b.size - a.size);
  return best && { found: asked[best[0]] ?? '', values: [...best[1]].sort((a, b) => Number(a) - Number(b)) };
}

/** "bf17" has one number too, but no family of presets. */
const fewestTokens = 3;
const isSame = (a: string, b: string): boolean => a === b || (isNumber(a) && isNumber(b) && Number(a) === Number(b));
