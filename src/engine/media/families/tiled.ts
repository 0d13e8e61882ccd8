import { fittingCanvas, gridsOf, nearestGrid, type Grid } from '../grids';
import { nearestMultiple } from '../numbers';
import type { ImageSize, MediaRule } from '../rule';
import { sizeOf } from '../settings';
import { smartResize } from '../smartResize';

/** transformers, image_processing_cohere2_vision.py and processing_cohere2_vision.py: a token after each tile, begin and end. */
export const cohere2Vision: MediaRule = {
  types: ['cohere2_vision'],
  image(size, { config, vision, image, processor, assume }) {
    const edge = image.number(['size', 'height']) ?? sizeOf(vision, 'image_size') ?? 512;
    const each =
      (processor.number('patch_size') ??
        Math.floor(edge / (sizeOf(vision, 'patch_size') ?? 16) / (sizeOf(config, 'downsample_factor') ?? 2))) ** 2;
    const cuts = image.flag('crop_to_patches') ?? true;
    const most = cuts ? (image.number('max_patches') ?? assume('max_patches', 12)) : 1;
    const { columns, rows } = fittingCanvas(size, edge, most, false, (scale) => scale);
    const tiles = columns * rows > 1 ? columns * rows + 1 : 1;
    return { tokens: tiles * (each + 1) + 2, features: tiles * each, tiles };
  },
};

/** Share of an image that tiles have to show at their own resolution. */
const covering = 0.9;

/** The fewest tiles that show enough of the image, or those that show most (image_processing_ovis2.py, get_min_tile_covering_grid). */
function coveringGrid({ width, height }: ImageSize, tile: number, most: number): Grid {
  const area = ({ columns, rows }: Grid): number => {
    const [wide, high] = [Math.floor(width / rows), Math.floor(height / columns)];
    let sum = 0;
    for (let column = 0; column < columns; column++)
      for (let row = 0; row < rows; row++) {
        const across = row === rows - 1 ? width - row * wide : wide;
        const down = column === columns - 1 ? height - column * high : high;
        const [long, short] = [Math.max(across, down), Math.min(across, down)];
        sum += long > tile ? tile * ((short / long) * tile) : long * short;
      }
    return sum / (width * height);
  };
  const shown = gridsOf(1, most).map((grid) => ({ grid, tiles: grid.columns * grid.rows, share: area(grid) }));
  const enough = shown.filter(({ share }) => share > covering);
  const [best] =
    enough.length > 0
      ? enough.sort((a, b) => a.tiles - b.tiles || b.share - a.share)
      : shown.sort((a, b) => b.share - a.share || a.tiles - b.tiles);
  return best?.grid ?? { columns: 1, rows: 1 };
}

/** transformers, image_processing_ovis2.py and processing_ovis2.py: the whole, then the tiles with a token between neighbours. */
export const ovis2: MediaRule = {
  types: ['ovis2'],
  image(size, { vision, image, processor, assume }) {
    const edge = image.number(['size', 'height']) ?? sizeOf(vision, 'image_size') ?? 384;
    const each =
      processor.number('image_seq_length') ??
      Math.floor(edge / (sizeOf(vision, 'patch_size') ?? 14) / (sizeOf(vision, 'hidden_stride') ?? 2)) ** 2;
    const cuts = image.flag('crop_to_patches') ?? assume('crop_to_patches', false);
    const most = cuts ? (image.number('max_patches') ?? assume('max_patches', 12)) : 1;
    const grid =
      most <= 1
        ? { columns: 1, rows: 1 }
        : (image.flag('use_covering_area_grid') ?? true)
          ? coveringGrid(size, edge, most)
          : nearestGrid(size, edge, image.number('min_patches') ?? 1, most);
    const tiles = grid.columns * grid.rows;
    return tiles > 1
      ? { tokens: (tiles + 1) * each + 3 + tiles - 1, features: (tiles + 1) * each, tiles: tiles + 1 }
      : { tokens: each + 3, features: each, tiles: 1 };
  },
};

/** transformers, image_processing_lfm2_vl.py and processing_lfm2_vl.py: large images in tiles beside a small whole. */
export const lfm2Vl: MediaRule = {
  types: ['lfm2_vl'],
  image(size, { config, vision, image, processor, assume }) {
    const factor = image.number('downsample_factor') ?? sizeOf(config, 'downsample_factor') ?? 2;
    const patch = image.number('encoder_patch_size') ?? sizeOf(config, 'encoder_patch_size') ?? sizeOf(vision, 'patch_size') ?? 16;
    const own = (key: string, value: number): number => image.number(key) ?? sizeOf(config, key) ?? assume(key, value);
    const [least, most, tile] = [own('min_image_tokens', 64), own('max_image_tokens', 256), own('tile_size', 512)];
    const [fewest, tiles] = [own('min_tiles', 2), own('max_tiles', 10)];
    const tolerance = own('max_pixels_tolerance', 2);
    const step = patch * factor;
    const whole = smartResize({ width: Math.max(size.width, 1), height: Math.max(size.height, 1) }, step, {
      least: least * step ** 2,
      most: most * step ** 2,
    });
    if (!whole) return { refused: 'aspect-ratio' };
    const squares = Math.ceil(Math.floor(whole.width / patch) / factor) * Math.ceil(Math.floor(whole.height / patch) / factor);
    const along = (length: number): number => Math.max(patch, nearestMultiple(length, step));
    const isLarge = along(size.width) * along(size.height) > most * step ** 2 * tolerance;
    const marks = (processor.flag('use_image_special_tokens') ?? true) ? 1 : 0;
    if (!isLarge || (fewest === 1 && tiles === 1)) return { tokens: squares + 2 * marks, features: squares, tiles: 1, resized: whole };
    const { columns, rows } = nearestGrid(size, tile, fewest, tiles);
    const count = columns * rows;
    const each = Math.ceil(Math.floor(tile / patch) / factor) ** 2;
    const small = (image.flag('use_thumbnail') ?? true) && count > 1 ? 1 : 0;
    const features = count > 1 ? count * each + small * squares : squares;
    return { tokens: features + marks * (2 + (count > 1 ? count + small : 0)), features, tiles: count + small };
  },
};
