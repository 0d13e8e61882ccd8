/** Python's `round`: to the nearest integer, halves to the even one. */
export function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

/** The multiple of `step` that is nearest to a length. */
export const nearestMultiple = (length: number, step: number): number => roundHalfEven(length / step) * step;

/** Python's `//` of floats: by the exact remainder, where a quotient that rounds up to a whole number is still below it. */
export function floorDivide(value: number, by: number): number {
  const quotient = (value - (value % by)) / by;
  const floor = Math.floor(quotient);
  return quotient - floor > 0.5 ? floor + 1 : floor;
}
