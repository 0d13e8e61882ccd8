import type { Fill } from '../../../src/shared/panel/snapshot';
import { svg } from '../dom';

const side = 6;
const tile = (id: string, className: string, ...marks: readonly SVGElement[]): SVGPatternElement =>
  svg(
    'pattern',
    { id, width: side, height: side, patternUnits: 'userSpaceOnUse', ...(id === 'stripes' ? { patternTransform: 'rotate(45)' } : {}) },
    svg('rect', { class: className, width: side, height: side }),
    ...marks,
  );
const texture = (width: number, height: number): SVGElement => svg('rect', { class: 'texture', width, height });

/**
 * Fills beside their colour have a texture, so that they are told apart without it. One set for the whole page; it must be drawn,
 * with no size, as what is not displayed fills nothing.
 */
export const fillPatterns = (): SVGSVGElement =>
  svg(
    'svg',
    { class: 'fill-patterns', width: 0, height: 0, 'aria-hidden': 'true', focusable: 'false' },
    svg(
      'defs',
      {},
      tile('stripes', 'fill-cache', texture(2, side)),
      tile('dots', 'fill-runtime', svg('circle', { class: 'texture', cx: 3, cy: 3, r: 1.4 })),
      tile('squares', 'fill-activations', texture(side, 1.5), texture(1.5, side)),
      tile('columns', 'fill-graphs', texture(2, side)),
      tile('rows', 'fill-buffers', texture(side, 2)),
    ),
  );

const patterns = {
  weights: undefined,
  cache: 'stripes',
  runtime: 'dots',
  activations: 'squares',
  graphs: 'columns',
  buffers: 'rows',
} as const satisfies Record<Fill, string | undefined>;

/** Paint of a kind of memory; the class paints what has no texture. */
export const fillOf = (id: Fill | 'free' | 'over'): string | undefined => {
  const pattern = id === 'free' || id === 'over' ? undefined : patterns[id];
  return pattern && `url(#${pattern})`;
};

/** A little picture of a fill, for a legend. */
export const swatch = (id: Fill | 'free' | 'over'): SVGSVGElement =>
  svg(
    'svg',
    { class: 'swatch', width: 12, height: 12, 'aria-hidden': 'true' },
    svg('rect', { class: `segment ${id}`, fill: fillOf(id), x: 0.5, y: 0.5, width: 11, height: 11 }),
  );
