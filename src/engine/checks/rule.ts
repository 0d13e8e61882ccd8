import type { Analysis } from '../analysis';
import type { ConfigPath, Finding } from '../findings';
import { meaningOf, type Meaning, type Side } from '../insights/meanings';
import type { ModelPart, Section } from '../insights/sections';

/** One thing that can be wrong with a config that reads well. */
export interface Check {
  readonly analysis: Analysis;
  /** The model, and every model inside of it. */
  readonly parts: readonly ModelPart[];
}
export type Rule = (check: Check) => readonly Finding[];

/** The key of the file that has a meaning: that of a side where there is one, else the one for both. */
export function keyFor({ kind, written }: Section, meaning: Meaning, side?: Side): string | undefined {
  let both: string | undefined;
  for (const key in written) {
    if (written[key] == null) continue;
    const meant = meaningOf(key, kind, written);
    if (meant?.meaning !== meaning) continue;
    if (meant.side === side) return key;
    if (meant.side === undefined) both ??= key;
  }
  return both;
}

/** Where to say that sizes do not fit each other: at a key of the file, else where the model type is named. */
export const placeOf = (section: Section, ...keys: readonly (string | undefined)[]): ConfigPath => [
  ...section.path,
  keys.find((key) => key !== undefined) ?? 'model_type',
];

export interface Size {
  /** What the file's own key is found by; `name` is the key where there is none. */
  readonly meaning?: Meaning;
  readonly side?: Side;
  /** Its usual name. */
  readonly name: string;
  readonly value: number;
}

/** A size that must be a multiple of another. */
export function notDivisible(section: Section, size: Size, divisor: Size): readonly Finding[] {
  if (size.value % divisor.value === 0) return [];
  const [key, by] = [size, divisor].map(({ meaning, side, name }) => (meaning ? keyFor(section, meaning, side) : name));
  return [
    {
      code: 'not-divisible',
      severity: 'error',
      path: placeOf(section, by ?? key),
      values: { key: key ?? size.name, value: size.value, divisor: by ?? divisor.name, by: divisor.value },
    },
  ];
}
