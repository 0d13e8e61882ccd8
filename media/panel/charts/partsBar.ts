import type { Fill } from '../../../src/shared/panel/snapshot';
import { svg } from '../dom';
import { fillOf } from './fills';

const height = 12;

/** Parts of a sum end to end, on a scale that rows share; the figures stand beside it. `limit`: a place on it that means something. */
export function partsBar(
  parts: readonly { readonly fill: Fill; readonly bytes: number }[],
  scale: number,
  limit: number | null,
): SVGSVGElement {
  const percent = (bytes: number): string => `${(Math.min(1, bytes / scale) * 100).toFixed(2)}%`;
  let start = 0;
  const rects = parts.map(({ fill, bytes }) => {
    const rect = svg('rect', { class: `segment ${fill}`, fill: fillOf(fill), x: percent(start), width: percent(bytes), height });
    start += bytes;
    return rect;
  });
  return svg(
    'svg',
    { class: 'parts-bar', width: '100%', height, 'aria-hidden': 'true' },
    ...rects,
    limit !== null && limit <= scale && svg('line', { class: 'mark', x1: percent(limit), x2: percent(limit), y1: 0, y2: height }),
  );
}
