import { formatBytes, type Device } from '../../../engine/index';
import type { BarView, Figure, Fill } from '../../../shared/panel/snapshot';
import { profileLines } from '../../../shared/text/deviceProfiles';
import { limitAnchor, ticksFor } from './ticks';
import { figure, writers, type View } from './view';

/** What lies on a bar. */
export interface Part {
  readonly id: Fill;
  readonly label: string;
  readonly bytes: number;
  /** As it is told: with "≈" where it is an estimate. */
  readonly text: string;
}

/** A device's memory as a ruler, and parts on it. */
export function barOf(parts: readonly Part[], usable: number | null, place: string, { t, style }: View): BarView {
  const { bytes } = writers(style);
  const held = sumOf(parts);
  const scale = Math.max(usable ?? 0, held * 1.02, 1);
  return {
    segments: parts.map(({ id, bytes: size }) => ({ id, bytes: size })),
    usable,
    usableText: usable === null ? '' : bytes(usable),
    usableAnchor: limitAnchor((usable ?? 0) / scale),
    scale,
    ticks: ticksFor(scale, usable, style),
    description: [
      usable === null ? t('Memory needed.') : t('Memory of {0}: {1} usable.', place, bytes(usable)),
      ...parts.map(({ label, text }) => `${label} ${text}.`),
    ].join(' '),
  };
}

const sumOf = (parts: readonly Pick<Part, 'bytes'>[]): number => parts.reduce((sum, { bytes }) => sum + bytes, 0);

/** The sum of parts as a formula, a part per line. */
export function sumLines(parts: readonly Pick<Part, 'label' | 'bytes'>[], { style }: View): readonly string[] {
  const lines = parts.map(({ label, bytes }, index) => `${index === 0 ? '  ' : '+ '}${formatBytes(bytes, style)}  ${label}`);
  return [...lines, `= ${formatBytes(sumOf(parts), style)}`];
}

/** What is free beside what is held, or by how much it is too much. */
export function restOf(usable: number, held: number, { t, style }: View): Figure & { readonly bytes: number } {
  const { bytes } = writers(style);
  const left = usable - held;
  const text = left >= 0 ? t('{0} free', bytes(left)) : t('{0} too much', bytes(-left));
  return { ...figure(text, [`${bytes(usable)} − ${bytes(held)} = ${left < 0 ? '−' : ''}${bytes(Math.abs(left))}`]), bytes: left };
}

/** What ends the longest context. */
export function boundText(by: 'memory' | 'model', { analysis, t, style }: View): string {
  if (by === 'model') return t("the model's limit, not memory");
  return analysis.contextLimit === null
    ? t('by memory')
    : t('by memory; the model goes to {0}', writers(style).tokens(analysis.contextLimit));
}

/** "measured here", with which logs showed what; null where none has a say. */
export const measuredOf = (device: Device | undefined, isMeasured: boolean, { t, style }: View): Figure | null =>
  device && isMeasured ? figure(t('measured here'), [], profileLines(device, t, style)) : null;
