import type { ImageSize } from './rule';

/** Columns and rows of tiles. */
export interface Grid {
  readonly columns: number;
  readonly rows: number;
}

/** More tiles than any processor cuts; what a file asks for beyond is cut down to it, so that no list grows with a number read. */
const mostTiles = 256;

/** Every grid of so many tiles, the smallest first, and of equal ones the narrowest. */
export function gridsOf(least: number, most: number): readonly Grid[] {
  const bound = Math.min(most, mostTiles);
  const grids: Grid[] = [];
  for (let columns = 1; columns <= bound; columns++)
    for (let rows = 1; columns * rows <= bound; rows++) if (columns * rows >= least) grids.push({ columns, rows });
  return grids.sort((a, b) => a.columns * a.rows - b.columns * b.rows);
}

/**
 * The grid whose shape is nearest to the image's; of equally near ones the later, as long as the image covers more than half of it
 * (transformers, image_processing_got_ocr2.py; before it InternVL's own dynamic_preprocess, find_closest_aspect_ratio).
 */
export function nearestGrid({ width, height }: ImageSize, tile: number, least: number, most: number): Grid {
  const shape = width / height;
  let best: Grid = { columns: 1, rows: 1 };
  let nearest = Infinity;
  for (const grid of gridsOf(least, most)) {
    const off = Math.abs(shape - grid.columns / grid.rows);
    if (off < nearest || (off === nearest && width * height > 0.5 * tile * tile * grid.columns * grid.rows)) {
      nearest = off;
      best = grid;
    }
  }
  return best;
}

/**
 * The canvas that an image is enlarged least for, or where none is large enough reduced least for; of equal ones the smallest.
 *
 * @param round the precision that scales are compared in
 */
export function fittingCanvas(
  { width, height }: ImageSize,
  tile: number,
  most: number,
  widest: boolean,
  round: (scale: number) => number,
): Grid {
  const scaled = gridsOf(1, most).map((grid) => ({
    grid,
    scale: Math.min(round((grid.columns * tile) / width), round((grid.rows * tile) / height)),
  }));
  const enlarging = scaled.map(({ scale }) => scale).filter((scale) => scale >= 1);
  const chosen =
    enlarging.length === 0 ? Math.max(...scaled.map(({ scale }) => scale)) : widest ? Math.max(...enlarging) : Math.min(...enlarging);
  return scaled.find(({ scale }) => scale === chosen)?.grid ?? { columns: 1, rows: 1 };
}

/** The listed resolution that keeps most of the image, of equal ones the one with the least waste (transformers, select_best_resolution). */
export function bestResolution({ width, height }: ImageSize, listed: readonly ImageSize[]): ImageSize | undefined {
  let best: ImageSize | undefined;
  let kept = 0;
  let waste = Infinity;
  for (const size of listed) {
    const scale = Math.min(size.width / width, size.height / height);
    const area = Math.min(Math.trunc(width * scale) * Math.trunc(height * scale), width * height);
    const wasted = size.width * size.height - area;
    if (area > kept || (area === kept && wasted < waste)) {
      kept = area;
      waste = wasted;
      best = size;
    }
  }
  return best;
}
