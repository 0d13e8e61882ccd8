/** Positions of the context slider, and contexts: a logarithmic scale that ends exactly at the most. */

export const positions = 120;
const least = 256;
/** Contexts on the scale are multiples of this, so that they stay readable. */
const grain = 256;

const span = (most: number): number => Math.log(Math.max(2, most / least));

export function contextAt(position: number, most: number): number {
  if (position >= positions) return most;
  const raw = least * Math.exp((span(most) * position) / positions);
  return Math.min(most, Math.max(1, Math.round(raw / grain) * grain));
}

export function positionOf(context: number, most: number): number {
  if (context >= most) return positions;
  return Math.max(0, Math.min(positions - 1, Math.round((Math.log(Math.max(1, context / least)) / span(most)) * positions)));
}

/** A number as people write contexts: "8192", "8,192", "8k", "128K", "1M" (a k is 1024, as in names of models); else undefined. */
export function parseTokens(text: string): number | undefined {
  const match = /^\s*([\d][\d,._\s]*)\s*([kKmM]?)\s*$/.exec(text);
  if (!match) return undefined;
  const [, digits = '', unit = ''] = match;
  const plain = unit === '' ? digits.replace(/[,._\s]/g, '') : digits.replace(/[,_\s]/g, '');
  const factor = unit === '' ? 1 : unit.toLowerCase() === 'k' ? 1024 : 1024 * 1024;
  const value = Math.round(Number(plain) * factor);
  return Number.isSafeInteger(value) && value >= 1 && value <= 2 ** 40 ? value : undefined;
}
