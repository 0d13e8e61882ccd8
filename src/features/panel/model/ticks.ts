import { formatNumber, type NumberStyle } from '../../../engine/index';

/** Numbers on the ruler, the end of usable memory apart. */
const most = 5;
/** Parts of the ruler's length that labels take at the narrowest width: of a tick, and of the mark at the limit. */
const tickWidth = 0.08;
const limitWidth = 0.24;

/** Round marks from 0 to `scale`, in the units of the style; none that touches the mark at `limit`. */
export function ticksFor(scale: number, limit: number | null, style: NumberStyle): readonly { bytes: number; text: string }[] {
  const base = style.memory === 'binary' ? 1024 : 1000;
  const power = Math.max(0, Math.floor(Math.log(scale) / Math.log(base)));
  const unit = base ** power;
  const step = roundStep(scale / unit / most);
  const ticks = [];
  for (let value = 0; value * unit <= scale; value = Number((value + step).toPrecision(12))) {
    const bytes = value * unit;
    if (limit !== null && touches(bytes / scale, limit / scale)) continue;
    ticks.push({ bytes, text: formatNumber(value, Number.isInteger(value) ? 0 : 1, style) });
  }
  return ticks;
}

/** 1, 2, 4, 5 or 8 times a power of ten, or a power of two from 16 on: the steps that memory is counted in. */
function roundStep(least: number): number {
  const powersOfTwo = [16, 32, 64, 128, 256, 512];
  if (least > 10 && least <= 512) return powersOfTwo.find((step) => step >= least) ?? 512;
  const ten = 10 ** Math.floor(Math.log10(least));
  const factor = [1, 2, 4, 5, 8, 10].find((candidate) => candidate * ten >= least) ?? 10;
  return factor * ten;
}

/** Where the label at the limit begins: it stands in the middle of its mark, or ends there when the mark is near the end. */
export const limitAnchor = (at: number): 'start' | 'middle' | 'end' =>
  at > 1 - limitWidth / 2 ? 'end' : at < limitWidth / 2 ? 'start' : 'middle';

function touches(tick: number, limit: number): boolean {
  const start = { start: limit, middle: limit - limitWidth / 2, end: limit - limitWidth }[limitAnchor(limit)];
  const half = tickWidth / 2;
  return tick + (tick === 0 ? 2 * half : half) > start && tick - half < start + limitWidth;
}
