import { formatNumber, type NumberStyle } from '../../../engine/index';

const names = ['', 'K', 'M', 'G', 'T', 'P', 'E', 'Z', 'Y', 'R', 'Q'] as const;

/** Three significant digits, never an exponent: "139", "9.20", "0.0412", "1,250". */
export function formatSignificant(value: number, style: Pick<NumberStyle, 'locale'>): string {
  if (value === 0) return formatNumber(0, 0, style);
  const rounded = round(value);
  const magnitude = Math.floor(Math.log10(Math.abs(rounded)));
  return formatNumber(rounded, Math.max(0, Math.min(20, 2 - magnitude)), style);
}

const round = (value: number): number => Number(value.toPrecision(3));

/** The power of a thousand that a value reaches once it is rounded. */
const step = (value: number): number => Math.max(0, Math.min(names.length - 1, Math.floor(Math.log10(Math.max(1, round(value))) / 3)));

/** Operations in SI steps with their unit: "314 ZFLOP", "165 TFLOP/s" with `per`. */
export function formatFlops(value: number, style: Pick<NumberStyle, 'locale'>, per = ''): string {
  const power = step(value);
  return `${formatSignificant(value / 1000 ** power, style)} ${names[power] ?? ''}FLOP${per}`;
}

/** Bytes in SI steps whatever the style, for what is told by makers of links and disks: "1.6 TB", "32 GB/s" with `per`. */
export function formatDecimalBytes(value: number, style: Pick<NumberStyle, 'locale'>, per = ''): string {
  const power = step(value);
  return `${formatSignificant(value / 1000 ** power, style)} ${names[power] ?? ''}B${per}`;
}
