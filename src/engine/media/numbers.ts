/** Python's `round`: to the nearest integer, halves to the even one. */
export function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

/** The multiple of `step` that is nearest to a length. */
export const nearestMultiple = (length: number, step: number): number => roundHalfEven(length / step) * step;

/** Python's `//`. */
export const floorDivide = (value: number, by: number): number => Math.floor(value / by);
