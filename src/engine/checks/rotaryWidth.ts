import { isObject } from '../config/json';
import type { Section } from '../insights/sections';
import { rotatesWholeHeads } from './referenceTypes';
import { keyFor, placeOf, type Rule } from './rule';

const rotated = ['headDim', 'heads', 'hiddenSize'] as const;

/** Rotary positions turn pairs of elements: the width of a head must be even where all of it is rotated. */
export const rotaryWidth: Rule = ({ parts }) =>
  parts.flatMap(({ type, section }) => {
    if (!rotatesWholeHeads.has(type) || isPartial(section)) return [];
    const [own, hidden, heads] = [section.value('headDim'), section.value('hiddenSize'), section.value('heads')];
    const width = own ?? (hidden === undefined || heads === undefined ? undefined : Math.floor(hidden / heads));
    if (width === undefined || width % 2 === 0) return [];
    const path = placeOf(section, ...rotated.map((meaning) => keyFor(section, meaning)));
    return [{ code: 'odd-rotary-width', severity: 'error', path, values: { width } } as const];
  });

function isPartial({ written }: Section): boolean {
  return [written, written['rope_parameters'], written['rope_scaling']].some(
    (holder) => isObject(holder) && (holder['partial_rotary_factor'] ?? 1) !== 1,
  );
}
