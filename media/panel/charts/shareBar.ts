import { svg } from '../dom';

const height = 8;

/** A share of a whole as a bar; the number stands beside it. `mark`: a place on it that means something. */
export const shareBar = (share: number, className: string, mark?: number): SVGSVGElement =>
  svg(
    'svg',
    { class: 'share-bar', width: '100%', height, 'aria-hidden': 'true' },
    svg('rect', { class: 'track', width: '100%', height }),
    svg('rect', { class: className, width: percent(share), height }),
    mark !== undefined && svg('line', { class: 'mark', x1: percent(mark), x2: percent(mark), y1: 0, y2: height }),
  );

const percent = (share: number): string => `${(Math.min(1, Math.max(0, share)) * 100).toFixed(2)}%`;
