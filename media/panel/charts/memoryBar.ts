import type { BarView } from '../../../src/shared/panel/snapshot';
import { svg } from '../dom';
import { fillOf } from './fills';

const top = 12;
const thickness = 26;
const ruler = top + thickness + 4;
const height = ruler + 20;

const share = (bytes: number, { scale }: BarView): string => `${((bytes / scale) * 100).toFixed(3)}%`;

/**
 * The memory of a device as a ruler, and what is to lie on it. What is too much runs over the end of the ruler.
 * Lengths are shares of the width, so that it scales without a script.
 */
export function memoryBar(memory: BarView): SVGSVGElement {
  const { segments, usable, ticks } = memory;
  const held = segments.reduce((sum, segment) => sum + segment.bytes, 0);
  let start = 0;
  const rects = segments.map(({ id, bytes }) => {
    const rect = svg('rect', {
      class: `segment ${id}`,
      fill: fillOf(id),
      x: share(start, memory),
      y: top,
      width: share(bytes, memory),
      height: thickness,
    });
    start += bytes;
    return rect;
  });
  const over = usable !== null && held > usable;
  return svg(
    'svg',
    { class: 'memory-bar', role: 'img', 'aria-label': memory.description, width: '100%', height },
    usable !== null && svg('rect', { class: 'segment free', x: 0, y: top, width: share(usable, memory), height: thickness }),
    ...rects,
    over && svg('line', { class: 'overrun-ruler', x1: share(usable, memory), x2: share(held, memory), y1: ruler, y2: ruler }),
    over &&
      svg('rect', { class: 'overrun', x: share(usable, memory), y: top - 3, width: share(held - usable, memory), height: thickness + 6 }),
    svg('line', { class: 'ruler', x1: 0, x2: share(usable ?? memory.scale, memory), y1: ruler, y2: ruler }),
    ...ticks.flatMap(({ bytes, text }) => [
      svg('line', { class: 'tick', x1: share(bytes, memory), x2: share(bytes, memory), y1: ruler, y2: ruler + 4 }),
      svg('text', { class: 'tick-text', x: share(bytes, memory), y: ruler + 16, 'text-anchor': bytes === 0 ? 'start' : 'middle' }, text),
    ]),
    ...(usable === null ? [] : limitMark(usable, memory)),
  );
}

/** The end of usable memory. */
function limitMark(usable: number, memory: BarView): SVGElement[] {
  const x = share(usable, memory);
  return [
    svg('line', { class: 'limit', x1: x, x2: x, y1: top - 8, y2: ruler + 5 }),
    svg('text', { class: 'limit-text', x, y: ruler + 16, 'text-anchor': memory.usableAnchor }, memory.usableText),
  ];
}
